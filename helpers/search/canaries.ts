// The positive control: secrets made up for this run, planted in every form and every kind of place, and searched for by the
// very code that searches the target. What does not find them proves nothing by finding nothing.

import { createHash, randomBytes } from "node:crypto"
import { mkdir, symlink, writeFile } from "node:fs/promises"
import { join } from "node:path"
import { git } from "../git.ts"
import { Secret } from "../secret.ts"
import archives from "./canary-archives.json" with { type: "json" }
import type { Needle } from "./needles.ts"
import type { Report } from "./report.ts"

/** What the archives of canary-archives.json hold; they were made with the real tools and are the same for every run. */
const inArchives = "cc-ci-verifier-canary-5bT2kq8Zr0Wm4Xn7Yp1Lc6Vd3"

export interface Canaries {
  /** One word, several lines as of a private key, and what the archives hold. */
  token: Secret
  key: Secret
  archived: Secret
}

/** What a search must have found: this secret in this form, and where, if only there counts. */
export interface Planted {
  secret: string
  form: string
  /** Part of the place's name. */
  where?: string
}

export function newCanaries(): Canaries {
  const body =
    randomBytes(240)
      .toString("base64")
      .match(/.{1,64}/g) ?? []
  const pem = ["-----BEGIN PRIVATE KEY-----", ...body, "-----END PRIVATE KEY-----", ""].join("\n")
  return {
    token: new Secret("canary token", Buffer.from(randomBytes(30).toString("base64url"))),
    key: new Secret("canary key", Buffer.from(pem)),
    archived: new Secret("canary in archives", Buffer.from(inArchives)),
  }
}

export const isCanary = ({ secret }: { secret: string }): boolean => secret.startsWith("canary ")

/** Every form of the canaries, one after another, in something that looks like text. */
function everyForm(needles: Needle[]): { bytes: Buffer; planted: Planted[] } {
  const filler = Buffer.from(`\n${"the quick brown fox jumps over the lazy dog ".repeat(3)}\n`)
  const own = needles.filter(isCanary)
  return {
    bytes: Buffer.concat(own.flatMap(({ bytes }) => [filler, bytes, filler])),
    planted: own.map(({ secret, form }) => ({ secret, form })),
  }
}

/** Plants a tree: every form in a file, every archive, a name and the target of a link. */
export async function plantTree(
  directory: string,
  { token, archived }: Canaries,
  needles: Needle[],
): Promise<Planted[]> {
  const forms = everyForm(needles)
  const word = token.reveal().toString()
  await mkdir(join(directory, "archives"), { recursive: true })
  await writeFile(join(directory, "forms"), forms.bytes, { mode: 0o600 })
  await writeFile(join(directory, `name-${word}`), "", { mode: 0o600 })
  await symlink(`/nowhere/${word}`, join(directory, "link"))
  for (const [name, base64] of Object.entries(archives)) {
    await writeFile(join(directory, "archives", name), Buffer.from(base64, "base64"))
  }
  return [
    ...forms.planted,
    ...Object.keys(archives).map((name) => ({ secret: archived.name, form: "raw", where: `archives/${name}!` })),
    { secret: token.name, form: "raw in a name" },
    { secret: token.name, form: "raw in a link target" },
  ]
}

/** A tar stream of one file with an extended attribute: few file systems let everybody set one. */
export function attributeStream({ token }: Canaries): { bytes: Buffer; planted: Planted[] } {
  const record = ` SCHILY.xattr.user.canary=${token.reveal()}\n`
  let length = record.length
  while (`${length}${record}`.length !== length) length = `${length}${record}`.length
  const pax = Buffer.from(`${length}${record}`)
  const padded = Buffer.concat([pax, Buffer.alloc((512 - (pax.length % 512)) % 512)])
  return {
    bytes: Buffer.concat([header("PaxHeaders/a", "x", pax.length), padded, header("a", "0", 0), Buffer.alloc(1024)]),
    planted: [{ secret: token.name, form: "raw in an attribute" }],
  }
}

/** POSIX ustar. */
function header(name: string, type: string, size: number): Buffer {
  const block = Buffer.alloc(512)
  block.write(name, 0)
  block.write("0000644\0", 100)
  block.write(`${size.toString(8).padStart(11, "0")}\0`, 124)
  block.fill(" ", 148, 156)
  block.write(type, 156)
  block.write("ustar\x0000", 257)
  const sum = block.reduce((total, byte) => total + byte, 0)
  block.write(`${sum.toString(8).padStart(6, "0")}\0 `, 148)
  return block
}

/** Plants a repository: in files, names, messages, authors, tags, notes, names of refs and an object that nothing reaches. */
export async function plantRepository(
  directory: string,
  { token, archived }: Canaries,
  needles: Needle[],
): Promise<Planted[]> {
  const forms = everyForm(needles)
  const word = token.reveal().toString()
  const unreachable = Buffer.from(`reached by nothing: ${word}\n`)
  const data = (bytes: Buffer | string) => [`data ${Buffer.byteLength(bytes)}\n`, bytes, "\n"]
  const somebody = "canary <canary@example.invalid> 1700000000 +0000\n"
  const packed = Object.entries(archives).map(([name, base64]) => ({ name, bytes: Buffer.from(base64, "base64") }))
  const script = [
    ...["blob\nmark :1\n", ...data(forms.bytes), "blob\n", ...data(unreachable)],
    ...packed.flatMap(({ bytes }, index) => [`blob\nmark :${index + 10}\n`, ...data(bytes)]),
    `commit refs/heads/main\nmark :2\nauthor ${word} <canary@example.invalid> 1700000000 +0000\ncommitter ${somebody}`,
    ...data("a message"),
    `M 100644 :1 forms\nM 100644 :1 name-${word}\n`,
    ...packed.map(({ name }, index) => `M 100644 :${index + 10} "archives/${name}"\n`),
    `commit refs/heads/message\ncommitter ${somebody}`,
    ...data(`a message with ${word}`),
    `tag canary\nfrom :2\ntagger ${somebody}`,
    ...data(`a tag with ${word}`),
    `commit refs/notes/commits\ncommitter ${somebody}`,
    ...data("a note"),
    "M 100644 inline 0000\n",
    ...data(`a note with ${word}`),
    `reset refs/heads/${word}\nfrom :2\n\ndone\n`,
  ]
  await git(["init", "--quiet", "--bare", directory])
  const input = Buffer.concat(script.map((part) => Buffer.from(part)))
  await git(["-C", directory, "fast-import", "--quiet", "--done"], { input })
  const raw = (where: string) => ({ secret: token.name, form: "raw", where })
  return [
    ...forms.planted,
    ...packed.map(({ bytes }) => ({ secret: archived.name, form: "raw", where: `/blob/${oidOf(bytes)}` })),
    ...[raw("/commit/"), raw("/tree/"), raw("/tag/"), raw(`/blob/${oidOf(unreachable)}`)],
    { secret: token.name, form: "raw in a name" },
  ]
}

const oidOf = (blob: Buffer) => createHash("sha1").update(`blob ${blob.length}\0`).update(blob).digest("hex")

/** Plants answers of a machine, each after its mark: an environment, a journal, and everything in every form. */
export function plantAnswers(
  mark: string,
  { token }: Canaries,
  needles: Needle[],
): { bytes: Buffer; planted: Planted[] } {
  const forms = everyForm(needles)
  const word = token.reveal().toString()
  const answer = (name: string, content: Buffer | string) => [`\n${mark} ${name}\n`, content]
  const parts = [
    ...answer("process /canary/environ", `PATH=/bin\0CANARY=${word}\0`),
    ...answer("journal", forms.bytes),
    ...answer(
      "docker config canary",
      JSON.stringify({ Spec: { Data: Buffer.from(`x ${word} y`).toString("base64") } }),
    ),
    `\n${mark} end\n`,
  ]
  return {
    bytes: Buffer.concat(parts.map((part) => Buffer.from(part))),
    planted: [...forms.planted, { secret: token.name, form: "raw", where: "process /canary" }],
  }
}

/** What was planted and not found, `FORM of SECRET`; never its value. */
export function missedIn(report: Report, planted: Planted[]): string[] {
  const { findings } = report
  return planted
    .filter(
      ({ secret, form, where = "" }) =>
        !findings.some((found) => found.secret === secret && found.form === form && found.where.includes(where)),
    )
    .map(({ secret, form, where }) => `${form} of ${secret}${where === undefined ? "" : ` in ${where}`}`)
}
