import { dirname, join } from "node:path"
import { describe, expect, test } from "vitest"
import { parseDefinition, readDefinition } from "./definition.ts"

const document = join(dirname(import.meta.dirname), "docs", "definition-of-done.md")
const small = "# Done\n\n## C1 One\n\n> It is\n> so.\n\n- **C1.1** first\n- **C1.2** second\n"

describe("the definition of done", () => {
  test("holds every item and check", async () => {
    const items = await readDefinition(document)
    const counts = Object.fromEntries(items.map(({ id, checks }) => [id, checks.length]))
    expect(counts).toEqual({ C1: 13, C2: 8, C3: 14, C4: 10, C5: 3, C6: 6, C7: 6, D8: 3, O1: 3, R: 0 })
    expect(items[1]?.sentence).toMatch(
      /^The wildcard cert\+key are sops secrets in `cc-ci-secrets`, decrypted .* cert\.$/,
    )
    expect(items[1]?.checks[0]).toEqual({
      id: "C2.1",
      sentence: "certificate and key are sops leaves at the locked rev and belong to each other",
    })
  })

  test("keeps a sentence's words and joins its lines", () => {
    expect(parseDefinition(small)).toEqual([
      {
        id: "C1",
        title: "One",
        sentence: "It is so.",
        checks: [
          { id: "C1.1", sentence: "first" },
          { id: "C1.2", sentence: "second" },
        ],
      },
    ])
  })

  test.each([
    ["a check twice", small.replace("C1.2", "C1.1"), "done.md:9: C1.1 stands here a second time"],
    ["an item twice", `${small}\n## C1 Again\n`, "done.md:11: C1 stands here a second time"],
    ["a check of another item", small.replace("C1.2", "C2.2"), "done.md:9:"],
    ["a check without bold", small.replace("**C1.2**", "C1.2"), "done.md:9:"],
    ["a check without a clause", small.replace(" second", ""), "done.md:9:"],
    ["a check number with a zero in front", small.replace("C1.2", "C1.02"), "done.md:9:"],
    ["a heading without an id", small.replace("## C1 One", "## One"), "done.md:3:"],
    ["two quotes", small.replace("- **C1.1**", "> more\n\ntext\n\n> again\n\n- **C1.1**"), "second quote"],
    ["no quote", small.replace("> It is\n> so.", "It is so."), "C1 quotes no sentence"],
    ["nothing", "", "no item found"],
  ])("refuses %s and says where", (_, markdown, message) => {
    expect(() => parseDefinition(markdown, "done.md")).toThrow(message)
  })
})
