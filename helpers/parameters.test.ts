import { mkdtemp, rm, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { expect, test } from "vitest"
import { git, mirrorAt } from "./git.ts"
import { placesOf } from "./parameters.ts"

const files = {
  "config.nix":
    'domain = "ci.example.org";\nother = "xci.example.org";\ngateway = "192.0.2.1";\nnear = "192.0.2.10";\n',
  "proxy.nix": "# drone.ci.example.org is served, ci.example.orgs is not\n",
  "README.md": "ci.example.org 192.0.2.1\n",
  image: "\0ci.example.org",
}

test("a value is found where it stands whole, with names under it, and not in documents", async () => {
  const directory = await mkdtemp(join(tmpdir(), "parameters-"))
  try {
    await git(["init", "-q", "-b", "main", directory])
    for (const [name, text] of Object.entries(files)) await writeFile(join(directory, name), text)
    await git(["-C", directory, "add", "-A"])
    await git(["-C", directory, "-c", "user.name=a", "-c", "user.email=a@b", "commit", "-q", "-m", "one"])
    const parameters = [
      { name: "domain", value: "ci.example.org" },
      { name: "gateway", value: "192.0.2.1" },
      { name: "nowhere", value: "age1nobody" },
    ]
    const { searched, places } = await placesOf(mirrorAt(join(directory, ".git"), "file:///x"), "HEAD", parameters)
    expect(searched).toBe(2)
    expect(Object.fromEntries(places)).toEqual({
      domain: ["config.nix:1", "proxy.nix:1"],
      gateway: ["config.nix:3"],
      nowhere: [],
    })
  } finally {
    await rm(directory, { recursive: true, force: true })
  }
})
