// What the benches run beside ours.

import { spawn } from "node:child_process"
import { writeFileSync } from "node:fs"
import type { Needle } from "./needles.ts"

/** Runs a shell command and forgets what it prints; its exit code must be one of `answers`. */
export function shell(script: string, answers = [0]): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = spawn("sh", ["-c", script], { stdio: ["ignore", "ignore", "inherit"] })
    child.once("error", reject)
    child.once("close", (code) =>
      answers.includes(code ?? -1) ? resolve() : reject(new Error(`${script}: exit ${code}`)),
    )
  })
}

/** Writes ripgrep's file of patterns, and answers with how many: it takes lines of text, and what is none is not for it. */
export function writePatterns(file: string, needles: Needle[]): number {
  const lines = needles.map(({ bytes }) => bytes.toString("utf8")).filter((text) => !/[\0\r\n\ufffd]/.test(text))
  writeFileSync(file, `${lines.join("\n")}\n`)
  return lines.length
}
