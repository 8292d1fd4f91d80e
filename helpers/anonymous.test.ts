// Against real HTTP servers that answer as git servers do, and as those that pretend.

import { mkdtemp, rm, writeFile } from "node:fs/promises"
import { createServer, type IncomingMessage, type Server } from "node:http"
import type { AddressInfo } from "node:net"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterEach, expect, test } from "vitest"
import { servedAnonymously, servedWith } from "./anonymous.ts"

const servers: Server[] = []
afterEach(() => {
  for (const server of servers.splice(0)) server.close()
})

type Answer = { status: number; body?: string; location?: string }

async function serve(answer: (request: IncomingMessage) => Answer): Promise<string> {
  const server = createServer((request, response) => {
    const { status, body = "", location } = answer(request)
    response.writeHead(status, location === undefined ? {} : { location }).end(body)
  })
  servers.push(server)
  await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening))
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/repo.git`
}

const object = "ab".repeat(20)
const gives = async (url: string) =>
  (await servedAnonymously([url], {}, object)).filter((one) => one.gives).map(({ path }) => path)

test("a server that asks everybody for a password gives nothing", async () => {
  expect(await gives(await serve(() => ({ status: 401 })))).toEqual([])
})

test("refs by the smart protocol, the dumb one, and single objects are each seen", async () => {
  const bodies: Record<string, string> = {
    "/repo.git/info/refs?service=git-upload-pack": "001e# service=git-upload-pack\n",
    "/repo.git/info/refs": `${object}\trefs/heads/main\n`,
    "/repo.git/HEAD": "ref: refs/heads/main\n",
    [`/repo.git/objects/ab/${"ab".repeat(19)}`]: "x\u0001",
  }
  const url = await serve(({ url = "" }) => ({ status: url in bodies ? 200 : 404, body: bodies[url] ?? "" }))
  expect(await gives(url)).toEqual([
    "info/refs?service=git-upload-pack",
    "info/refs",
    "HEAD",
    `objects/ab/${"ab".repeat(19)}`,
  ])
})

test("a page that asks to log in gives nothing, though its status is 200", async () => {
  expect(await gives(await serve(() => ({ status: 200, body: "<html>please log in</html>" })))).toEqual([])
})

test("what a redirect leads to counts", async () => {
  const open = await serve(() => ({ status: 200, body: "ref: refs/heads/main\n" }))
  const url = await serve(() => ({ status: 302, location: `${open}/HEAD` }))
  expect(await gives(url)).toContain("HEAD")
})

test("a server that does not answer is an error, not a refusal", async () => {
  await expect(servedAnonymously(["http://127.0.0.1:1/repo.git"], {}, object)).rejects.toThrow(
    "GET http://127.0.0.1:1/",
  )
})

test("a name is looked up where the target file says, and the credential stays at its origin", async () => {
  const directory = await mkdtemp(join(tmpdir(), "anonymous-"))
  try {
    const file = join(directory, "credential")
    await writeFile(file, "username=reader\npassword=made-up\n", { mode: 0o600 })
    const seen: (string | undefined)[] = []
    const other = await serve(({ headers }) => {
      seen.push(headers.authorization)
      return { status: 200, body: "001e# service=git-upload-pack\n" }
    })
    const url = await serve(({ headers }) => {
      seen.push(headers.authorization)
      return { status: 302, location: `${other}/info/refs` }
    })
    const named = url.replace("127.0.0.1", "git.example.invalid")
    const served = await servedWith({ file }, [named], { "git.example.invalid": "127.0.0.1" })
    expect(served).toMatchObject([{ status: 200, gives: true }])
    expect(seen).toEqual([`Basic ${Buffer.from("reader:made-up").toString("base64")}`, undefined])
  } finally {
    await rm(directory, { recursive: true, force: true })
  }
})
