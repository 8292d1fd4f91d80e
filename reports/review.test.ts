// One rendering to read, testdata/review.md (`npx vitest run --project offline reports/review.test.ts -u` writes it anew).

import { expect, test } from "vitest"
import { replaceBlocks } from "./blocks.ts"
import { latest } from "./latest.ts"
import type { CheckRecord, RunRecord } from "./ledger.ts"
import { renderReview, verdictOf } from "./review.ts"

const definition = [
  {
    id: "C2",
    title: "Certificate in git",
    sentence: "Certificate and key are in git, and what is in git is served.",
    checks: [
      { id: "C2.1", sentence: "certificate and key belong to each other" },
      { id: "C2.2", sentence: "every endpoint serves exactly the chain in git" },
      { id: "C2.3", sentence: "no commit has ever held a private key in the clear" },
      { id: "C2.4", sentence: "another certificate in git would be served" },
    ],
  },
  { id: "C3", title: "Nothing secret is left", sentence: "It is not.", checks: [{ id: "C3.1", sentence: "it is so" }] },
  { id: "R", title: "Later", sentence: "There are no checks for this.", checks: [] },
]

const look = { what: "looked up", seen: "git at main", from: "git at main" }
const clone = {
  where: "here",
  argv: ["git", "clone", "--mirror", "https://git.lab/cc-ci.git"],
  exit: 0,
  outputSha256: "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
  milliseconds: 120,
}
const search = { ...clone, argv: ["git", "grep", "-z", "BEGIN [A-Z ]*PRIVATE KEY"], exit: 1 }
const check = (id: string, verdict: CheckRecord["verdict"], more: Partial<CheckRecord>): CheckRecord => {
  return { id, verdict, why: "", observations: [], commands: [], assertions: 1, milliseconds: 3, ...more }
}
const run = (
  name: string,
  minute: string,
  role: "builder" | "adversary",
  more: Partial<RunRecord["end"]>,
): RunRecord => ({
  start: {
    kind: "start",
    run: name,
    target: "lab",
    role,
    started: `2026-01-02T03:${minute}:05.006Z`,
    suite: { commit: "0123456789abcdef0123", dirty: role === "builder", lockfileSha256: "0", node: "v20", vitest: "4" },
    selection: { filters: [], pattern: null, checks: ["C3.1"] },
    cold: { cold: role === "adversary", because: "its store had none of the host's paths" },
  },
  end: {
    kind: "end",
    run: name,
    finished: `2026-01-02T03:${minute}:45.006Z`,
    interrupted: false,
    exitCode: 1,
    subject: { baseRev: "6f1d0c2", hostKeyFingerprint: "SHA256:Zm9v" },
    checks: [],
    problems: [],
    unhandled: [],
    ...more,
  },
})

const fingerprints = { "ci.lab:443": "2F:41:9C", "drone.lab:443": "2F:41:9C" }
const served = {
  observations: [look, { what: "served fingerprints", seen: fingerprints }],
  commands: [clone],
  assertions: 2,
}
const found = {
  why: "private keys found: expected [ 'f6c0258:tls/lab.key' ] to deeply equal []",
  observations: [look, { what: "commits searched", seen: 41 }, { what: "keys found", seen: ["f6c0258:tls/lab.key"] }],
  commands: [clone, search],
}
const keys = { what: "public keys", seen: { certificate: "sha256 `2b1f`", key: "sha256 `2b1f`" } }
const builder = run("one", "04", "builder", {
  checks: [
    check("C2.1", "error", { why: "no route to host" }),
    check("C2.2", "pass", served),
    check("C2.3", "fail", found),
    check("C2.4", "not run", { why: "waits for a clean room", waitsFor: "a clean room", assertions: 0 }),
  ],
})
const adversary = run("two", "30", "adversary", {
  checks: [check("C2.1", "pass", { observations: [keys] })],
  exitCode: 2,
  unhandled: ["oh no"],
})
const died: RunRecord = { start: run("three", "40", "adversary", {}).start }
const known = latest([[builder], [adversary, died]])

test("REVIEW.md says what was judged, what was seen, and which run saw it", async () => {
  const review = replaceBlocks("# Review\n", renderReview("lab", definition, known), "REVIEW.md")
  await expect(review).toMatchFileSnapshot("testdata/review.md")
})

test("an item is as good as its worst check, and one without checks was not run", () => {
  expect(definition.map((item) => verdictOf(item, known))).toEqual(["fail", "error", "not run"])
})

test("a block does not change with the order the runs are known in", () => {
  const turned = latest([[adversary, died], [builder]])
  expect(renderReview("lab", definition, turned)).toEqual(renderReview("lab", definition, known))
})
