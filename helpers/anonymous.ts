// What a git server gives to somebody without a credential, and to somebody with one.

import { createHash } from "node:crypto"
import { lookup } from "node:dns"
import { isIP, type LookupFunction } from "node:net"
import { Agent, type Dispatcher, request } from "undici"
import { recordCommand } from "./commands.ts"
import { readSecretSource, type Target } from "./target.ts"

export interface Served {
  url: string
  /** What was asked for: the refs by the smart or the dumb protocol, HEAD, packs, an object. */
  path: string
  status: number
  /** Whether what came is git's own: not a page that asks to log in. */
  gives: boolean
}

interface Reader {
  resolve: Record<string, string>
  authorization?: string
}

const smart = "info/refs?service=git-upload-pack"
// What each path answers with when it gives something of a repo (git's http-protocol and repository-layout documents).
const paths: [string, RegExp][] = [
  [smart, /^[0-9a-f]{4}# service=git-upload-pack/],
  ["info/refs", /^[0-9a-f]{40}\t/],
  ["HEAD", /^(ref: |[0-9a-f]{40}\s)/],
  ["objects/info/packs", /^P pack-/],
  ["config", /^\[core\]/],
]

/** What every URL of a repo gives without a credential. `object` is the id of something that is certainly in it. */
export async function servedAnonymously(
  urls: string[],
  resolve: Record<string, string>,
  object: string,
): Promise<Served[]> {
  const loose: [string, RegExp] = [`objects/${object.slice(0, 2)}/${object.slice(2)}`, /^x/]
  const asked = urls.flatMap((url) => [...paths, loose].map(([path, shape]) => ({ url, path, shape })))
  return Promise.all(asked.map(({ url, path, shape }) => fetched(url, path, shape, { resolve })))
}

/** What the refs of each URL answer to the configured credential. */
export async function servedWith(
  credential: Target["repos"]["secrets"]["credential"],
  urls: string[],
  resolve: Record<string, string>,
): Promise<Served[]> {
  if (credential === undefined) throw new Error("the target file configures no credential for the secrets repo")
  const lines = (await readSecretSource(credential)).toString().split("\n")
  const field = (name: string) => lines.find((line) => line.startsWith(`${name}=`))?.slice(name.length + 1) ?? ""
  const authorization = `Basic ${Buffer.from(`${field("username")}:${field("password")}`).toString("base64")}`
  const [, shape = /^$/] = paths[0] ?? []
  return Promise.all(urls.map((url) => fetched(url, smart, shape, { resolve, authorization })))
}

async function fetched(url: string, path: string, shape: RegExp, { resolve, authorization }: Reader): Promise<Served> {
  const started = performance.now()
  const where = new URL(`${url.replace(/\/$/, "")}/${path}`)
  const agent = new Agent({
    connect: { timeout: 8000, ...lookingUp(resolve) },
    bodyTimeout: 8000,
    headersTimeout: 8000,
  })
  try {
    const answer = await follow(where, agent, authorization)
    recordCommand({
      where: where.origin,
      argv: [
        "GET",
        `${where.pathname}${where.search}`,
        ...(authorization === undefined ? [] : ["with the credential"]),
      ],
      exit: answer.status,
      outputSha256: createHash("sha256").update(answer.body).digest("hex"),
      milliseconds: Math.round(performance.now() - started),
    })
    return {
      url,
      path,
      status: answer.status,
      gives: answer.status === 200 && shape.test(answer.body.toString("latin1")),
    }
  } catch (cause) {
    throw new Error(`GET ${where.href}: ${(cause as Error).message}`, { cause })
  } finally {
    await agent.close()
  }
}

/** Redirects are followed: what counts is what a reader gets in the end. A credential goes to the first origin alone. */
async function follow(url: URL, dispatcher: Dispatcher, authorization: string | undefined, hops = 3) {
  const { statusCode, headers, body } = await request(url, {
    dispatcher,
    ...(authorization === undefined ? {} : { headers: { authorization } }),
  })
  const { location } = headers
  if (statusCode >= 300 && statusCode < 400 && typeof location === "string" && hops > 0) {
    await body.dump()
    const next = new URL(location, url)
    return follow(next, dispatcher, next.origin === url.origin ? authorization : undefined, hops - 1)
  }
  const chunks: Buffer[] = []
  for await (const chunk of body) {
    chunks.push(chunk as Buffer)
    if (chunks.reduce((sum, { length }) => sum + length, 0) > 65_536) break
  }
  return { status: statusCode, body: Buffer.concat(chunks) }
}

/** Names that the target file knows and a resolver may not. */
function lookingUp(resolve: Record<string, string>): { lookup: LookupFunction } {
  return {
    lookup: (name, options, done) => {
      const address = resolve[name]
      if (address === undefined) return lookup(name, options, done)
      const family = isIP(address)
      if (options.all) done(null, [{ address, family }])
      else done(null, address, family)
    },
  }
}
