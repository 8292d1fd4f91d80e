// The page in the browser that reads it: hostile evidence, no JavaScript, no mouse, and no eyes.

import axe from "axe-core"
import type { Browser, Page } from "playwright-core"
import { afterAll, beforeAll, describe, expect, test } from "vitest"
import { page } from "./page.ts"
import { show, startBrowser } from "./testdata/browser.ts"
import { check, definition, empty, failing, healthy, hostile, ids, nasty, year } from "./testdata/ledgers.ts"

let browser: Browser
beforeAll(async () => {
  browser = await startBrowser()
}, 60_000)
afterAll(() => browser?.close())

const openAll = (one: Page) =>
  one.evaluate(`for (const details of document.querySelectorAll("details")) details.open = true`)
const excess = (one: Page) => one.evaluate<number>("document.documentElement.scrollWidth - innerWidth")

describe("what a target, a role or a document says is nothing but text", () => {
  const text = page(hostile())

  test.each([1280, 400])("no script runs, no request leaves, and nothing is wider than %i pixels", async (width) => {
    const { page: shown, requests, complaints } = await show(browser, text, { viewport: { width, height: 900 } })
    await openAll(shown)
    for (const box of await shown.locator(".heat input").all()) await box.check()
    await shown.mouse.move(width / 2, 300)
    expect(await shown.evaluate("globalThis.pwned")).toBeUndefined()
    expect({ requests, complaints }).toEqual({ requests: [], complaints: [] })
    expect(await excess(shown)).toBeLessThanOrEqual(0)
  })

  test("it makes no element, no link out of the page, and no attribute that acts", async () => {
    const { page: shown } = await show(browser, text)
    const found = await shown.evaluate<string[]>(`[...document.querySelectorAll("*")].flatMap((element) => [
      ...(/^(img|iframe|object|embed|form|base|link)$/i.test(element.tagName) ? [element.tagName] : []),
      ...[...element.attributes].filter(({ name, value }) => /^(on|style$|src|action)/.test(name) || (name === "href" && !value.startsWith("#"))).map(({ name, value }) => name + "=" + value),
    ])`)
    expect(found).toEqual([])
    expect(await shown.locator("script").count()).toBe(1)
  })

  test("it can be read, and what would not show is written out", async () => {
    const { page: shown } = await show(browser, text)
    const title = await shown.locator("h1").innerText()
    expect(title).toContain(nasty.split("\n")[0])
    expect(title).toContain("\\u{202e}gnp.exe\\u{2066}")
    expect((await shown.content()).replaceAll("\n", "")).not.toMatch(/[\p{Cc}\p{Cf}]/u)
    expect(await shown.locator("#gate").innerText()).toMatch(/W{100} … \d+ more characters, in the ledger/)
  })
})

describe("without JavaScript", () => {
  test("gate, reasons, and the sentence and verdict of every check are there for whoever listens", async () => {
    const asked = failing()
    const { page: shown } = await show(browser, page(asked), { javaScriptEnabled: false })
    const gate = await shown.locator("#gate").innerText()
    expect(gate).toContain("The gate is SHUT")
    for (const reason of asked.gate.reasons) {
      expect(gate).toContain(reason.replace(/^C\d\.\d+: /, ""))
      expect(gate).toContain(/^C\d\.\d+(?=: )/.exec(reason)?.[0] ?? "")
    }
    const said = await shown.locator("#checks").ariaSnapshot()
    const heard = said.replaceAll(/^\s*- \w+:/gm, "").replaceAll(/[`"'\\]|\s+/g, "")
    const unheard = definition
      .flatMap(({ checks }) => checks)
      .filter(({ id, sentence }) => !heard.includes(`${id}${sentence}`.replaceAll(/[`"'\\]|\s+/g, "")))
    expect(unheard).toEqual([])
    const verdicts = await shown.locator(".check > summary .tags > .verdict").allInnerTexts()
    expect(verdicts).toHaveLength(ids.length)
    expect([verdicts[ids.indexOf("C2.5")], verdicts[ids.indexOf("C4.9")]]).toEqual(["fail", "limited"])
    expect(await shown.locator("#until").getAttribute("datetime")).toBe(asked.gate.until)
  })

  test("what went wrong beside every check stands in red, and nothing does where nothing went wrong", async () => {
    const { page: shown } = await show(browser, page(failing()), { javaScriptEnabled: false })
    const alert = await shown.locator(".alert").innerText()
    expect(alert).toMatch(
      /builder.*it died before it ended.*ci.*SyntaxError: Unexpected token.*unhandled: Error: read ECONNRESET/s,
    )
    const { page: other } = await show(browser, page(healthy()), { javaScriptEnabled: false })
    expect(await other.locator(".alert").count()).toBe(0)
  })

  test("the switch leaves what changed", async () => {
    const asked = healthy()
    const ci = asked.lanes.find(({ name }) => name === "ci")
    const newest = ci?.runs.at(-1)?.end
    // Everything else is new to the two others, who ran once.
    const lanes = asked.lanes.filter(({ name }) => name === "ci")
    if (newest !== undefined) newest.checks = [check("C2.5", { verdict: "fail" }), check("C2.6")]
    const { page: shown } = await show(browser, page({ ...asked, lanes }), { javaScriptEnabled: false })
    const visible = () => shown.locator(".check:visible").evaluateAll((all) => all.map(({ id }) => id))
    expect(await visible()).toHaveLength(ids.length)
    await shown.getByLabel("changed only").check()
    expect(await visible()).toEqual(["C2.5"])
    expect(await shown.locator("#C2\\.5 .chip.regressed").first().innerText()).toContain("regressed")
  })

  test("an item's checks unfold in the heat map", async () => {
    const { page: shown } = await show(browser, page(healthy()), { javaScriptEnabled: false })
    expect(await shown.locator(".heat .one:visible").count()).toBe(0)
    await shown.getByLabel("Show the checks of C2").check()
    expect(await shown.locator(".heat .one:visible th").allInnerTexts()).toEqual(
      ids.filter((id) => id.startsWith("C2.")),
    )
  })
})

describe("with it", () => {
  test("the time that is left counts down, and an open gate does not stay open on the page", async () => {
    const { page: shown } = await show(browser, page(healthy()))
    await shown.clock.install({ time: "2026-03-20T07:00:00Z" })
    await shown.reload()
    await shown.clock.pauseAt("2026-03-20T08:00:00Z")
    expect(await shown.locator("#left").innerText()).toBe("19 h 10 min left")
    await shown.clock.fastForward("20:00:00")
    expect(await shown.locator("#left").innerText()).toBe("over for 50 min: ask again")
    expect(await shown.locator("#gate").getAttribute("class")).toContain("over")
  })

  test("a link to a check opens it", async () => {
    const { page: shown } = await show(browser, page(failing()))
    await shown.locator("#gate a", { hasText: "C2.5" }).click()
    expect(await shown.locator("#C2\\.5 .record[open] pre.why").innerText()).toContain("private keys found")
  })
})

test("the keyboard reaches the skip link, the matrix, the switch and each check, and opens it", async () => {
  const { page: shown } = await show(browser, page(empty()))
  const seen: string[] = []
  const focused = "const at = document.activeElement; const of = (at.closest('table') ?? at.parentElement).className; "
  for (let presses = 0; presses < 400 && !seen.some((at) => at.startsWith("SUMMARY")); presses++) {
    await shown.keyboard.press("Tab")
    seen.push(
      await shown.evaluate<string>(
        `(() => { ${focused} return [at.tagName, at.className || at.id || of, getComputedStyle(at).outlineStyle].join(" ") })()`,
      ),
    )
  }
  expect(seen[0]).toBe("A skip solid")
  expect(seen).toContain("A cell solid")
  expect(seen).toContain("INPUT changed-only solid")
  expect(seen.at(-1)).toBe("SUMMARY check solid")
  await shown.keyboard.press("Enter")
  expect(await shown.locator("#C1\\.1[open] .rerun").innerText()).toContain(
    'npm run verify -- -t "C1.1 " --target FILE',
  )
})

test.each(["light", "dark"] as const)("axe finds nothing wrong, %s", async (colorScheme) => {
  // Everything that there is on the page, once: a contrast is looked up for each of a thousand cells.
  const some = definition.filter(({ id }) => ["C2", "C4"].includes(id))
  const { page: shown } = await show(browser, page({ ...failing(), definition: some }), {
    colorScheme,
    bypassCSP: true,
  })
  await shown.locator("#C2\\.5 > summary").click()
  await shown.locator("#C4\\.9 > summary").click()
  await shown.locator("#run-1 > summary").click()
  await shown.getByLabel("Show the checks of C2").check()
  await shown.addScriptTag({ content: axe.source })
  const found = await shown.evaluate<string[]>(`axe.run(document).then(({ violations }) =>
    violations.flatMap(({ id, impact, nodes }) => nodes.map(({ html, failureSummary }) => [impact, id, html, failureSummary].join(" "))))`)
  expect(found).toEqual([])
})

test("a year of nights is less than 1 MB, and shows the last runs alone", async () => {
  const text = page(year())
  expect(Buffer.byteLength(text)).toBeLessThan(1_000_000)
  expect(text.match(/<span class="when">/g)).toHaveLength(30)
})

test("the same evidence is the same page", () => {
  const asked = failing()
  expect(page(asked)).toBe(page(asked))
})
