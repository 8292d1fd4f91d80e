// Every object of a git repository, reachable or not, and the names of its refs.

import { git } from "../git.ts"
import type { SearchPlan } from "./engine.ts"
import { FileSearch, searchName } from "./file-search.ts"
import { Place } from "./place.ts"
import type { Report } from "./report.ts"

export interface RepositorySearch {
  /** How many of each type were searched: `blob`, `tree`, `commit`, `tag`. */
  objects: Record<string, number>
  refs: number
}

/**
 * Searches the repository in a directory, one reading of all its objects. `name` stands before each place, and `pathOf`
 * tells the path of a blob, where one is known. Throws when it is shallow or partial, or its objects cannot be read whole.
 */
export async function searchRepository(
  directory: string,
  name: string,
  plan: SearchPlan,
  report: Report,
  pathOf: (oid: string) => string | undefined = () => undefined,
): Promise<RepositorySearch> {
  const ask = async (...args: string[]) => (await git(["-C", directory, ...args], { timeoutMs: 300_000 })).stdout
  const shallow = (await ask("rev-parse", "--is-shallow-repository")).toString().trim()
  if (shallow !== "false") throw new Error(`${name} has no whole history, so most of it cannot be searched`)
  const partial = await git(["-C", directory, "config", "--get-regexp", "^remote\\..*\\.promisor$"], {
    answers: [0, 1],
  })
  if (partial.exitCode === 0) throw new Error(`${name} is a partial clone, so some of its objects are elsewhere`)

  const refs = (await ask("for-each-ref", "--format=%(refname)")).toString().split("\n").filter(Boolean)
  const place = Place.named(plan, name, report)
  for (const ref of refs) searchName(plan, place, "name", Buffer.from(ref), report)
  const objects: Record<string, number> = {}
  await git(["-C", directory, "cat-file", "--batch-all-objects", "--batch", "--unordered", "--buffer"], {
    timeoutMs: 4 * 3_600_000,
    consume: async (stdout) => {
      for await (const { oid, type, push } of objectsIn(stdout, name)) {
        objects[type] = (objects[type] ?? 0) + 1
        const path = type === "blob" ? pathOf(oid) : undefined
        // Parts with slashes between them: one that holds a secret is not shown, the others are.
        const where = [name, type, oid, ...(path === undefined ? [] : [path])].join("/")
        const file = new FileSearch(plan, Place.named(plan, where, report), report)
        await push((bytes) => file.push(bytes))
        file.end()
      }
    },
  })
  return { objects, refs: refs.length }
}

interface GitObject {
  oid: string
  type: string
  /** Hands over the content, piece by piece; must be awaited before the next object is asked for. */
  push(to: (bytes: Buffer) => void): Promise<void>
}

/** `OID TYPE SIZE\n`, the content, `\n`; and so on to the end. */
async function* objectsIn(stdout: AsyncIterable<Buffer>, name: string): AsyncGenerator<GitObject> {
  const source = stdout[Symbol.asyncIterator]()
  let held: Buffer = Buffer.alloc(0)
  const more = async () => {
    const { value, done } = await source.next()
    if (done) return false
    held = held.length === 0 ? value : Buffer.concat([held, value])
    return true
  }
  while (true) {
    let lineEnd = held.indexOf(10)
    while (lineEnd < 0 && (await more())) lineEnd = held.indexOf(10)
    if (lineEnd < 0 && held.length === 0) return
    const [, oid = "", type = "", size = ""] =
      /^([0-9a-f]{40,64}) (\w+) (\d+)$/.exec(held.toString("latin1", 0, Math.max(lineEnd, 0))) ?? []
    if (oid === "") throw new Error(`${name}: git cat-file told of an object that it does not have whole`)
    held = held.subarray(lineEnd + 1)
    let left = Number(size)
    yield {
      oid,
      type,
      push: async (to) => {
        while (left > 0) {
          if (held.length === 0 && !(await more())) throw new Error(`${name}: git cat-file ended within ${oid}`)
          const piece = held.subarray(0, left)
          left -= piece.length
          held = held.subarray(piece.length)
          to(piece)
        }
      },
    }
    if (held.length === 0) await more()
    if (left !== 0 || held[0] !== 10) throw new Error(`${name}: git cat-file ended within ${oid}`)
    held = held.subarray(1)
  }
}
