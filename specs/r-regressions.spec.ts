// R. What was done before phase 1c still holds. Each command is the target file's, only reads, and is kept to it.

import { describe, expect, inject } from "vitest"
import { type Evidence, test } from "../helpers/evidence.ts"
import { hostIdentity } from "../helpers/identity.ts"
import { commandFor, type Done, shows } from "../helpers/regressions.ts"
import { connect } from "../helpers/ssh.ts"
import { loadTarget } from "../helpers/target.ts"

const target = await loadTarget(inject("target"))
const { host } = target
// A command says itself how long it may take.
const slow = { timeout: 2 * 3_600_000 }

async function holds(evidence: Evidence, id: Done) {
  const { command, missing } = commandFor(target, id)
  evidence.waitForAll(missing)
  await evidence.shared("a login on the host", async () => void (await connect(host)))
  const ssh = await connect(host)
  evidence.subject(await evidence.shared("the host's identity", () => hostIdentity(ssh, target)))
  const { exit, stdout, changed } = await shows(ssh, host.programs, command)
  const matches = new RegExp(command.output, "m").test(stdout)
  evidence("command", command.command)
  evidence("what it showed", { exit, bytes: stdout.length, matches })
  evidence("what it changed", changed)

  expect(changed, "changed by a command that only reads").toEqual([])
  expect(exit, "exit code").toBe(command.exit)
  expect({ [`output matches /${command.output}/`]: matches }).toEqual({ [`output matches /${command.output}/`]: true })
}

describe("R: regressions", () => {
  test("R.1 D1 still holds", slow, ({ evidence }) => holds(evidence, "D1"))
  test("R.2 D2 still holds", slow, ({ evidence }) => holds(evidence, "D2"))
  test("R.3 D3 still holds", slow, ({ evidence }) => holds(evidence, "D3"))
  test("R.4 D4 still holds", slow, ({ evidence }) => holds(evidence, "D4"))
  test("R.5 D5 still holds", slow, ({ evidence }) => holds(evidence, "D5"))
  test("R.6 D6 still holds", slow, ({ evidence }) => holds(evidence, "D6"))
  test("R.7 D7 still holds", slow, ({ evidence }) => holds(evidence, "D7"))
  test("R.9 D9 still holds", slow, ({ evidence }) => holds(evidence, "D9"))
  test("R.10 D10 still holds", slow, ({ evidence }) => holds(evidence, "D10"))
})
