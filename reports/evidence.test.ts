// The command as a person runs it, on a ledger of its own.

import { readFile, writeFile } from "node:fs/promises"
import { join } from "node:path"
import { execa } from "execa"
import { beforeAll, describe, expect, test } from "vitest"
import { readDefinition } from "./definition.ts"
import { checkpointOf } from "./lane.ts"
import { readLanes } from "./ledger.ts"
import { checkReview, updateReview } from "./review-file.ts"
import { type History, honest } from "./testdata/history.ts"
import { repoWith } from "./testdata/signing.ts"
import { alone } from "./testdata/small.ts"
import { program } from "./testdata/start.ts"
import { makeTarget } from "./testdata/target.ts"

const script = join(import.meta.dirname, "evidence.ts")
const definition = await readDefinition(join(import.meta.dirname, "..", "docs", "definition-of-done.md"))
let history: History
let target: string
beforeAll(async () => {
  history = await honest()
  target = await makeTarget()
  await updateReview(history.reports, "lab", definition)
})

async function evidence(...args: string[]) {
  const { stdout, stderr, exitCode } = await execa("node", [...program, script, ...args], {
    reject: false,
    env: alone,
  })
  return { stdout, stderr, exitCode }
}
const ours = (...args: string[]) => evidence(...args, "--target", target, "--out", history.reports)

describe("npm run evidence", () => {
  test("--help explains itself", async () => {
    expect(await evidence("--help")).toMatchObject({
      exitCode: 0,
      stdout: expect.stringContaining("verify ARCHIVE --trust FILE"),
    })
  })

  test.each([
    ["nothing", [], "nothing was asked for"],
    ["what does not exist", ["publish"], "nothing here is called publish"],
    ["an option of another command", ["junit", "--check"], "junit takes no --check"],
    ["an archive without trust", ["verify", "x"], "--trust FILE says whose signatures count"],
    ["no archive", ["verify", "--trust", "x"], "verify needs one archive"],
    ["an archive that is not there", ["verify", "/nonexistent", "--trust", "/nonexistent"], "ENOENT"],
    ["no target", ["junit"], "no target: --target FILE or TARGET names it"],
  ])("refuses %s", async (_, args, message) => {
    expect(await evidence(...args)).toMatchObject({ exitCode: 2, stderr: expect.stringContaining(message) })
  })

  test("render --check refuses a REVIEW.md edited by hand, or of other ledgers, and render mends the latter", async () => {
    const file = join(history.reports, "REVIEW.md")
    const before = await readFile(file, "utf8")
    const wrong = () => checkReview(history.reports, "lab", definition)
    expect(await wrong()).toEqual([])
    await writeFile(file, before.replace("### C1.1 pass", "### C1.1 **limited**"))
    expect(await wrong()).toEqual([expect.stringContaining("block lab C1 was edited by hand")])
    await writeFile(file, `mine\n${before}`)
    expect(await wrong()).toEqual([])
    await history.run({ ago: 60_000 })
    expect(await wrong()).toContainEqual(`${file}: block lab C1 is not what the ledgers say`)
    const { stdout, exitCode } = await ours("render", "--check")
    expect({ exitCode, reasons: stdout.split("\n") }).toEqual({ exitCode: 1, reasons: await wrong() })
    expect(await ours("render")).toMatchObject({ exitCode: 0, stdout: `rendered ${file}` })
    expect(await wrong()).toEqual([])
    expect((await readFile(file, "utf8")).startsWith("mine\n")).toBe(true)
  })

  test("bundles what it verifies: whole, but shut, for the real definition wants more", async () => {
    const to = join(history.reports, "archive.json")
    const trust = join(history.reports, "allowed_signers")
    await writeFile(trust, history.keys.allowed)
    await updateReview(history.reports, "lab", definition)
    expect(await ours("bundle", "--to", to)).toMatchObject({ exitCode: 0, stdout: "" })
    const { stdout, exitCode } = await evidence("verify", to, "--trust", trust)
    expect(exitCode).toBe(1)
    expect(stdout).toMatch(/^whole, as far as it goes; at .* the gate of lab was shut:$/m)
    expect(stdout).toContain("C1.2: the adversary never ran it")
  })

  test("prints each form, with every check of the definition", async () => {
    const all = (await readDefinition(join(import.meta.dirname, "..", "docs", "definition-of-done.md"))).flatMap(
      ({ checks }) => checks,
    )
    const xml = (await ours("junit")).stdout
    expect(xml.match(/<testcase /g)).toHaveLength(all.length)
    expect(JSON.parse((await ours("ctrf")).stdout).results.tests).toHaveLength(all.length)
    expect((await ours("annotations")).stdout).toContain("::warning title=C1.2 not run (lab)::")
  })

  test("writes a page with the gate's answer and the heads of the ledgers, also where the gate cannot be asked", async () => {
    const { url } = await repoWith({ "trust/allowed_signers": history.keys.allowed })
    const trusting = (from: string) =>
      makeTarget({ roles: `trust: { url: "${from}", allowedSigners: trust/allowed_signers }` })
    const to = join(history.reports, "page.html")
    const pageFor = async (file: string) => {
      const answer = await evidence("page", "--target", file, "--out", history.reports, "--to", to)
      expect(answer).toMatchObject({ exitCode: 0, stdout: "" })
      return readFile(to, "utf8")
    }
    const asked = await pageFor(await trusting(url))
    for (const { name, entries } of await readLanes(join(history.reports, "evidence", "lab"))) {
      expect(asked).toContain(checkpointOf(name, entries).head)
    }
    expect(asked).toContain("<strong>SHUT</strong>")
    expect(asked).toContain("the adversary never ran it")
    expect(await pageFor(await trusting("file:///nonexistent"))).toMatch(/SHUT.*the gate could not be asked: /s)
    expect(await pageFor(target)).toContain("the gate could not be asked: the target file names no roles")
  })
})
