// How large the page of a year is, and how soon it can be used: node --import tsx reports/page/page.bench.ts

import { median, race } from "../../helpers/race.ts"
import { page } from "./page.ts"
import { show, startBrowser } from "./testdata/browser.ts"
import { year } from "./testdata/ledgers.ts"

const rounds = 7

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
  const { written } = await race(rounds, { written: () => page(asked) })
  console.log(`written in          ${median(written).toFixed(0).padStart(6)} ms`)
  console.log(`DOMContentLoaded    ${median(loaded).toFixed(0).padStart(6)} ms`)
  console.log(`first check opened  ${median(used).toFixed(0).padStart(6)} ms`)
} finally {
  await browser.close()
}
