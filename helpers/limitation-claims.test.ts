import { describe, expect, test } from "vitest"
import { ruledOutIn } from "./limitation-claims.ts"

describe("a limitation's reason", () => {
  test.each([
    ["two builds at once need more memory this week", []],
    ["the registry is down until Monday", []],
    ["the secrets are bound to the host key of the old machine", ["the host key"]],
    ["It has nothing to do with the\nSSH host keys.", ["the host key"]],
    ["operator DNS/cert is not ours to change", ["DNS or the certificate"]],
    ["waits for the wildcard certificate, and the sops host-key binding", ["the host key", "DNS or the certificate"]],
  ])("%j", (reason, ruledOut) => {
    expect(ruledOutIn(reason)).toEqual(ruledOut)
  })
})
