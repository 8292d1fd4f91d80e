import { describe, expect, test } from "vitest"
import { parseDocument } from "./docs.ts"
import { type Mention, mentionsIn } from "./docs-mentions.ts"

const seen = (markdown: string) =>
  Object.entries(mentionsIn([parseDocument(markdown, "a.md")])).flatMap(([kind, mentions]) =>
    (mentions as Mention[]).map(({ what }) => `${kind}: ${what}`),
  )

describe("what code mentions", () => {
  test.each<[string, string[]]>([
    ["`docs/install.md`", ["files: docs/install.md"]],
    ["`./modules/`", ["files: modules"]],
    ["`flake.nix`", ["files: flake.nix"]],
    ["`.sops.yaml`", ["files: .sops.yaml"]],
    ["`modules/*.nix`", ["files: modules/*.nix"]],
    ["`/var/lib/sops-nix/key.txt`", ["hostPaths: /var/lib/sops-nix/key.txt"]],
    ["`proxy.service` and `a@b.timer`", ["units: proxy.service", "units: a@b.timer"]],
    ["`.#checks.x86_64-linux`", ["attributes: checks.x86_64-linux"]],
    ["`nixosConfigurations.cc-ci`", ["attributes: nixosConfigurations.cc-ci"]],
    ["`services.openssh.enable`", ["keys: services.openssh.enable"]],
    [
      "`nixos-rebuild switch --flake /root/x#cc-ci`",
      ["programs: nixos-rebuild", "attributes: nixosConfigurations.cc-ci"],
    ],
    ["`nix build .#thing`", ["programs: nix", "attributes: thing"]],
    ["`systemctl status drone.service`", ["programs: systemctl", "units: drone.service"]],
    ["`cat /etc/hosts`", ["hostPaths: /etc/hosts", "programs: cat"]],
    ["`KEY = value` and `key: value` and `a -> b`", []],
    ["`ssl_cert` and `main` and `4 GiB`", []],
    ["`https://git.example.org/x/y.nix` and `docs/<name>.md` and `$HOME/x`", []],
    ["`docs/a.md#part`", []],
    ["plain /etc/hosts and flake.nix", []],
    ["```sh\ngit pull && ./deploy\n```", ["files: deploy", "programs: git"]],
    ["```sh operator\nincus list\n```", ["elsewhere: incus"]],
    ["```console\n$ git log\nnot a program\n```", ["programs: git"]],
    ["```\nnot shell\n```", []],
    ["```yaml\nkey: /etc/x\n```", []],
    ["~~`gone.md`~~ <!-- `gone.md` -->", []],
    ["# History\n\n`gone.md`", []],
    ["`gone.md` was removed in phase 1.", []],
    ["There is no `gone.md`.", []],
  ])("%j: %j", (markdown, expected) => {
    expect(seen(markdown).toSorted()).toEqual(expected.toSorted())
  })

  test("is told with every place that mentions it", () => {
    const { files, programs } = mentionsIn([
      parseDocument("`x.md`\n\n| a |\n| - |\n| `x.md` |\n", "a.md"),
      parseDocument("```sh\n\ngit log\n```\n`x.md`", "b.md"),
    ])
    expect(files).toEqual([{ what: "x.md", where: ["a.md:1", "a.md:5", "b.md:5"] }])
    expect(programs).toEqual([{ what: "git", where: ["b.md:3"] }])
  })
})
