// Dies of a secret, before anybody could have a look at it.

import { readFileSync, writeSync } from "node:fs"
import { test } from "../../../../helpers/evidence.ts"
import { Secret } from "../../../../helpers/secret.ts"

const file = process.env.CANARIES
const secrets: Record<string, string> = file === undefined ? {} : JSON.parse(readFileSync(file, "utf8"))

test("D6.1 it dies", ({ evidence: _ }) => {
  for (const [name, secret] of Object.entries(secrets)) {
    new Secret(name, Buffer.from(secret))
    console.log(secret)
    process.stderr.write(secret)
    writeSync(2, `fatal: ${secret}\n`)
  }
  setImmediate(() => {
    writeSync(2, `${Object.values(secrets).join("\n")}\n`)
    process.abort()
  })
  return new Promise(() => {})
})
