import { spawn } from "node:child_process"
import { createInterface } from "node:readline"
import type { SearchPlan } from "./engine.ts"
import { Place, searchName } from "./place.ts"
import type { Report } from "./report.ts"

/**
 * Extended attributes of everything below the roots, by getfattr, for node cannot read them. Where it is not installed
 * that is listed as not scanned. It is given the roots alone: a name below them may hold a secret.
 */
export async function searchAttributes(
  roots: string[],
  plan: SearchPlan,
  report: Report,
  skipped: (path: string) => boolean,
): Promise<void> {
  for (const root of roots) {
    const reason = await read(root, plan, report, skipped)
    if (reason) report.addNotScanned({ where: `${root} (extended attributes)`, reason, kind: "unreadable" })
  }
}

async function read(
  root: string,
  plan: SearchPlan,
  report: Report,
  skipped: (path: string) => boolean,
): Promise<string | undefined> {
  const options = ["--recursive", "--physical", "--no-dereference", "--absolute-names"]
  const dump = ["--dump", "--match=-", "--encoding=hex", "--", root]
  const getfattr = spawn("getfattr", [...options, ...dump], {
    stdio: ["ignore", "pipe", "pipe"],
    env: { ...process.env, LC_ALL: "C" },
  })
  const ended = new Promise<string | undefined>((resolve) => {
    getfattr.once("error", (cause: NodeJS.ErrnoException) =>
      resolve(cause.code === "ENOENT" ? "getfattr is not installed (Debian: attr)" : `getfattr: ${cause.code}`),
    )
    getfattr.once("close", (code, signal) => {
      if (signal) resolve(`getfattr was ended by ${signal}`)
      else
        resolve(
          code === 0 || failures.every(isPassing) ? undefined : `getfattr: exit ${code}, ${failures.length} errors`,
        )
    })
  })
  const failures: string[] = []
  // Its complaints name files: counted, never shown.
  createInterface(getfattr.stderr).on("line", (line) => failures.push(line.slice(line.lastIndexOf(": ") + 2)))
  let path = Buffer.alloc(0)
  let skip = false
  for await (const line of createInterface(getfattr.stdout)) {
    if (line.startsWith("# file: ")) {
      path = unescaped(line.slice(8))
      skip = isSkipped(path.toString(), skipped)
    } else if (line !== "" && !skip) {
      const [name = "", value = ""] = line.split("=0x")
      const bytes = Buffer.concat([unescaped(name), Buffer.from("="), Buffer.from(value, "hex")])
      searchName(plan, Place.named(plan, path, report), "attribute", bytes, report)
    }
  }
  return ended
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
