import { test } from "../../../../helpers/evidence.ts"

throw new Error("cannot load this")
// biome-ignore lint: never reached
test("C6.1 it cannot be reached", ({ evidence: _ }) => {})
