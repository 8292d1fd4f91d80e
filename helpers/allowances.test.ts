import { expect, test } from "vitest"
import { applied } from "./allowances.ts"

const left = (pattern: string, ...paths: string[]) => applied(paths, [{ pattern, reason: "a reason" }]).left

test("a star stays within a directory, two do not", () => {
  expect(left("/etc/*", "/etc/a", "/etc/a/b")).toEqual(["/etc/a/b"])
  expect(left("/etc/**", "/etc/a", "/etc/a/b", "/etcetera")).toEqual(["/etcetera"])
  expect(left("/etc/ssh/ssh_host_*", "/etc/ssh/ssh_host_rsa_key", "/etc/ssh/sshd_config")).toEqual([
    "/etc/ssh/sshd_config",
  ])
})

test("everything else is literal, and the whole path counts", () => {
  expect(left("/etc/a.b", "/etc/a.b", "/etc/axb", "/x/etc/a.b", "/etc/a.b.c")).toEqual([
    "/etc/axb",
    "/x/etc/a.b",
    "/etc/a.b.c",
  ])
  expect(left("/etc/[ab]+(c)", "/etc/[ab]+(c)", "/etc/aac")).toEqual(["/etc/aac"])
})

test("each use is counted, and so is a pattern without any", () => {
  const allowances = [
    { pattern: "/a/*", reason: "one" },
    { pattern: "/b", reason: "two" },
  ]
  expect(applied(["/a/x", "/a/y", "/c"], allowances)).toEqual({ left: ["/c"], used: ["/a/* (one): 2", "/b (two): 0"] })
})

test("a path that leads elsewhere than it says is never allowed", () => {
  const odd = ["/etc/../root/x", "/etc/./x", "/etc//x", "/etc/x/.."]
  expect(left("/etc/**", ...odd, "/etc/.hidden", "/etc/a..b")).toEqual(odd)
})
