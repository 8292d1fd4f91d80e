import { describe, expect, test } from "vitest"
import type { Target } from "../helpers/target.ts"
import { makeKeys, repoWith, signerLine } from "./testdata/signing.ts"
import { trustOf } from "./trust.ts"

const keys = await makeKeys()
const targetWith = (url: string, more = {}) => {
  const trust = { url, branch: "main", allowedSigners: "trust/allowed_signers", ...more }
  return { resolve: {}, roles: { trust, hostKeyFile: "/etc/ssh/ssh_host_ed25519_key" } } as unknown as Target
}

describe("whose signatures count", () => {
  test("is what the protected branch says, whatever another branch or the working tree does", async () => {
    const repo = await repoWith({ "trust/allowed_signers": keys.allowed })
    const mine = signerLine("adversary", await keys.publicKey("stranger"))
    await repo.commit({ "trust/allowed_signers": mine }, "side")
    const trust = await trustOf(targetWith(repo.url))
    expect(trust?.signers).toEqual(keys.signers)
    expect(trust?.from).toMatch(/^trust\/allowed_signers on main of file:.* \([0-9a-f]{40}\)$/)
  })

  test("comes with the ledgers as the branch has them", async () => {
    const repo = await repoWith({ "trust/allowed_signers": keys.allowed, "evidence/lab/adversary.jsonl": "x\n" })
    const trust = await trustOf(targetWith(repo.url, { ledgers: "evidence/lab" }))
    expect(trust?.ledgers).toEqual(new Map([["adversary", "x\n"]]))
  })

  test("is nothing where the target file names no roles", async () => {
    expect(await trustOf({ resolve: {} } as unknown as Target)).toBeUndefined()
  })

  test("is an error where the branch has no such file, or one that says too much", async () => {
    const empty = await repoWith({ README: "" })
    await expect(trustOf(targetWith(empty.url))).rejects.toThrow("there is no trust/allowed_signers on main of file:")
    const wild = await repoWith({ "trust/allowed_signers": keys.allowed.replace("adversary ", "* ") })
    await expect(trustOf(targetWith(wild.url))).rejects.toThrow("a principal is one of")
  })
})
