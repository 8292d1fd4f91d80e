// Managed blocks inside a file that people write by hand: ours between two markers, theirs everywhere else.

import { createHash } from "node:crypto"

/** A block's name is its target and its part, `lab C2`. */
export type Blocks = Map<string, string>

interface Block {
  name: string
  /** Offsets of the whole block, markers included, without the newline after it. */
  start: number
  end: number
}

// Also where it is indented or quoted: a block that is no longer found would go on showing old verdicts.
const like = /^[\s>]*<!-- cc-ci-verifier /
const marker = /^<!-- cc-ci-verifier (begin|end) ([a-z0-9][a-z0-9.-]* [A-Za-z0-9]+)(?: sha256:([0-9a-f]{64}))? -->$/

/**
 * Puts each body into its block, and blocks the text does not have at its end; every other byte stays. Throws, so that
 * nothing is written, if the text cannot be told apart safely or any block in it, even another's, was edited by hand.
 */
export function replaceBlocks(text: string, bodies: Blocks, file: string): string {
  const blocks = findBlocks(text, file)
  let result = ""
  let position = 0
  for (const { name, start, end } of blocks) {
    const body = bodies.get(name)
    result += text.slice(position, start) + (body === undefined ? text.slice(start, end) : rendered(name, body))
    position = end
  }
  result += text.slice(position)
  const present = new Set(blocks.map(({ name }) => name))
  for (const [name, body] of bodies) {
    if (!present.has(name)) result = `${separated(result)}${rendered(name, body)}\n`
  }
  return result
}

function separated(text: string): string {
  if (text === "" || text.endsWith("\n\n")) return text
  return text.endsWith("\n") ? `${text}\n` : `${text}\n\n`
}

function rendered(name: string, body: string): string {
  const whole = body.endsWith("\n") ? body : `${body}\n`
  return `<!-- cc-ci-verifier begin ${name} -->\n${whole}<!-- cc-ci-verifier end ${name} sha256:${sha256(whole)} -->`
}

function findBlocks(text: string, file: string): Block[] {
  const blocks: Block[] = []
  let open: { name: string; start: number; body: number; line: number } | undefined
  let fence: { mark: string; line: number } | undefined
  let offset = 0
  for (const [index, content] of text.split("\n").entries()) {
    const place = `${file}:${index + 1}`
    if (content.includes("\r")) throw new Error(`${place}: has a carriage return; save the file with LF line ends`)
    const [, run = "", info = ""] = /^ {0,3}(`{3,}|~{3,})(.*)$/.exec(content) ?? []
    const marked = like.test(content)
    if (marked && fence !== undefined) {
      throw new Error(`${place}: a marker of a managed block inside a code fence; close the fence or remove the line`)
    }
    if (fence !== undefined) {
      if (run.startsWith(fence.mark) && info.trim() === "") fence = undefined
    } else if (run !== "" && !(run.startsWith("`") && info.includes("`"))) {
      if (open !== undefined) throw edited(place, open.name)
      fence = { mark: run, line: index + 1 }
    } else if (marked) {
      const [, edge, name, digest] = marker.exec(content) ?? []
      if (edge === undefined || name === undefined || (edge === "end") !== (digest !== undefined)) {
        throw new Error(`${place}: looks like a marker of a managed block but is none; restore the line or remove it`)
      }
      if (edge === "begin") {
        if (open !== undefined) throw new Error(`${place}: block ${name} begins inside block ${open.name}`)
        if (blocks.some((block) => block.name === name)) throw new Error(`${place}: block ${name} stands here twice`)
        open = { name, start: offset, body: offset + content.length + 1, line: index + 1 }
      } else {
        if (open?.name !== name) throw new Error(`${place}: block ${name} ends here, but did not begin`)
        if (sha256(text.slice(open.body, offset)) !== digest) throw edited(place, name)
        blocks.push({ name, start: open.start, end: offset + content.length })
        open = undefined
      }
    }
    offset += content.length + 1
  }
  if (open !== undefined) throw new Error(`${file}:${open.line}: block ${open.name} begins here and never ends`)
  if (fence !== undefined) throw new Error(`${file}:${fence.line}: a fence opens here and never ends; close it`)
  return blocks
}

function edited(place: string, name: string): Error {
  return new Error(
    `${place}: block ${name} was edited by hand; move your words outside the markers and restore the block ` +
      "(git checkout the file), or delete the whole block, markers included, to have it written anew",
  )
}

function sha256(text: string): string {
  return createHash("sha256").update(text).digest("hex")
}
