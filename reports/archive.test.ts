// An archive is made, given away, and checked by a program that knows nothing else; then it is tampered with.

import { createHash } from "node:crypto"
import { mkdtemp, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { execa } from "execa"
import { beforeAll, describe, expect, test } from "vitest"
import { readSigners } from "./allowed-signers.ts"
import { type Archive, checkArchive, makeArchive } from "./archive.ts"
import { updateReview } from "./review-file.ts"
import { definition, empty, type History, honest, suite } from "./testdata/history.ts"
import { signerLine, signing } from "./testdata/signing.ts"
import { standaloneVerifier } from "./verifier.ts"

const document = `# Done\n\n${definition.map(({ id, title, sentence, checks }) => `## ${id} ${title}\n\n> ${sentence}\n\n${checks.map((one) => `- **${one.id}** ${one.sentence}\n`).join("")}`).join("\n")}`
const digest = createHash("sha256").update(document).digest("hex")
const mine = { ...suite, definitionSha256: digest }
let history: History
let archive: string

beforeAll(async () => {
  history = await honest()
  await history.run({ start: { suite: mine }, ago: 60_000 })
  await updateReview(history.reports, "lab", definition)
  archive = await makeArchive(history.reports, "lab", document, mine)
})

const tampered = (change: (archive: Archive) => void) => {
  const copy = JSON.parse(archive) as Archive
  change(copy)
  return `${JSON.stringify(copy, null, 1)}\n`
}
const reasonsOf = async (text: string, signers = history.keys.allowed, more = {}) => {
  const { reasons, gate } = await checkArchive(text, signers, more)
  return [...reasons, ...gate.reasons]
}

describe("an archive", () => {
  test("is whole, and says that the gate was open then", async () => {
    const { reasons, gate, entries } = await checkArchive(archive, history.keys.allowed, { every: true })
    expect([...reasons, ...gate.reasons]).toEqual([])
    expect(entries).toEqual([
      { role: "adversary", all: 4, signed: 4 },
      { role: "builder", all: 2, signed: 2 },
      { role: "ci", all: 2, signed: 2 },
    ])
  })

  test("is stale when asked for a later time", async () => {
    const at = new Date(Date.now() + 25 * 3_600_000)
    expect(await reasonsOf(archive, history.keys.allowed, { at })).toContainEqual(expect.stringMatching(/ h old; 24 h/))
  })

  test("proves nothing to whoever trusts other keys, or keys that had expired", async () => {
    const stranger = signerLine("adversary", await history.keys.publicKey("stranger"))
    expect(await reasonsOf(archive, stranger)).toContainEqual(expect.stringMatching(/signature is not the adversary's/))
    const expired = history.keys.allowed
      .replace('verifier" ', 'verifier",valid-before="20200101Z" ')
      .replaceAll(/(dod-verdict@cc-ci-verifier") /g, '$1,valid-before="20200101Z" ')
    expect(await reasonsOf(archive, expired)).toContainEqual(expect.stringMatching(/key has expired/i))
  })

  test.each<[string, (archive: Archive) => void, RegExp]>([
    [
      "REVIEW.md was edited",
      (one) => {
        one.review = one.review.replace("it holds", "it shines")
      },
      /block lab C1 was edited by hand/,
    ],
    [
      "REVIEW.md is of another time",
      (one) => {
        one.review = "# Review\n"
      },
      /block lab summary is not what the ledgers say/,
    ],
    [
      "the definition was weakened",
      (one) => {
        one.definition = one.definition.replace("- **C4.1** it holds\n", "- **C4.1** it nearly holds\n")
      },
      /its suite was another: definitionSha256/,
    ],
    [
      "a check was taken out of the definition",
      (one) => {
        one.definition = one.definition.replace("- **C4.1** it holds\n", "")
      },
      /C4 has no checks/,
    ],
    [
      "the Builder's ledger was left out",
      (one) => {
        delete one.ledgers.builder
      },
      /the ledger of builder was cut: it has 0 entries, and adversary saw 2/,
    ],
    [
      "the nonces were left out",
      (one) => {
        delete one.ledgers.ci
      },
      /nobody issued its nonce/,
    ],
    [
      "it is renamed to another target",
      (one) => {
        one.target = "prod"
      },
      /entry 1 in the ledger of adversary is about lab/,
    ],
  ])("is not to be relied on where %s", async (_, change, reason) => {
    expect(await reasonsOf(tampered(change))).toContainEqual(expect.stringMatching(reason))
  })

  test("with a changed byte in a ledger, a doubled key or another format is none at all", async () => {
    const changed = tampered((one) => {
      one.ledgers.adversary = one.ledgers.adversary?.replace("b007", "b008") ?? ""
    })
    await expect(checkArchive(changed, history.keys.allowed)).rejects.toThrow("ledger adversary:3: the chain is broken")
    const doubled = archive.replace('"target": "lab"', '"target": "prod",\n "target": "lab"')
    await expect(checkArchive(doubled, history.keys.allowed)).rejects.toThrow("it is not as it was written")
    await expect(checkArchive("{}\n", history.keys.allowed)).rejects.toThrow("this is no archive of evidence")
    await expect(checkArchive("no", history.keys.allowed)).rejects.toThrow("this is no archive of evidence")
  })

  test("with a forged signature that nothing rests on is found out when every one is verified", async () => {
    const other = await empty()
    const stranger = readSigners(signerLine("builder", await other.keys.publicKey("stranger")), "f")
    const forger = await signing("builder", other.keys.file("stranger"), stranger)
    const careless = { ...(await other.keys.signer("builder")), refuses: async () => undefined }
    const unchallenged = { role: "builder", challenge: null } as const
    await other.run({ ...unchallenged, signer: forger, ago: 1_800_000 })
    await other.run({ ...unchallenged, signer: careless, ago: 1_200_000 })
    await other.run({ start: { suite: mine } })
    await updateReview(other.reports, "lab", definition)
    const text = await makeArchive(other.reports, "lab", document, mine)
    expect(await reasonsOf(text)).toEqual([])
    expect(await reasonsOf(text, other.keys.allowed, { every: true })).toEqual([
      expect.stringMatching(/^ledger builder:1: its signature is not by builder: /),
      expect.stringMatching(/^ledger builder:3: /),
    ])
  })
})

describe("the program for outsiders", () => {
  test("needs nothing but node and ssh-keygen, in an empty directory and without a network", async () => {
    const directory = await mkdtemp(join(tmpdir(), "outsider-"))
    const at = (name: string) => join(directory, name)
    await writeFile(at("verify.mjs"), await standaloneVerifier())
    await writeFile(at("archive.json"), archive)
    await writeFile(at("signers"), history.keys.allowed)
    const run = (...args: string[]) =>
      execa("unshare", ["--net", "node", "verify.mjs", ...args], {
        cwd: directory,
        reject: false,
        extendEnv: false,
        env: { PATH: process.env.PATH ?? "" },
      })
    const good = await run("archive.json", "signers", "--every")
    expect(good).toMatchObject({
      exitCode: 0,
      stdout: expect.stringMatching(/^whole; at .* the gate of lab was open$/m),
    })
    await writeFile(
      at("archive.json"),
      tampered((one) => {
        delete one.ledgers.ci
      }),
    )
    expect(await run("archive.json", "signers")).toMatchObject({
      exitCode: 1,
      stdout: expect.stringContaining("nobody issued its nonce"),
    })
    expect(await run("archive.json", "none")).toMatchObject({ exitCode: 2, stderr: expect.stringContaining("ENOENT") })
    expect(await run("archive.json", "signers", "--at", "soon")).toMatchObject({
      exitCode: 2,
      stderr: expect.stringContaining("is no time"),
    })
    expect(await run()).toMatchObject({ exitCode: 2 })
  })
})
