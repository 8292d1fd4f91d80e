import { mkdir, readdir, readFile } from "node:fs/promises"
import { dirname, join } from "node:path"
import { replaceFile } from "./atomic-file.ts"
import { type Blocks, replaceBlocks } from "./blocks.ts"
import type { Item } from "./definition.ts"
import { latest } from "./latest.ts"
import { type RunRecord, readLedger } from "./ledger.ts"
import { hasCode, locked } from "./lock.ts"
import { renderReview } from "./review.ts"

const title = `# Review

What the Definition of Done says, and what was seen. Blocks between markers are written by \`npm run verify\`; write yours
outside of them.
`

/** Renders one target's ledgers, those of every role, into the managed blocks of REVIEW.md. */
export async function updateReview(reports: string, target: string, definition: Item[]): Promise<string> {
  const file = join(reports, "REVIEW.md")
  await mkdir(reports, { recursive: true })
  await locked(file, async () => {
    const known = latest(await readLedgers(reports, target))
    const before = await textOf(file)
    const after = replaceBlocks(before ?? title, renderReview(target, definition, known), file)
    if (after !== before) await replaceFile(file, after)
  })
  return file
}

/** What is wrong with a REVIEW.md, given the blocks that its ledgers are rendered to. */
export function reviewReasons(text: string, bodies: Blocks, file: string): string[] {
  try {
    if (replaceBlocks(text, bodies, file) === text) return []
    return [...bodies]
      .filter((body) => replaceBlocks(text, new Map([body]), file) !== text)
      .map(([name]) => `${file}: block ${name} is not what the ledgers say`)
  } catch (cause) {
    return [(cause as Error).message]
  }
}

/** What is wrong with the REVIEW.md of a target, beside its ledgers. */
export async function checkReview(reports: string, target: string, definition: Item[]): Promise<string[]> {
  const file = join(reports, "REVIEW.md")
  const text = await textOf(file)
  if (text === undefined) return [`${file} does not exist`]
  return reviewReasons(text, renderReview(target, definition, latest(await readLedgers(reports, target))), file)
}

/** Where one role's runs against one target are kept. */
export function ledgerFile(reports: string, target: string, role: string): string {
  return join(reports, "evidence", target, `${role}.jsonl`)
}

/** Every ledger of a target, whoever's; none is an empty list. */
export async function readLedgers(reports: string, target: string): Promise<RunRecord[][]> {
  return Promise.all((await ledgersOf(reports, target)).map(readLedger))
}

async function ledgersOf(reports: string, target: string): Promise<string[]> {
  const directory = dirname(ledgerFile(reports, target, "any"))
  const names = await readdir(directory).catch((cause: unknown) => {
    if (hasCode(cause, "ENOENT")) return []
    throw cause
  })
  return names
    .filter((name) => name.endsWith(".jsonl"))
    .sort()
    .map((name) => join(directory, name))
}

async function textOf(file: string): Promise<string | undefined> {
  try {
    return await readFile(file, "utf8")
  } catch (cause) {
    if (hasCode(cause, "ENOENT")) return undefined
    throw cause
  }
}
