import { type ChildProcessByStdio, spawn } from "node:child_process"
import { createInterface } from "node:readline"
import type { Readable } from "node:stream"
import type { SearchPlan } from "./engine.ts"
import { Place, searchName } from "./place.ts"
import type { Report } from "./report.ts"

/**
 * Extended attributes of everything below the roots, by getfattr, for node cannot read them. Where it is not installed
 * that is listed as not scanned. It is given the roots alone: a name below them may hold a secret.
 */
export class Attributes {
  readonly #readings: Reading[]

  /** Begins to read them: until they are searched, as much as the pipes hold. */
  constructor(roots: string[]) {
    this.#readings = roots.map((root) => new Reading(root))
  }

  async search(plan: SearchPlan, report: Report, skipped: (path: string) => boolean): Promise<void> {
    for (const reading of this.#readings) await reading.search(plan, report, skipped)
  }

  /** Ends whatever still runs. */
  stop(): void {
    for (const reading of this.#readings) reading.stop()
  }
}

class Reading {
  readonly #root: string
  readonly #getfattr: ChildProcessByStdio<null, Readable, Readable>
  readonly #lines: AsyncIterable<string>
  readonly #ended: Promise<string | undefined>

  constructor(root: string) {
    this.#root = root
    const options = ["--recursive", "--physical", "--no-dereference", "--absolute-names"]
    const dump = ["--dump", "--match=-", "--encoding=hex", "--", root]
    this.#getfattr = spawn("getfattr", [...options, ...dump], {
      stdio: ["ignore", "pipe", "pipe"],
      env: { ...process.env, LC_ALL: "C" },
    })
    // From the beginning: what nobody reads when a program ends is lost.
    this.#lines = createInterface(this.#getfattr.stdout)[Symbol.asyncIterator]()
    // Its complaints name files: counted, never shown.
    const failures: string[] = []
    createInterface(this.#getfattr.stderr).on("line", (line) => failures.push(line.slice(line.lastIndexOf(": ") + 2)))
    this.#ended = new Promise((resolve) => {
      this.#getfattr.once("error", (cause: NodeJS.ErrnoException) =>
        resolve(cause.code === "ENOENT" ? "getfattr is not installed (Debian: attr)" : `getfattr: ${cause.code}`),
      )
      this.#getfattr.once("close", (code, signal) => {
        if (signal) resolve(`getfattr was ended by ${signal}`)
        else if (code === 0 || failures.every(isPassing)) resolve(undefined)
        else resolve(`getfattr: exit ${code}, ${failures.length} errors`)
      })
    })
  }

  async search(plan: SearchPlan, report: Report, skipped: (path: string) => boolean): Promise<void> {
    let path = Buffer.alloc(0)
    let skip = false
    for await (const line of this.#lines) {
      if (line.startsWith("# file: ")) {
        path = unescaped(line.slice(8))
        skip = isSkipped(path.toString(), skipped)
      } else if (line !== "" && !skip) {
        const [name = "", value = ""] = line.split("=0x")
        const bytes = Buffer.concat([unescaped(name), Buffer.from("="), Buffer.from(value, "hex")])
        searchName(plan, Place.named(plan, path, report), "attribute", bytes, report)
      }
    }
    const reason = await this.#ended
    if (reason) report.addNotScanned({ where: `${this.#root} (extended attributes)`, reason, kind: "unreadable" })
  }

  stop(): void {
    this.#getfattr.kill()
  }
}

/** Files vanish, and not everything has attributes: neither is a failure to look. */
const isPassing = (failure: string) => failure === "No such file or directory" || failure === "Operation not supported"

/** getfattr writes what is not printable, and `\\`, as three octal digits. */
const unescaped = (text: string) =>
  Buffer.from(
    Buffer.from(text, "utf8")
      .toString("latin1")
      .replace(/\\([0-7]{3})/g, (_, octal: string) => String.fromCharCode(Number.parseInt(octal, 8))),
    "latin1",
  )

function isSkipped(path: string, skipped: (path: string) => boolean): boolean {
  for (let end = path.length; end > 0; end = path.lastIndexOf("/", end - 1))
    if (skipped(path.slice(0, end))) return true
  return false
}
