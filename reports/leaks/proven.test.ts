import { expect, test } from "vitest"
import { leaksIn } from "./leaks.ts"
import { planted } from "./planted.ts"
import { proven } from "./proven.ts"
import { views } from "./views.ts"

const missing = {
  squeezed: ["wrapped base64", "a hex dump", "wrapped lines", "ANSI inside", "zero-width inside"],
  joined: ["lines behind marks"],
  json: ["JSON, all marks escaped"],
  shell: ["shell backslashes"],
  percent: ["percent, lower case", "percent in percent"],
  html: ["HTML", "HTML in JSON"],
  hex: ["hex", "HEX", "hex with colons"],
  "hex words": ["a hex dump"],
  decimals: ["a list of bytes"],
  base64: Object.keys(planted).filter((form) => form.includes("base64")),
  "utf-16": ["UTF-16 base64", "UTF-16"],
  packed: ["gzip and base64", "zlib and base64", "gzip"],
  reversed: ["reversed", "reversed base64"],
  rot13: ["ROT13"],
}

test("the scan sees every form", async () => {
  await expect(proven(leaksIn)).resolves.toBeUndefined()
})

test("every view is missed", () => {
  expect(Object.keys(missing)).toEqual(views.map(({ name }) => name))
})

test.each(Object.entries(missing))("without the view %s it does not", async (name, forms) => {
  const fewer = views.filter((view) => view.name !== name)
  await expect(proven((files, secrets) => leaksIn(files, secrets, [], fewer))).rejects.toThrow(
    `the scan for leaks does not see a secret in: ${forms.join(", ")}`,
  )
})

test("a scan that sees secrets everywhere is not believed either", async () => {
  const everywhere = (files: Iterable<[string, Uint8Array]>) =>
    [...files].map(([where]) => ({ secret: "canary", where, form: "raw" }))
  await expect(proven(everywhere)).rejects.toThrow("the scan for leaks sees a secret where there is none")
})
