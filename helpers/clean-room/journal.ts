// What a clean room is about to do, on disk before it does it: whoever comes after a run that was killed reads here what
// it may have left. The journal is also the lock, for there is one clean room at a time.

import { createHash } from "node:crypto"
import { mkdir, open, readdir, readFile, rename, rm } from "node:fs/promises"
import { homedir } from "node:os"
import { basename, dirname, join } from "node:path"
import { z } from "zod"
import type { Target } from "../target.ts"
import { type Holder, parseHolder, shownHolder, stateOf, thisHolder } from "./holder.ts"

const entry = z.discriminatedUnion("step", [
  z.strictObject({ step: z.literal("begin"), run: z.string(), holder: z.unknown(), target: z.string() }),
  /** Of the operator's machine: a directory with what the document's variables stand for. */
  z.strictObject({ step: z.literal("operator"), directory: z.string() }),
  z.strictObject({ step: z.literal("create"), project: z.string(), name: z.string() }),
  z.strictObject({ step: z.literal("created"), uuid: z.string() }),
  z.strictObject({ step: z.literal("destroy") }),
])

export type Entry = z.output<typeof entry>

/** What a run that is gone may have left. */
export interface Remains {
  file: string
  run: string
  holder: string
  /** The file of the target that it ran against. */
  target: string
  operatorDirectory: string | undefined
  created: { project: string; name: string; uuid: string | undefined } | undefined
}

export interface Journal {
  file: string
  run: string
  holder: Holder
  /** On disk when it resolves. */
  write(entry: Entry): Promise<void>
  /** Once nothing is left of what it tells. */
  end(): Promise<void>
}

/** Somebody else has the clean room. */
export class Occupied extends Error {
  override name = "Occupied"
}

/** Outside every checkout and report: two checkouts that look at one Incus project share one throwaway. */
export function journalFile({ url, project, throwaway }: Target["incus"]): string {
  const home = process.env.XDG_STATE_HOME || join(homedir(), ".local", "state")
  const what = createHash("sha256")
    .update(JSON.stringify([url, project, throwaway.name]))
    .digest("hex")
    .slice(0, 16)
  return join(home, "cc-ci-verifier", "clean-room", `${what}.journal`)
}

/**
 * Takes the clean room for this process. Throws {@link Occupied} while another one holds it, saying which; what a dead one
 * left must have been recovered before, or that throws, too.
 */
export async function begin(file: string, run: string, target: string): Promise<Journal> {
  await mkdir(dirname(file), { recursive: true, mode: 0o700 })
  const holder = await thisHolder()
  const handle = await open(file, "wx", 0o600).catch(async (cause: NodeJS.ErrnoException) => {
    if (cause.code !== "EEXIST") throw cause
    throw new Occupied(`one clean room at a time: ${await heldBy(file)}`)
  })
  const write = async (one: Entry) => {
    await handle.write(`${JSON.stringify(one)}\n`)
    await handle.sync()
  }
  await write({ step: "begin", run, holder, target })
  const directory = await open(dirname(file))
  await directory.sync().finally(() => directory.close())
  return {
    file,
    run,
    holder,
    write,
    end: async () => {
      await handle.close()
      await rm(file)
    },
  }
}

async function heldBy(file: string): Promise<string> {
  const { holder } = await entriesOf(file)
  if (holder === undefined) return `${file} says that one is under way, not whose`
  const state = await stateOf(holder)
  return state === "dead"
    ? `${shownHolder(holder)} died in one; npm run clean-room -- recover removes what it left`
    : `${shownHolder(holder)} has one under way`
}

/** One line for each clean room that is under way, and for each that a dead run may have left. */
export async function statusOf(file: string): Promise<string[]> {
  const { size } = await entriesOf(file)
  const held = size === 0 ? [] : [await heldBy(file)]
  const dead = await Promise.all((await deadOf(file)).map(async (one) => remainsIn(one, await entriesOf(one))))
  return [
    ...held,
    ...dead.map(({ holder, file: at }) => `${holder} died in one, and it was not recovered whole: ${at}`),
  ]
}

/**
 * Takes over what dead runs left: each journal of one, under a name that is ours alone, so that of two that recover at once
 * one does. Those of living ones stay as they are.
 */
export async function remainsOf(file: string): Promise<Remains[]> {
  const { holder, size } = await entriesOf(file)
  // A journal without its first line is of a run that died before it did anything, or of one that begins right now.
  const dead = holder === undefined ? size === 0 && (await isOld(file)) : (await stateOf(holder)) === "dead"
  if (dead) await rename(file, `${file}.dead-${process.pid}-${Date.now()}`).catch(ignoreMissing)
  const all = await deadOf(file)
  return Promise.all(all.map(async (one) => remainsIn(one, await entriesOf(one))))
}

async function deadOf(file: string): Promise<string[]> {
  const names = await readdir(dirname(file)).catch(() => [])
  const dead = names.filter((name) => name.startsWith(`${basename(file)}.dead-`))
  return dead.sort().map((name) => join(dirname(file), name))
}

/** Forgets a journal whose remains are gone. */
export const forget = ({ file }: Remains) => rm(file, { force: true })

function remainsIn(file: string, { entries, holder }: Entries): Remains {
  const remains: Remains = {
    file,
    run: "",
    holder: "nobody known",
    target: "",
    operatorDirectory: undefined,
    created: undefined,
  }
  for (const one of entries) {
    if (one.step === "begin") Object.assign(remains, { run: one.run, target: one.target })
    if (one.step === "operator") remains.operatorDirectory = one.directory
    if (one.step === "create") remains.created = { project: one.project, name: one.name, uuid: undefined }
    if (one.step === "created" && remains.created) remains.created.uuid = one.uuid
  }
  if (holder !== undefined) remains.holder = shownHolder(holder)
  return remains
}

interface Entries {
  entries: Entry[]
  holder: Holder | undefined
  size: number
}

/** A last line that was cut off while it was written announces nothing that was begun. */
async function entriesOf(file: string): Promise<Entries> {
  const text = await readFile(file, "utf8").catch((cause: NodeJS.ErrnoException) => ignoreMissing(cause) ?? "")
  const whole = text
    .slice(0, text.lastIndexOf("\n") + 1)
    .split("\n")
    .filter(Boolean)
  const entries = whole.map((line, index) => {
    const { data } = entry.safeParse(json(line))
    if (data === undefined)
      throw new Error(`${file}:${index + 1}: no entry of a clean room's journal: look what it is, and remove it`)
    return data
  })
  const [first] = entries
  return { entries, holder: first?.step === "begin" ? parseHolder(first.holder) : undefined, size: text.length }
}

function json(line: string): unknown {
  try {
    return JSON.parse(line)
  } catch {
    return undefined
  }
}

const isOld = async (file: string) => {
  const handle = await open(file).catch(() => undefined)
  const age = handle === undefined ? 0 : Date.now() - (await handle.stat().finally(() => handle.close())).mtimeMs
  return age > 10_000
}

const ignoreMissing = (cause: NodeJS.ErrnoException): undefined => {
  if (cause.code !== "ENOENT") throw cause
}
