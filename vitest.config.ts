import { defineConfig } from "vitest/config"

// `npm test` tests clean rooms on a lab of their own, beside the rest: they wait for machines most of the time.
const liveTests: Record<string, string[]> = {
  all: ["fixtures/**/*.live.ts"],
  rooms: ["fixtures/faults/*.live.ts", "fixtures/lab/{clean-room,gate}.live.ts"],
  rest: ["fixtures/**/!(clean-room|gate).live.ts"],
}

// Three projects, never run together: `verify` judges a target and is only started by reports/verify.ts, which provides
// the target and the reporter; `offline` tests our own code without a target; `lab` tests the whole product on the lab.
export default defineConfig({
  test: {
    retry: 0,
    allowOnly: false,
    passWithNoTests: false,
    bail: 0,
    dangerouslyIgnoreUnhandledErrors: false,
    expect: { requireAssertions: true },
    chaiConfig: { truncateThreshold: 0 },
    pool: "forks",
    // The plan's milestones; docs/definition-of-done.md says which checks each is accepted by, and a test that both agree.
    tags: ["W1", "W2", "W3", "W4", "W5", "W6"].map((name) => ({ name, description: `milestone ${name} of the plan` })),
    projects: [
      {
        extends: true,
        test: {
          name: "verify",
          include: ["specs/**/*.spec.ts"],
          // One worker and one module graph: facts that several checks share are looked up once, over one ssh connection.
          fileParallelism: false,
          isolate: false,
          testTimeout: 120_000,
          includeTaskLocation: true,
        },
      },
      {
        extends: true,
        test: { name: "offline", include: ["{specs,helpers,reports,fixtures}/**/*.test.ts"], testTimeout: 60_000 },
      },
      {
        extends: true,
        test: {
          name: "lab",
          include: liveTests[process.env.LAB_PART ?? "all"] ?? [],
          fileParallelism: false,
          testTimeout: 600_000,
          hookTimeout: 900_000,
        },
      },
    ],
  },
})
