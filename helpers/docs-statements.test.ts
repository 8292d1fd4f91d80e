// A corpus of sentences as people, and people who do not want to be found, write them.

import { describe, expect, test } from "vitest"
import { parseDocument } from "./docs.ts"
import { forbidden, infeasible, thePi } from "./docs-defaults.ts"
import { phraseOf } from "./docs-phrases.ts"
import { ownWords, type Statement, saidIn } from "./docs-statements.ts"

const search = (markdown: string, statements: Statement[]) => {
  const { said, excused } = saidIn(parseDocument(markdown, "a.md"), statements)
  return { said: said.map(({ says, line }) => `${line}: ${says}`), excused: excused.map(({ because }) => because) }
}
const old = [...forbidden, thePi, ...infeasible]

describe("a statement is found", () => {
  test.each<[string, string]>([
    ["as it is", "D8 is infeasible by design."],
    ["over two lines", "D8 is infeasible\nby design."],
    ["over a hard break", "D8 is infeasible  \nby design."],
    ["hyphenated", "an infeasible-by-design rebuild"],
    ["broken at a hyphen", "D8 is infeas-\nible by design."],
    ["with a soft hyphen", "D8 is infeas&shy;ible by design."],
    ["with a space of no width", "D8 is infeas\u200Bible by design."],
    ["with a hyphen that does not break", "infeasible\u2011by\u2011design"],
    ["in capitals", "D8 IS INFEASIBLE BY DESIGN"],
    ["in wide letters", "D8 is ｉｎｆｅａｓｉｂｌｅ by design"],
    ["inflected", "the infeasibility, by design, of a rebuild"],
    ["with marks between", 'D8 is "infeasible" – by design.'],
    ["with an article between", "infeasible by its design"],
    ["as two sentences", "D8? Infeasible. By design."],
    ["in emphasis", "D8 is *in*feasible **by** design."],
    ["in a link", "D8 is [infeasible by](x.md) design."],
    ["in a heading", "# Infeasible by design"],
    ["in a list", "- D8\n  - infeasible\n    by design"],
    ["in a table", "| item | verdict |\n| - | - |\n| D8 | infeasible by design |"],
    ["over two cells", "| item | why |\n| - | - |\n| infeasible | by design |"],
    ["in a quote that is no history", "> D8 is infeasible\n> by design."],
    ["in code", "```\necho infeasible by design\n```"],
    ["in code within a sentence", "D8 is `infeasible by design`."],
    ["in HTML", "<details><summary>D8</summary>infeasible by design</details>"],
    ["in front matter", "---\nd8: infeasible by design\n---\n"],
    ["in a footnote", "D8[^1]\n\n[^1]: infeasible by design"],
    ["in the text of a picture", "![infeasible by design](d8.png)"],
    ["as a relative", "D8 is, in principle, impossible: by design not reproducible."],
    ["when it only pretends to be past", "If the closure was copied, D8 is infeasible by design."],
    ["beside a denial of something else", "It is not a fork; D8 is infeasible by design."],
    ["after a turn", "D8 was called feasible, but it is infeasible by design."],
    ["under a heading that only mentions history", "# Notes on D8\n\nD8 is infeasible by design."],
  ])("%s", (_, markdown) => {
    expect(search(markdown, infeasible).said.length).toBeGreaterThan(0)
  })

  test("with the line its words begin at, once for each sentence", () => {
    const text =
      "# D8\n\nFirst a sentence. Then it is infeasible\nby design, inherently infeasible.\n\nAnd infeasible by design."
    const [byDesign] = infeasible
    expect(byDesign && search(text, [byDesign]).said).toEqual(["3: infeasible by design", "6: infeasible by design"])
  })
})

describe("of the old model", () => {
  test.each<[string, string]>([
    ["an operator brings the certificate", "The operator drops the certificate file."],
    ["an operator brings the certificate", "Before the first start, copy the\ncertificate to the host."],
    ["an operator brings the certificate", "Certificates are supplied by an administrator."],
    ["an operator brings the certificate", "An operator-dropped cert is used."],
    ["an operator brings the certificate", "| step | who |\n| - | - |\n| place the cert on the server | operator |"],
    ["secrets are in the base repository", "Secrets are kept in this repo."],
    ["secrets are in the base repository", "The base repository holds secrets."],
    ["cc-ci is reached through a SOCKS proxy", "Use the SOCKS-proxy at port 1055."],
    ["cc-ci is reached through a SOCKS proxy", "```sh\nexport ALL_PROXY=socks5h://localhost:1055\n```"],
    ["cc-ci is reached through a SOCKS proxy", "```sh\ncurl --proxy localhost:1055 https://x\n```"],
    ["cc-ci is reached through a SOCKS proxy", "You cannot reach cc-ci without the SOCKS proxy."],
    ["cc-ci is reached through a SOCKS proxy", "The SOCKS proxy is not optional."],
    ["ssh goes through a ProxyCommand or jump host", "`ssh -o ProxyCommand='nc %h %p' cc-ci`"],
    ["ssh goes through a ProxyCommand or jump host", "Set a proxy command in ~/.ssh/config."],
    ["tailscaled runs in userspace", "tailscaled runs with userspace-networking."],
    ["the Pi is a current machine", "The agents run on the Pi."],
    ["cc-ci is reached through a SOCKS proxy", "export HTTPS_PROXY=localhost:1055"],
    ["the Pi is a current machine", "Reboot the Raspberry\nPi once a week."],
  ])("%s: %j", (says, markdown) => {
    expect(search(markdown, old).said.map((line) => line.replace(/^\d+: /, ""))).toContain(says)
  })

  test.each([
    "The certificate is a sops secret, decrypted at activation to `/var/lib/ci-certs/live`.",
    "Renewal: the operator has it re-issued elsewhere, seals it into `cc-ci-secrets` and commits.",
    "The base repository holds no secrets.",
    "Every secret is a leaf of `secrets/secrets.yaml` in the private repository `cc-ci-secrets`.",
    "cc-ci is a direct tailnet peer: no SOCKS proxy, no userspace tailscaled, no ProxyCommand.",
    "There is no SOCKS proxy, userspace tailscaled or ProxyCommand.",
    "cc-ci is reached without a SOCKS proxy.",
    "The SOCKS proxy is no longer used.",
    "The SOCKS proxy is gone.",
    "Remove the SOCKS proxy from your configuration.",
    "Use plain ssh instead of the SOCKS proxy.",
    "The Pi was retired on 2026-05-31.",
    "Until the migration the agents ran on the Pi.",
    "The operator used to drop the certificate on the host.",
    "The certificate was copied to the host by the operator in phase 1.",
    "# History\n\nThe operator drops the certificate. The Pi is the orchestrator.",
    "> Historical record only.\n\nThe Pi reboots nightly. D8 is infeasible by design.",
    "| before | now |\n| - | - |\n| the operator drops a certificate | the certificate is in git |",
    'The prior "operator drops a cert file" step is gone.',
    'The "infeasible by design" wording is removed.',
    'Phase-1 D8 was marked PASS, documented "infeasible by design". That justification does not hold up.',
    "So a new-host rebuild is not infeasible.",
    "~~D8 is infeasible by design.~~",
    "<!-- D8 is infeasible by design -->",
    "It is feasible; the design is by me.",
    "Pin the version, pick a pipeline, and run the API.",
    // False alarms that documents of other projects gave.
    "The daemon listens on `/var/run/docker.sock`, and a plugin on `plugins.sock`.",
    "An image may need HTTP_PROXY and HTTPS_PROXY at build time; inside a LAN an HTTPS proxy is used.",
    "If the provided token matches, the client certificate is added to the trust store of the server.",
    "Copy the client certificate to the server and register it.",
    "As of this document, it's not possible to set the variable.",
    "`pi()` returns pi.",
    "Rate of requests handled by all proxies; see net.ipv6.conf.all.proxy_ndp.",
    "If the problem can not be reproduced, leave a comment.",
    "The proxy ends TLS with the certificate in git; the gateway passes TLS through and holds no certificate.",
  ])("nothing is found in %j", (markdown) => {
    expect(search(markdown, old).said).toEqual([])
  })

  test("what is excused says why", () => {
    expect(search("There is no SOCKS proxy. The Pi was retired.\n\n# History\n\nThe Pi runs.", old).excused).toEqual(
      expect.arrayContaining(["it denies it", "history: it tells of the past", 'history: heading "History"']),
    )
  })
})

test("a document does not say itself what it quotes or shows as code", () => {
  const { path, passages } = parseDocument("> clone both repositories\n\n```\nclone both repositories\n```\n", "a.md")
  const clone = [{ says: "clone", any: ["clone both repositories"] }]
  expect(saidIn({ path, passages }, clone).said).toHaveLength(2)
  expect(saidIn({ path, passages: ownWords(passages) }, clone).said).toEqual([])
})

test("what looks like a key or token is not repeated", () => {
  const token = "tskey0auth1kXyz2CNTRL3abcdef4"
  const { said } = saidIn(parseDocument(`the SOCKS proxy takes ${token} as a password`, "a.md"), forbidden)
  expect(said[0]?.sentence).toBe(`the SOCKS proxy takes [${token.length} characters] as a password`)
})

test("a hostile document takes no long time", () => {
  const long = `${"operator ".repeat(3000)}\n\n${"drop a ".repeat(3000)}\n\n${"[".repeat(3000)}${"> ".repeat(500)}x`
  const began = performance.now()
  search(long, old)
  expect(performance.now() - began).toBeLessThan(10_000)
})

test.each(["", "...", "... word", "word ...", "a||b", "-- !!"])("%j is no phrase", (source) => {
  expect(() => phraseOf(source)).toThrow("is no phrase: words, a|b for either")
})
