import { dirname, join } from "node:path"
import { describe, expect, test } from "vitest"
import { createVitest, type TestModule } from "vitest/node"
import { parseDefinition, parseMilestones, readDefinition, readMilestones } from "./definition.ts"
import { idOf, planOf } from "./plan.ts"

const document = join(dirname(import.meta.dirname), "docs", "definition-of-done.md")
const cut = (rows: string) => small.replace("- **C1.1**", `| clause | checks |\n| --- | --- |\n${rows}\n\n- **C1.1**`)
const small = "# Done\n\n## C1 One\n\n> It is\n> so.\n\n- **C1.1** first\n- **C1.2** second\n"

describe("the definition of done", () => {
  test("holds every item and check", async () => {
    const items = await readDefinition(document)
    const counts = Object.fromEntries(items.map(({ id, checks }) => [id, checks.length]))
    expect(counts).toEqual({ C1: 13, C2: 8, C3: 14, C4: 10, C5: 3, C6: 6, C7: 6, D8: 3, O1: 3, R: 9 })
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
    ["a clause without a check", cut("| It is so. | |"), 'no check carries the clause "It is so."'],
    ["a clause with no id", cut("| It is so. | all of them |"), '"all of them" is no id of a check'],
    [
      "a clause in other words",
      cut("| It was so. | C1.1 |"),
      'the clauses of C1 are not its sentence, from "It is so." on',
    ],
    ["a clause too few", cut("| It is | C1.1 |"), "the clauses of C1 are not its sentence"],
    ["another table", cut("| It is so. | C1.1 |").replace("clause", "part"), "columns"],
  ])("refuses %s and says where", (_, markdown, message) => {
    expect(() => parseDefinition(markdown, "done.md")).toThrow(message)
  })
})

describe("every clause of it is carried, and every check carries one", async () => {
  const milestones = await readMilestones(document)
  const ids = async () => (await readDefinition(document)).flatMap(({ checks }) => checks.map(({ id }) => id))

  test("in the items", async () => {
    const items = await readDefinition(document)
    expect(items.filter(({ clauses }) => clauses === undefined).map(({ id }) => id)).toEqual([])
    const carried = items.flatMap(({ id, clauses = [] }) => clauses.map(({ checks }) => ({ id, checks })))
    const known = new Set(await ids())
    expect(carried.flatMap(({ checks }) => checks).filter((id) => !known.has(id))).toEqual([])
    // Another item may carry a part of a sentence, but each check carries a part of its own item's.
    const idle = items.flatMap(({ id, checks }) => {
      const own = carried.filter((one) => one.id === id).flatMap(({ checks }) => checks)
      return checks.map((check) => check.id).filter((check) => !own.includes(check))
    })
    expect(idle).toEqual([])
  })

  test("in the milestones, which are the tags of exactly those checks", async () => {
    expect(milestones.map(({ id }) => id)).toEqual(["W1", "W2", "W3", "W4", "W5", "W6"])
    const known = new Set(await ids())
    const wanted = milestones.flatMap(({ id, clauses = [] }) =>
      clauses.flatMap(({ checks }) => checks.map((check) => [check, id] as const)),
    )
    expect(wanted.map(([check]) => check).filter((check) => !known.has(check))).toEqual([])
    const tagged = await tagsOfSpecs()
    expect([...tagged.keys()].length).toBeGreaterThan(50)
    const tags = Object.fromEntries([...tagged].map(([check, names]) => [check, [...names].sort()]))
    const listed = Object.fromEntries(
      [...tagged.keys()].map((check) => [check, wanted.filter(([id]) => id === check).map(([, name]) => name)]),
    )
    expect(tags).toEqual(
      Object.fromEntries(Object.entries(listed).map(([id, names]) => [id, [...new Set(names)].sort()])),
    )
  })

  test("a milestone owes exactly its checks, whether or not a spec has them", async () => {
    const definition = await readDefinition(document)
    await withSpecs((modules, every) => {
      for (const { clauses = [] } of milestones) {
        const checks = new Set(clauses.flatMap(({ checks }) => checks))
        const { selected } = planOf(definition, every, modules, { pattern: undefined, ids: checks })
        expect(new Set(selected)).toEqual(checks)
        expect(selected).toHaveLength(checks.size)
      }
    })
  })

  test("a document without milestones has none", () => {
    expect(parseMilestones(small)).toEqual([])
    const more = `${small}\n# Milestones\n\n## W1 First\n\n> All is so.\n`
    expect(parseMilestones(more)).toEqual([{ id: "W1", title: "First", sentence: "All is so.", checks: [] }])
    expect(parseDefinition(more)).toEqual(parseDefinition(small))
  })
})

/** The tags of every check that has a test, as vitest itself reads them from the specs. */
const tagsOfSpecs = () =>
  withSpecs((modules) => {
    const tests = modules.flatMap((module) => [...module.children.allTests()])
    return new Map(tests.map((test) => [idOf(test.name) ?? test.name, test.options.tags ?? []]))
  })

/** Looks at the specs, read and not run. */
async function withSpecs<T>(look: (modules: TestModule[], every: string[]) => T): Promise<T> {
  const root = dirname(import.meta.dirname)
  const vitest = await createVitest("test", { root, project: ["verify"], watch: false, run: true, reporters: [] })
  try {
    const every = await vitest.globTestSpecifications()
    const modules = await vitest.experimental_parseSpecifications(every)
    return look(
      modules,
      every.map(({ moduleId }) => moduleId),
    )
  } finally {
    await vitest.close()
  }
}
