import { readFileSync, writeFileSync } from "node:fs"

const page = new URL("../docs/performance.md", import.meta.url)

/** With UPDATE=1, puts what a bench measured between its marks in docs/performance.md. */
export function ontoThePage(mark: string, measured: string): void {
  if (process.env.UPDATE !== "1") return
  const between = new RegExp(`(<!-- ${mark} -->\n)[\\s\\S]*(<!-- /${mark} -->)`)
  const text = readFileSync(page, "utf8")
  writeFileSync(
    page,
    text.replace(between, (_, from, to) => `${from}\n${measured}\n\n${to}`),
  )
}
