// The positive control: what does not see a secret that was put there says nothing by seeing none.

import { randomInt } from "node:crypto"
import type { Leak } from "./leaks.ts"
import type { Secret } from "./pieces.ts"
import { planted } from "./planted.ts"

export type Scan = (files: Iterable<[where: string, bytes: Uint8Array]>, secrets: Secret[]) => Leak[] | Promise<Leak[]>

/**
 * Makes up a secret, plants it in every form, each in a text of its own, and lets `scan` look. Throws unless it is seen
 * in each of them, and nowhere else.
 */
export async function proven(scan: Scan): Promise<void> {
  const canary = newCanary()
  const texts = Object.entries(planted).map(([form, plant]): [string, Uint8Array] => [form, plant(canary)])
  const without: [string, Uint8Array] = ["a text without it", Buffer.from(`so it said: ${another()} and went on`)]
  const leaks = await scan([...texts, without], [{ name: "canary", bytes: canary }])
  const seen = new Set(leaks.filter(({ secret }) => secret === "canary").map(({ where }) => where))
  const missed = texts.map(([form]) => form).filter((form) => !seen.has(form))
  if (missed.length > 0) throw new Error(`the scan for leaks does not see a secret in: ${missed.join(", ")}`)
  if (seen.has(without[0])) throw new Error("the scan for leaks sees a secret where there is none")
}

// Each form has something to change in any eight bytes of it, so that no piece stays as it was.
const marks = ['"', "é", "&", "\\", "'", "é", "<"]
// Nor "a": in "&amp;" it stands behind the "&" as it would in a canary, and with it eight bytes were as they had been.
const letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZbcdefghijklmnopqrstuvwxyz"

const canaryOf = (group: (mark: string) => string): Buffer =>
  Buffer.from(Array.from({ length: 4 }, () => marks.map(group).join("")).join(""))
const letter = () => letters[randomInt(letters.length)]
const newCanary = () => canaryOf((mark) => `${letter()}${randomInt(10)}${mark}`)
/** Digit and letter change places, so that no eight bytes of it are some of a canary by chance: one run in thousands. */
const another = () => canaryOf((mark) => `${randomInt(10)}${letter()}${mark}`)
