// The defaults of a target file on the lab's documents, which describe the new model and nothing else.

import { readFile } from "node:fs/promises"
import { fileURLToPath } from "node:url"
import glob from "fast-glob"
import { describe, expect, test } from "vitest"
import { parseDocument } from "./docs.ts"
import { direct, forbidden, halves, infeasible, openDecisions, required, thePi } from "./docs-defaults.ts"
import { ownWords, saidIn, told } from "./docs-statements.ts"
import { entriesOf, isSection, pointsOf } from "./open-decisions.ts"

const repos = fileURLToPath(new URL("../fixtures/lab/repos/", import.meta.url))
const paths = {
  install: "docs/install.md",
  secrets: "docs/secrets.md",
  architecture: "docs/architecture.md",
  plan: "plan.md",
}
const textOf = (path: string) => readFile(`${repos}${path}`, "utf8")
const documentOf = async (path: string) => parseDocument(await textOf(path), path)

const saying = async ({ in: name, section, says, any }: (typeof required)[number]) => {
  const { path, passages } = await documentOf(`cc-ci/${paths[name]}`)
  const own = ownWords(passages).filter(({ under }) => {
    return section === undefined || under.some(({ text }) => isSection(text, section))
  })
  return saidIn({ path, passages: own }, [{ says, any }]).said
}

describe("by default", () => {
  test.each(required)("$in must say $section that $says", async (statement) => {
    expect((await saying(statement)).length).toBeGreaterThan(0)
  })

  test("no document says what none may", async () => {
    const files = await glob("**/*.md", { cwd: repos })
    expect(files.length).toBeGreaterThan(10)
    const documents = await Promise.all(files.map(documentOf))
    const said = documents.flatMap((document) => saidIn(document, [...forbidden, thePi, ...infeasible]).said.map(told))
    expect(said).toEqual([])
  })

  test("the orchestrator's documents say that cc-ci is reached directly, and the evidence names both halves", async () => {
    for (const name of [
      "AGENTS",
      "kickoff",
      "plan",
      "prompts/builder",
      "prompts/adversary",
      "test-e2e-testme-acceptance",
    ]) {
      const document = await documentOf(`cc-ci-orchestrator/${name}.md`)
      expect(saidIn(document, [{ says: "direct", any: direct }]).said.length, name).toBeGreaterThan(0)
    }
    const evidence = await documentOf("cc-ci-orchestrator/d8-evidence.md")
    for (const any of Object.values(halves)) {
      expect(saidIn(evidence, [{ says: "half", any }]).said.length).toBeGreaterThan(0)
    }
  })

  test("each open decision is one point of the plan, and has one entry", async () => {
    const decisions = "cc-ci/DECISIONS.md"
    const points = pointsOf(await documentOf("cc-ci/plan.md"), "7", openDecisions)
    expect(points.map(({ is }) => is)).toEqual(openDecisions.map(({ open }) => [open]))
    const entries = entriesOf(await documentOf(decisions), await textOf(decisions), openDecisions)
    expect(entries.map(({ is, decided }) => [is.length, decided !== ""])).toEqual(openDecisions.map(() => [1, true]))
  })
})
