import { spawn } from "node:child_process"
import { once } from "node:events"
import { appendFile, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterEach, beforeEach, describe, expect, test } from "vitest"
import { begin, forget, Occupied, remainsOf, statusOf } from "./journal.ts"

let home = ""
const at = (name: string) => join(home, name)
beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), "journal-test-"))
})
afterEach(() => rm(home, { recursive: true, force: true }))

const program = (steps: string) => `
import { begin } from ${JSON.stringify(join(import.meta.dirname, "journal.ts"))}
const journal = await begin(process.argv[1], "a-run", "lab")
${steps}
console.log("there")
setInterval(() => {}, 1000)
`

/** Another process that begins a clean room, and is killed once it has come so far. */
async function killedAfter(file: string, steps: string): Promise<number> {
  const child = spawn(process.execPath, ["--import", "tsx", "--input-type=module", "-e", program(steps), file], {
    stdio: ["ignore", "pipe", "inherit"],
  })
  await once(child.stdout, "data")
  child.kill("SIGKILL")
  await once(child, "exit")
  return child.pid ?? 0
}

describe("one at a time", () => {
  test("a second one is told who has it, and the first goes on", async () => {
    const journal = await begin(at("j"), "one", "lab")
    const refusal = await begin(at("j"), "two", "lab").catch((error: Error) => error)
    expect(refusal).toBeInstanceOf(Occupied)
    expect((refusal as Error).message).toMatch(new RegExp(`process ${process.pid} on .+, since 20.+ has one under way`))
    await journal.write({ step: "create", project: "p", name: "n" })
    expect(await remainsOf(at("j"))).toEqual([])
    await journal.end()
    expect(await readdir(home)).toEqual([])
    await (await begin(at("j"), "three", "lab")).end()
  })

  test("a process with the pid of a dead one is another one", async () => {
    const journal = await begin(at("j"), "one", "lab")
    const text = await readFile(at("j"), "utf8")
    await journal.end()
    await writeFile(at("j"), text.replace(/"started":"\d+"/, '"started":"1"'))
    expect((await remainsOf(at("j"))).map(({ run }) => run)).toEqual(["one"])
  })

  test("one on another machine is not taken for dead", async () => {
    const journal = await begin(at("j"), "one", "lab")
    const text = await readFile(at("j"), "utf8")
    await journal.end()
    await writeFile(at("j"), text.replace(/"machine":"[^"]+"/, '"machine":"elsewhere"'))
    expect(await remainsOf(at("j"))).toEqual([])
    expect(await statusOf(at("j"))).toHaveLength(1)
  })
})

describe("after a run that was killed", () => {
  test("what it may have left is known, step by step, and forgotten once it is gone", async () => {
    const pid = await killedAfter(
      at("j"),
      `await journal.write({ step: "operator", directory: "/dev/shm/x" })
       await journal.write({ step: "create", project: "p", name: "n" })
       await journal.write({ step: "created", uuid: "u" })`,
    )
    const held = await begin(at("j"), "two", "lab").catch((error: Error) => error)
    expect((held as Error).message).toMatch(new RegExp(`process ${pid} .*died in one; npm run clean-room -- recover`))
    const [remains, ...more] = await remainsOf(at("j"))
    expect(more).toEqual([])
    expect(remains).toMatchObject({
      run: "a-run",
      operatorDirectory: "/dev/shm/x",
      created: { project: "p", name: "n", uuid: "u" },
    })
    // Recovering may itself be cut off: until it is forgotten, it is found again.
    expect(await remainsOf(at("j"))).toEqual([remains])
    expect(await statusOf(at("j"))).toHaveLength(1)
    if (remains !== undefined) await forget(remains)
    expect(await remainsOf(at("j"))).toEqual([])
    expect(await readdir(home)).toEqual([])
  })

  test("a last line that was cut off announces nothing that was begun", async () => {
    await killedAfter(at("j"), "")
    await appendFile(at("j"), '{"step":"create","project":"p","na')
    const [remains] = await remainsOf(at("j"))
    expect(remains?.created).toBeUndefined()
  })

  test("a journal that says something else is left for somebody to look at", async () => {
    await writeFile(at("j"), "not a journal\n")
    await expect(remainsOf(at("j"))).rejects.toThrow(`${at("j")}:1: no entry of a clean room's journal`)
    expect(await readdir(home)).toEqual(["j"])
  })
})
