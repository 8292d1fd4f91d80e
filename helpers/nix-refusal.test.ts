// What nix 2.8 and 2.26 were seen to say; cold-build.test.ts makes a real one say it.

import { expect, test } from "vitest"
import { refusal } from "./nix-refusal.ts"

const judged = (stderr: string, step: "eval" | "build" = "eval", exitCode = 1, secrets: string[] = []) =>
  refusal("cold build", step, exitCode, stderr, secrets)

const noRevision =
  "error: Cannot find Git revision '1111' in ref 'main' of repository 'http://git.example/secrets.git'!"
const notOurs = "fatal: remote error: upload-pack: not our ref 1111"
const failed = "error: builder for '/nix/store/x.drv' failed with exit code 1;\n       last 1 log lines:"

test.each([
  ["error: flake 'git+file:///x' requires lock file changes but they're not allowed", "lock file would change"],
  ["error: cannot write modified lock file of flake 'git+file:///x'", "lock file would change"],
  ["warning: not writing modified lock file of flake 'git+file:///x':", "lock file would change"],
  ["       error: mismatch in field 'narHash' of input '{}'", "an input is not what flake.lock says"],
  ["error: 'lastModified' attribute mismatch in input 'x', expected 1", "an input is not what flake.lock says"],
  ["error: NAR hash mismatch in input 'x'", "an input is not what flake.lock says"],
  [`${notOurs}\n${noRevision}`, "an input has no such revision"],
  ["\u001b[31;1merror:\u001b[0m attribute 'certificate' missing", "evaluation failed"],
  [`${failed}\n       > connection refused`, "build failed"],
])("%s is a fact", (stderr, reason) => {
  expect(judged(stderr).reason).toBe(reason)
})

test.each([
  [`fatal: unable to access 'http://git.example/': Could not resolve host: git.example\n${noRevision}`],
  [`fatal: Authentication failed for 'http://git.example/secrets.git/'\n${noRevision}`],
  [`fatal: could not read Username for 'http://git.example': terminal prompts disabled\n${noRevision}`],
  [`fatal: something git never said before\n${noRevision}`],
  ["error: unable to download 'https://cache.example/nix-cache-info': HTTP error 503"],
  ["error: this system does not support the kernel namespaces that are required for sandboxing"],
  ["error: a 'aarch64-linux' is required to build '/nix/store/x.drv', but I am a 'x86_64-linux'"],
  [
    "warning: the group 'nixbld' specified in 'build-users-group' does not exist\n" +
      "error: the group 'nixbld' specified in 'build-users-group' does not exist",
  ],
  ["error: writing to file: No space left on device"],
  ["error: unrecognised flag '--no-update-lock-file'"],
  [`${failed}\n       > curl: (6) Could not resolve host: mirror.example`],
  ["Killed"],
  [""],
])("%s is none", (stderr) => {
  expect(() => judged(stderr)).toThrow("cold build: nix eval could not look: exit 1")
})

test("a warning that the group of builders is missing is no reason", () => {
  const warning = "warning: the group 'nixbld' specified in 'build-users-group' does not exist\n"
  expect(judged(`${warning}error: attribute 'x' missing`).reason).toBe("evaluation failed")
})

test("a killed nix, or one that was too slow, did not look", () => {
  expect(() => judged("error: attribute 'x' missing", "eval", 124)).toThrow("could not look: exit 124")
  expect(() => judged("error: attribute 'x' missing", "build", 137)).toThrow("could not look: exit 137")
})

test("its last lines have no secrets, no quoted code and no place of the run", () => {
  const stderr = [
    "warning: fetching https://user:hunter2@git.example/x failed with hunter3",
    "       … while evaluating derivation 'x'",
    "         at /var/tmp/cc-ci-verifier-cold-6tx2WVLQRl/store/nix/store/abc-source/flake.nix:4:13:",
    "           36|",
    "             |            ^",
    "error: attribute 'x' missing",
  ].join("\n")
  const { lines } = judged(stderr, "eval", 1, ["hunter3"])
  expect(lines).toEqual([
    "warning: fetching https://[credential]@git.example/x failed with [secret]",
    "         at /nix/store/abc-source/flake.nix:4:13:",
    "error: attribute 'x' missing",
  ])
})
