// Runs this small suite as the command line runs the real one: verify.ts OUT [files] [-t pattern]
import { join } from "node:path"
import { parseArguments } from "../../arguments.ts"
import { readDefinition, readMilestones } from "../../definition.ts"
import { runSuite } from "../../run-suite.ts"
import { terminal } from "../../terminal.ts"

const [out = "", ...args] = process.argv.slice(2)
const asked = parseArguments(args, {})
const document = join(import.meta.dirname, "definition.md")
process.exit(
  await runSuite({
    root: import.meta.dirname,
    target: { name: "small", file: "/nowhere/target.yaml" },
    role: asked.role,
    reports: out,
    filters: asked.filters,
    pattern: asked.pattern,
    milestones: (await readMilestones(document)).filter(({ id }) => asked.milestones.includes(id)),
    warm: asked.warm,
    cleanRoom: asked.cleanRoom,
    modules: undefined,
    definition: await readDefinition(document),
    suite: { commit: "0123456789abcdef", dirty: false, lockfileSha256: "00", node: "v20", vitest: "4" },
    screen: terminal(),
  }),
)
