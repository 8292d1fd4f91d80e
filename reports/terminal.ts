// How lines reach a person: colours and rewriting on a terminal, plain lines in a log.

import type { Verdict } from "./verdict.ts"

export interface Terminal {
  columns: number
  print(line?: string): void
  /** Shows a line that the next print replaces; on anything but a terminal, nothing. */
  status(line: string): void
  rewrites: boolean
  paint(verdict: Verdict, text: string): string
  faint(text: string): string
}

const colours: Record<Verdict, number> = { pass: 32, limited: 36, fail: 31, error: 35, "not run": 33 }

export function terminal(stream: NodeJS.WriteStream = process.stdout, env = process.env): Terminal {
  const rewrites = stream.isTTY === true
  const coloured = rewrites && !env.NO_COLOR && env.TERM !== "dumb"
  const sgr = (code: number, text: string) => (coloured ? `\u001b[${code}m${text}\u001b[0m` : text)
  const clear = rewrites ? "\r\u001b[K" : ""
  return {
    columns: rewrites ? Math.max(60, stream.columns) : 120,
    print: (line = "") => void stream.write(`${clear}${line}\n`),
    status: (line) => {
      if (rewrites) stream.write(`${clear}${line.slice(0, stream.columns - 1)}`)
    },
    rewrites,
    paint: (verdict, text) => sgr(colours[verdict], text),
    faint: (text) => sgr(2, text),
  }
}

/** Text cut to a width, with a sign that it was. */
export function cut(text: string, width: number): string {
  const characters = [...text]
  if (characters.length <= width) return text
  const kept = characters.slice(0, width - 1).join("")
  return `${kept.trimEnd()}…`
}
