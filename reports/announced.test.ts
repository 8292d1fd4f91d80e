import { mkdtemp, rm, stat } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { execa } from "execa"
import { afterEach, beforeEach, expect, test } from "vitest"
import { announcePipe } from "../helpers/announce.ts"
import { type Announced, listen } from "./announced.ts"

let directory = ""
let announced: Announced
let heard: { name: string; bytes: string }[] = []
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "announced-"))
  heard = []
  announced = await listen(directory, ({ name, bytes }) =>
    heard.push({ name, bytes: Buffer.from(bytes).toString("hex") }),
  )
})
afterEach(async () => {
  announced.close()
  await rm(directory, { recursive: true, force: true })
})

/** A process that announces, as a worker does. */
const announcing = (code: string) =>
  execa(
    process.execPath,
    ["--import", "tsx", "--input-type=module", "-e", `import { Secret } from "./helpers/secret.ts"; ${code}`],
    { cwd: join(import.meta.dirname, ".."), env: { [announcePipe]: announced.path } },
  )

test("a secret is known before the process that has it can say anything", async () => {
  const child = announcing(`new Secret("é", Buffer.from([0, 255, 10])); console.log("said"); setTimeout(() => {}, 500)`)
  await new Promise((said) => child.stdout.once("data", said))
  announced.take()
  expect(heard).toEqual([{ name: "é", bytes: "00ff0a" }])
  await child
})

test("what is larger than the pipe arrives whole", async () => {
  await announcing(`for (let at = 0; at < 20; at++) new Secret("n" + at, Buffer.alloc(100_000, at))`)
  announced.take()
  expect(heard.map(({ name, bytes }) => [name, bytes.length])).toEqual(
    Array.from({ length: 20 }, (_, at) => [`n${at}`, 200_000]),
  )
})

test("a line that was cut off by a death is nobody's, and the next one is heard", async () => {
  await announcing(`import { appendFileSync } from "node:fs"
    appendFileSync(process.env.${announcePipe}, '\\n{"name":"dead","byt'); new Secret("next", Buffer.from("x"))`)
  announced.take()
  expect(heard.map(({ name }) => name)).toEqual(["next"])
})

test("only this user may write to the pipe, and it keeps nothing", async () => {
  await announcing(`new Secret("one", Buffer.from("x"))`)
  const { mode, size } = await stat(announced.path)
  expect({ mode: (mode & 0o777).toString(8), size }).toEqual({ mode: "600", size: 0 })
})

test("where nobody listens any more, there is no secret to be had", async () => {
  const child = await execa(
    process.execPath,
    [
      "--import",
      "tsx",
      "--input-type=module",
      "-e",
      `import { Secret } from "./helpers/secret.ts"; new Secret("one", Buffer.from("x"))`,
    ],
    { cwd: join(import.meta.dirname, ".."), env: { [announcePipe]: join(directory, "gone") }, reject: false },
  )
  expect(child.exitCode).toBe(1)
  expect(child.stderr).toContain("gone")
})
