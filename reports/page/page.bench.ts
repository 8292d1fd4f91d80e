// How large the page of a year is, and how soon it can be used: node --import tsx reports/page/page.bench.ts

import { page } from "./page.ts"
import { show, startBrowser } from "./testdata/browser.ts"
import { year } from "./testdata/ledgers.ts"

const rounds = 7
const median = (values: number[]) => values.toSorted((a, b) => a - b)[values.length >> 1] ?? Number.NaN

/** Milliseconds that something took, in the middle of several rounds. */
async function timed(work: () => unknown): Promise<number> {
  const times: number[] = []
  for (let round = 0; round < rounds; round++) {
    const started = performance.now()
    await work()
    times.push(performance.now() - started)
  }
  return median(times)
}

const asked = year()
const text = page(asked)
const browser = await startBrowser()
try {
  const { page: shown } = await show(browser, text)
  const loaded: number[] = []
  const used: number[] = []
  for (let round = 0; round < rounds; round++) {
    const started = performance.now()
    await shown.reload({ waitUntil: "domcontentloaded" })
    loaded.push(performance.now() - started)
    await shown.locator("#C1\\.1 > summary").click()
    used.push(performance.now() - started)
  }
  console.log(`365 nights          ${(Buffer.byteLength(text) / 1000).toFixed(0).padStart(6)} kB`)
  console.log(`written in          ${(await timed(() => page(asked))).toFixed(0).padStart(6)} ms`)
  console.log(`DOMContentLoaded    ${median(loaded).toFixed(0).padStart(6)} ms`)
  console.log(`first check opened  ${median(used).toFixed(0).padStart(6)} ms`)
} finally {
  await browser.close()
}
