import { describe, expect, test } from "vitest"
import { parseDocument } from "./docs.ts"
import { documentedSecrets } from "./documented-secrets.ts"

const names = (markdown: string, elsewhere: string[] = []) => [
  ...documentedSecrets(parseDocument(markdown, "a.md"), elsewhere).names.keys(),
]

describe("a document lists secrets", () => {
  test.each<[string, string, string[]]>([
    ["in a table", "| leaf | what |\n| - | - |\n| `a`, `b` | x `not` |\n| `c/d` | y |", ["a", "b", "c/d"]],
    ["in a table headed otherwise", "| Secret | what |\n| - | - |\n| `a` and `b` | x |", ["a", "b"]],
    ["in a list", "- `a`: what it is, `not`\n- `b` — that\n- `c`, `d` (both)\n- `e`", ["a", "b", "c", "d", "e"]],
    ["in a list in a list", "- drone\n  - `a`: x", ["a"]],
    ["in no other table", "| port | what |\n| - | - |\n| `443` | x |", []],
    ["in no sentence", "The leaf `a` is a secret.", []],
    ["in no item that begins with a command", "- `nix flake update`: brings it up\n- `nix` runs", []],
    ["in no path", "- `/var/lib/key.txt`: the key", []],
    ["in no code", "```\n- `a`: x\n```", []],
    ["not twice", "- `a`: x\n- `a`: y", ["a"]],
  ])("%s", (_, markdown, expected) => {
    expect(names(markdown)).toEqual(expected)
  })

  test("but not under a heading that is about something else", () => {
    const markdown = "- `a`: x\n\n## The one exception\n\n- `b`: y\n\n### More\n\n- `c`: z\n\n## Others\n\n- `d`: w"
    expect(names(markdown, ["the one exception"])).toEqual(["a", "d"])
  })
})
