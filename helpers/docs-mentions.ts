// What documents mention in code: paths, programs, flake attributes, units and configuration keys.

import type { CodeBlock, Parsed, Passage } from "./docs.ts"
import { denied } from "./docs-denials.ts"
import { tellsOfThePast } from "./docs-history.ts"
import type { Span } from "./docs-reading.ts"
import { sentencesOf, wordsOf } from "./docs-words.ts"
import { commandsIn, programsIn } from "./shell-programs.ts"

export interface Mention {
  what: string
  /** `PATH:LINE` of each place that mentions it. */
  where: string[]
}

export interface Mentions {
  /** Paths in a repo. */
  files: Mention[]
  /** Absolute paths, on the host. */
  hostPaths: Mention[]
  /** Programs that commands for the host run. */
  programs: Mention[]
  /** `ATTRIBUTE`, or `nixosConfigurations.NAME` where a command means a host. */
  attributes: Mention[]
  units: Mention[]
  /** Dotted keys, such as `services.openssh.enable`. */
  keys: Mention[]
  /** Commands for the operator's machine: which machine that is, nobody here knows. */
  elsewhere: Mention[]
}

type Kind = keyof Mentions
const extension =
  "adoc|cfg|conf|crt|css|csv|env|go|html|ini|js|json|jsonl|key|lock|md|nix|org|pem|pub|py|rst|service|sh|sql|tar|tf|timer|toml|ts|txt|xml|yaml|yml|zst|gz"
const fileName = new RegExp(String.raw`^\.?[\w@+-][\w.@+-]*\.(?:${extension})$`)
const unit = /^[\w@:-][\w.@:-]*\.(?:service|timer|socket|target|mount|automount|slice|path)$/
const attribute = /^[A-Za-z_][\w'-]*(?:\.(?:[\w'-]+|"[^"]+"))*$/
const shells = /^(?:sh|bash|shell|zsh|console|shell-session)\b/

/** Everything that these documents mention now; what they tell of the past or say is not there is left out. */
export function mentionsIn(documents: Parsed[]): Mentions {
  const found = new Map<Kind, Map<string, Set<string>>>()
  const add = (kind: Kind, what: string, where: string) => {
    const kinds = found.get(kind) ?? new Map<string, Set<string>>()
    found.set(kind, kinds.set(what, (kinds.get(what) ?? new Set()).add(where)))
  }
  for (const { path, passages, code } of documents) {
    for (const passage of passages) {
      for (const span of passage.spans) {
        if (isGone(passage, span)) continue
        const where = `${path}:${passage.lines[span.start] ?? 0}`
        for (const [kind, what] of ofSpan(span.value)) add(kind, what, where)
      }
    }
    for (const block of code) {
      if (block.history !== undefined) continue
      for (const [kind, what, line] of ofBlock(block)) add(kind, what, `${path}:${line}`)
    }
  }
  const list = (kind: Kind) => [...(found.get(kind) ?? [])].map(([what, where]) => ({ what, where: [...where] }))
  return {
    files: list("files"),
    hostPaths: list("hostPaths"),
    programs: list("programs"),
    attributes: list("attributes"),
    units: list("units"),
    keys: list("keys"),
    elsewhere: list("elsewhere"),
  }
}

function isGone(passage: Passage, { start, end }: Span): boolean {
  if (passage.history !== undefined) return true
  const sentences = sentencesOf(passage.text)
  const own = sentences.find((sentence) => sentence.start <= start && start < sentence.end)
  if (own !== undefined && tellsOfThePast(passage.text.slice(own.start, own.end))) return true
  const words = wordsOf(passage, sentences)
  const from = words.findIndex((word) => word.end > start)
  const to = words.findLastIndex((word) => word.start < end) + 1
  return from !== -1 && to > from && denied(passage.text, words, { from, to, within: [] })
}

function ofSpan(value: string): [Kind, string][] {
  const text = value.trim()
  if (!/\s/.test(text)) return ofWord(text)
  // Code of several words is a command where it begins with a program and is no assignment.
  const [first = "", second = ""] = text.split(/\s+/)
  if (!/^[a-z][a-z0-9._+-]*$/.test(first) || /^(?:=|:|->|→|:=|\+=)/.test(second) || !/^[\w./~$"'<-]/.test(second))
    return []
  return [
    ...programsIn(text).map(({ program }): [Kind, string] => programOf(program)),
    ...attributesOf(text),
    ...wordsIn(text),
  ]
}

function ofBlock({ value, info, line }: CodeBlock): [Kind, string, number][] {
  const script = scriptOf(value, info)
  if (script === undefined) return []
  const at = (inside: number) => line + inside - 1
  const programs = programsIn(script)
  if (/\boperator\b/.test(info)) return programs.map(({ program, line }) => ["elsewhere", program, at(line)])
  return [
    ...programs.map(({ program, line }): [Kind, string, number] => [...programOf(program), at(line)]),
    ...commandsIn(script).flatMap(({ words, line }) =>
      [...attributesOf(words.join(" ")), ...wordsIn(words.join(" "))].map(([kind, what]): [Kind, string, number] => [
        kind,
        what,
        at(line),
      ]),
    ),
  ]
}

/** The commands of a block: all of a shell's, of a session what stands behind a prompt. */
function scriptOf(value: string, info: string): string | undefined {
  const prompted = /^\s*[$#] \S/m.test(value) && !/^(?:sh|bash|zsh)\b/.test(info)
  if (prompted) return value.replaceAll(/^.*$/gm, (line) => /^\s*[$#] (.*)$/.exec(line)?.[1] ?? "")
  return shells.test(info) ? value : undefined
}

const programOf = (program: string): [Kind, string] => {
  if (program.startsWith("/")) return ["hostPaths", program]
  return program.includes("/") ? ["files", program.replace(/^\.\//, "")] : ["programs", program]
}

/** Paths, units and the like among a command's arguments; its program is looked at as such. */
const wordsIn = (text: string): [Kind, string][] =>
  text
    .split(/\s+/)
    .slice(1)
    .flatMap(ofWord)
    .filter(([kind]) => kind === "hostPaths" || kind === "units")

/** What `nix build X#Y` and `nixos-rebuild --flake X#Y` ask of the flake. */
function attributesOf(command: string): [Kind, string][] {
  const host = /\bnixos-rebuild\b|\bnixos-install\b|\bcolmena\b/.test(command)
  return [...command.matchAll(/(?:^|\s)[^\s#'"]*#([A-Za-z_][\w.'-]*)(?=\s|$)/g)].map(([, name = ""]) => [
    "attributes",
    host ? `nixosConfigurations.${name}` : name,
  ])
}

function ofWord(word: string): [Kind, string][] {
  const text = word.replace(/[,;:]$/, "")
  if (/[<>${}|…\\"'()]|\.\.\./.test(text) || /^[a-z][a-z0-9+.-]*:\/\//i.test(text)) return []
  const [left = "", right = "", ...more] = text.split("#")
  if (text.includes("#")) {
    const ofFlake = more.length === 0 && attribute.test(right) && !/\.\w{1,4}$/.test(left)
    return ofFlake ? [["attributes", right]] : []
  }
  if (/^\/[^/\s]/.test(text)) return [["hostPaths", text.replace(/(?<=.)\/$/, "")]]
  if (unit.test(text)) return [["units", text]]
  if (text.startsWith("nixosConfigurations.") && attribute.test(text)) return [["attributes", text]]
  if (fileName.test(text)) return [["files", text]]
  if (/^(?:\.\/)?[\w.@+*-]+(?:\/[\w.@+*-]+)+\/?$/.test(text) || /^[\w.@+-]+\/$/.test(text)) {
    return [["files", text.replace(/^\.\//, "").replace(/\/$/, "")]]
  }
  const dotted = attribute.test(text) && text.includes(".") && /[a-z]/i.test(text) && !/^\d/.test(text)
  return dotted ? [["keys", text]] : []
}
