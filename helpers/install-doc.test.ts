import { describe, expect, test } from "vitest"
import { readInstallDoc } from "./install-doc.ts"

const fenced = (info: string, commands: string) => `\`\`\`${info}\n${commands}\n\`\`\``
const whatOf = async (text: string) => (await readInstallDoc(text)).defects

describe("a document that can be followed", () => {
  test("yields its commands word for word, in order, with where they run and their line", async () => {
    const text = [
      "# Install",
      "",
      "- `HOST`: the instance",
      "- `KEY`: a file",
      "- `config.nix` holds parameters",
      "",
      fenced("sh operator", 'push  "$KEY" "$HOST/x"   # twice  spaced'),
      "",
      "1. In a list:",
      "",
      `   ${fenced("bash new-host", "cat <<E\n  $(date)\nE").replaceAll("\n", "\n   ")}`,
      "",
      "<!-- new-host -->",
      "",
      fenced("sh", "true"),
      "",
      fenced("nix", "{ a = 1; }"),
      "",
      fenced("sh later", "git pull"),
    ].join("\n")
    expect(await readInstallDoc(text)).toEqual({
      variables: ["HOST", "KEY"],
      defects: [],
      blocks: [
        { where: "operator", commands: 'push  "$KEY" "$HOST/x"   # twice  spaced', line: 8 },
        { where: "new-host", commands: "cat <<E\n  $(date)\nE", line: 14 },
        { where: "new-host", commands: "true", line: 22 },
      ],
    })
  })

  test.each([
    ["a loop that reads a file", "while read -r x; do echo $x; done <list"],
    ["a loop that reads a pipe", "ls | while read -r x; do echo $x; done"],
    ["a pager's name in another word", "systemctl status less-important"],
    ["redirections", "cat <in >out 2>&1"],
    ["a here-string", "cat <<<word"],
    ["a variable that the block sets", 'OUT=$(mktemp)\ncat "$OUT"'],
    ["a loop's variable", 'for NAME in a b; do echo "$NAME"; done'],
    ["variables of every shell", 'cd "$HOME" && echo "$PWD"'],
    ["a comment with a placeholder", "# <NAME> is yours\ntrue"],
    ["ranges", "echo {1..3} ./..."],
  ])("%s is no defect", async (_, commands) => {
    expect(await whatOf(fenced("sh new-host", commands))).toEqual([])
  })
})

describe("what keeps a document from being followed, by its line", () => {
  const operator = "- `HOST`: it\n\n"
  test.each([
    ["a block without a mark", fenced("sh", "true"), 2, /does not say where it runs/],
    ["a block without a language", fenced("", "true"), 2, /does not say where it runs/],
    ["an indented block", "Do:\n\n    true\n", 3, /does not say where it runs/],
    ["a block with an unknown mark", fenced("sh somewhere", "true"), 2, /where it runs: somewhere/],
    ["two marks that differ", `<!-- operator -->\n\n${fenced("sh new-host", "true")}`, 4, /operator new-host/],
    ["a console's prompt", fenced("console new-host", "$ true"), 2, /prompt/],
    ["an angle placeholder", fenced("sh new-host", "true\nping <the address>"), 3, /placeholder <the address>/],
    ["a template placeholder", fenced("sh new-host", "ping {{ host }}"), 2, /placeholder \{\{ host \}\}/],
    ["a shouted placeholder", fenced("sh new-host", "ping YOUR_HOST"), 2, /placeholder YOUR_HOST/],
    ["dots for the rest", fenced("sh new-host", "nixos-rebuild …"), 2, /placeholder …/],
    [
      "a variable nobody declares",
      `${operator}${fenced("sh operator", 'a "$HOST" "$OTHER"')}`,
      4,
      /nobody sets \$OTHER/,
    ],
    [
      "the operator's variable elsewhere",
      `${operator}${fenced("sh new-host", 'a "$HOST"')}`,
      4,
      /nobody sets \$HOST on new-host/,
    ],
    ["an editor", fenced("sh new-host", "cd /etc && sudo vim x"), 2, /vim waits/],
    ["a question", fenced("sh new-host", "true\nread -r answer"), 3, /read waits/],
    ["a password", fenced("sh new-host", "passwd root"), 2, /passwd waits/],
    ["a here-document without an end", fenced("sh new-host", "true\ncat <<E\nx"), 3, /delimited by end-of-file/],
    ["a quote without an end", fenced("sh new-host", 'echo "x'), 2, /not a whole command/],
    ["a loop without an end", fenced("sh new-host", "for x in a; do"), 2, /not a whole command/],
    ["no commands at all", "# Install\n\nAsk Bob.", 1, /no block/],
  ])("%s", async (_, text, line, what) => {
    const defects = await whatOf(text)
    expect(defects).toContainEqual({ line, what: expect.stringMatching(what) })
  })

  test("a broken fence takes what follows into its block, and is seen by it", async () => {
    const text = "```sh new-host\ntrue\n\nThen it's done:\n\n```sh new-host\nfalse\n```\n"
    expect((await whatOf(text)).length).toBeGreaterThan(0)
  })
})
