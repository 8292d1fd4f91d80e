import { describe, expect, test } from "vitest"
import { exceptionsIn } from "./exceptions.ts"

const heading = "The one exception"
const good = `# Secrets

Every secret is a leaf of a sops document.

## The one exception

The bootstrap age key, \`/var/lib/sops-nix/key.txt\` on the host, is the only secret that is not in git: it opens the
others. The recovery key is the second recipient; it is kept off the box.

## The certificate

It is decrypted at activation.
`
const changed = (from: string, to: string) => {
  expect(good).toContain(from)
  return exceptionsIn(
    good.replace(from, () => to),
    heading,
  )
}

test("a document that names one exception", () => {
  expect(exceptionsIn(good, heading)).toEqual({
    sections: [5],
    named: ["/var/lib/sops-nix/key.txt"],
    further: [],
    elsewhere: [],
  })
})

describe("a further exception is found", () => {
  test.each([
    ["by its path, in the section", "off the box.", "off the box. See `/root/.netrc`.", "named"],
    ["said to be another", "off the box.", "off the box. The deploy token is another secret not\nin git.", "further"],
    ["in another section", "at activation.", "at activation. Its password lives only on the host.", "elsewhere"],
    ["broken over lines", "at activation.", "at activation. The login is set\nup on the\nhost.", "elsewhere"],
    [
      "in a table",
      "It is decrypted",
      "| key | where |\n| --- | --- |\n| the API token is kept out-of-band | x |\n\nIt is",
      "elsewhere",
    ],
    ["in a quote", "It is decrypted", "> Copy the certificate by hand.\n\nIt is decrypted", "elsewhere"],
    ["in a heading", "## The certificate", "## Tokens set manually", "elsewhere"],
  ] as const)("%s", (_, from, to, where) => {
    const before = exceptionsIn(good, heading)
    expect(changed(from, to)[where].length).toBe(before[where].length + 1)
  })
})

test("no section, or two, is told", () => {
  expect(changed("## The one exception", "## Something").sections).toEqual([])
  expect(changed("## The certificate", "## The one exception").sections).toEqual([5, 10])
  expect(exceptionsIn("", heading)).toEqual({ sections: [], named: [], further: [], elsewhere: [] })
})

test("code and comments claim nothing, and what is no secret may be outside git", () => {
  const text =
    "It is decrypted at activation. DNS is set up by hand.\n\n<!-- the token is set by hand -->\n\n```sh\n# set the token by hand\n```"
  expect(changed("It is decrypted at activation.", text).elsewhere).toEqual([])
})
