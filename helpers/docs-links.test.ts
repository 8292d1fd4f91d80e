import { describe, expect, test } from "vitest"
import { parseDocument } from "./docs.ts"
import { anchorsOf, linksOf } from "./docs-links.ts"

const other = parseDocument("# Over There\n\n## Twice\n\n## Twice\n\n<a id='by-hand'></a>\n", "docs/other.md")
const files = ["README.md", "docs/a.md", "docs/other.md", "docs/img/x.png", "flake.nix", "with space.md"]
const look = (markdown: string, path = "docs/a.md") =>
  linksOf([parseDocument(markdown, path)], files, (name) => (name === other.path ? other : undefined))

describe("a link", () => {
  test.each([
    "[x](other.md)",
    "[x](./other.md)",
    "[x](../README.md)",
    "[x](/flake.nix)",
    "[x](other.md#over-there)",
    "[x](other.md#twice-1)",
    "[x](other.md#by-hand)",
    "[x](../flake.nix#L3-L5)",
    "[x](img/)",
    "[x](..)",
    "[x](../with%20space.md)",
    "[x](<../with space.md>)",
    "![x](img/x.png)",
    "[x][ref]\n\n[ref]: other.md 'title'",
    "[other.md]\n\n[other.md]: other.md",
    "<a href='other.md'>x</a>",
    "# Here `now`!\n\n[x](#here-now)",
    "| a |\n| - |\n| [x](other.md) |",
  ])("%j is followed", (markdown) => {
    const { followed, dead } = look(markdown)
    expect({ followed, dead }).toEqual({ followed: 1, dead: [] })
  })

  test.each([
    ["[x](gone.md)", "docs/a.md:1: gone.md: no such file"],
    ["a\n\nb\n[x](gone.md)", "docs/a.md:4: gone.md: no such file"],
    ["[x](README.md)", "docs/a.md:1: README.md: no such file"],
    ["[x](other.md#gone)", "docs/a.md:1: other.md#gone: no such heading"],
    ["[x](other.md#twice-2)", "docs/a.md:1: other.md#twice-2: no such heading"],
    ["[x](#gone)", "docs/a.md:1: #gone: no such heading"],
    ["[x](../../etc/passwd)", "docs/a.md:1: ../../etc/passwd: leads out of the repo"],
    ["![x](img/gone.png)", "docs/a.md:1: img/gone.png: no such file"],
    ["[x][ref]\n\n[ref]: gone.md", "docs/a.md:3: gone.md: no such file"],
    ["[x][nowhere]", "docs/a.md:1: a reference without a definition"],
    ["<img\nsrc='gone.png'>", "docs/a.md:2: gone.png: no such file"],
    ["> [x](gone.md)", "docs/a.md:1: gone.md: no such file"],
    ["```\n# gone\n```\n[x](#gone)", "docs/a.md:4: #gone: no such heading"],
  ])("%j is dead", (markdown, line) => {
    expect(look(markdown).dead).toEqual([line])
  })

  test("out of the repo is listed once, and without what may be secret", () => {
    const { external, followed } = look(
      "[x](https://user:token@a.example/b?key=1#c) https://a.example/b <mailto:x@y.z> [y](//c.example/)",
    )
    expect({ external, followed }).toEqual({
      external: ["//c.example/", "https://a.example/b", "mailto:x@y.z"],
      followed: 0,
    })
  })

  test("in code is none", () => {
    expect(look("`[x](gone.md)`\n\n```\n[x](gone.md)\n```\n")).toEqual({ followed: 0, dead: [], external: [] })
  })
})

test("headings have the anchors that they have when rendered", () => {
  const { tree } = parseDocument("# Über `x.nix` & more!\n\nA b\n---\n\n# 1.5 Credentials\n", "a.md")
  expect([...anchorsOf({ tree })]).toEqual(["über-xnix--more", "a-b", "15-credentials"])
})
