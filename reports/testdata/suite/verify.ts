// Runs this small suite as the command line runs the real one: verify.ts OUT [files] [-t pattern]. Where OUT has a file
// allowed_signers, runs are signed with OUT/<role>, and limitations count.
import { existsSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { readSigners } from "../../allowed-signers.ts"
import { parseArguments } from "../../arguments.ts"
import { readDefinition, readMilestones } from "../../definition.ts"
import { readLanes } from "../../ledger.ts"
import { limitationsOf } from "../../limited.ts"
import { runSuite } from "../../run-suite.ts"
import { signerOf } from "../../signer.ts"
import { terminal } from "../../terminal.ts"

const [out = "", ...args] = process.argv.slice(2)
const asked = parseArguments(args, {})
const document = join(import.meta.dirname, "definition.md")
const allowed = join(out, "allowed_signers")
const trust = existsSync(allowed)
  ? { signers: readSigners(readFileSync(allowed, "utf8"), allowed), from: allowed, ledgers: new Map() }
  : undefined
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
    signer: trust && (await signerOf(asked.role, { [asked.role]: { file: join(out, asked.role) } }, trust.signers)),
    limitations: await limitationsOf(await readLanes(join(out, "evidence", "small")), trust),
    screen: terminal(),
  }),
)
