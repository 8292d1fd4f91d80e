// What node runs is made of sampling.wat, by wabt.

import { readFile, writeFile } from "node:fs/promises"
import { fileURLToPath } from "node:url"
import { expect, test } from "vitest"
import wabt from "wabt"

const here = (name: string) => fileURLToPath(new URL(name, import.meta.url))

async function made(): Promise<string> {
  const module = (await wabt()).parseWat("sampling.wat", await readFile(here("sampling.wat")))
  module.validate()
  const lines = Buffer.from(module.toBinary({}).buffer)
    .toString("base64")
    .match(/.{1,112}/g)
  return [
    "// Made of sampling.wat: UPDATE=1 npx vitest run --project offline helpers/search/sampling",
    "",
    "export const samplingCode = Buffer.from(",
    "  `",
    ...(lines ?? []),
    "`,",
    '  "base64",',
    ")",
    "",
  ].join("\n")
}

test("sampling-code.ts is what sampling.wat says (UPDATE=1 rewrites it)", async () => {
  const file = here("sampling-code.ts")
  if (process.env.UPDATE === "1") await writeFile(file, await made())
  expect(await readFile(file, "utf8")).toBe(await made())
})
