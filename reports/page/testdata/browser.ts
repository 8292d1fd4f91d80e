// Debian's Chromium, without a profile and without leave to ask anybody for anything of its own accord.
import { existsSync } from "node:fs"
import { mkdtemp, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { type Browser, type BrowserContextOptions, chromium, type Page } from "playwright-core"

const executablePath = "/usr/bin/chromium"

/** Starts it with a profile that is new and empty; a machine without it fails, for nothing here may be skipped. */
export async function startBrowser(): Promise<Browser> {
  if (!existsSync(executablePath)) {
    throw new Error(`there is no ${executablePath}, which the page is tested in; npm test installs it, or run: apt-get install chromium`)
  }
  const args = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"]
  return chromium.launch({ executablePath, args })
}

export interface Shown {
  page: Page
  /** What it asked for, its own file left out. */
  requests: string[]
  /** What the browser complained of, Content Security Policy above all, and every dialog. */
  complaints: string[]
}

/** Opens the text of a page from a file, as somebody who got it by mail would. */
export async function show(browser: Browser, text: string, options: BrowserContextOptions = {}): Promise<Shown> {
  const file = join(await mkdtemp(join(tmpdir(), "page-")), "page.html")
  await writeFile(file, text)
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, ...options })
  const page = await context.newPage()
  const requests: string[] = []
  const complaints: string[] = []
  page.on("request", (request) => void (request.url() === `file://${file}` || requests.push(request.url())))
  page.on("console", (message) => void complaints.push(message.text()))
  page.on("pageerror", (error) => void complaints.push(error.message))
  page.on("dialog", (dialog) => {
    complaints.push(`a dialog: ${dialog.message()}`)
    return dialog.dismiss()
  })
  await page.goto(`file://${file}`)
  return { page, requests, complaints }
}
