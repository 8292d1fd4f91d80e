import { describe, expect, test } from "vitest"
import { groundsOf, type Mount, mountOf } from "./mounts.ts"

const mount = (path: string, type: string, device: string, root = "/"): Mount => ({
  ...{ id: "1", parent: "0", readOnly: false, source: "x" },
  ...{ path, type, device, root },
})

test("a line of mountinfo is read, its octal escapes too", () => {
  const line = String.raw`36 35 98:0 /mnt\0401 /mnt/two\134 ro,noatime master:1 - ext3 /dev/ro\040ot rw,errors=continue`
  expect(mountOf(line)).toEqual({
    ...{ id: "36", parent: "35", device: "98:0", root: "/mnt 1", path: "/mnt/two\\", readOnly: true },
    ...{ type: "ext3", source: "/dev/ro ot" },
  })
})

describe("what is read of a machine", () => {
  test("is every file system that holds files, in memory or on a disk", () => {
    const mounts = [mount("/", "ext4", "8:1"), mount("/boot", "vfat", "8:2"), mount("/tmp", "tmpfs", "0:30")]
    expect(groundsOf(mounts, [])).toEqual({ read: ["/", "/boot", "/tmp"], leftOut: [], foreign: [] })
  })

  test("is not what the kernel makes up, nor what other checks judge", () => {
    const secrets = "/var/lib/docker/containers/0123abcd/mounts/secrets"
    const mounts = [
      ...[mount("/", "ext4", "8:1"), mount("/proc", "proc", "0:4"), mount("/run/secrets.d", "ramfs", "0:40")],
      ...[mount(secrets, "tmpfs", "0:41"), mount("/var/lib/docker/overlay2/a/merged", "overlay", "0:42")],
    ]
    const { read, leftOut } = groundsOf(mounts, ["/run/secrets.d"])
    expect(read).toEqual(["/"])
    expect(leftOut).toEqual([
      { path: "/proc", why: "proc" },
      { path: "/run/secrets.d", why: "decrypted secrets, judged by C3.2" },
      { path: secrets, why: "swarm secrets, judged by C3.3" },
      { path: "/var/lib/docker/overlay2/a/merged", why: "a container's files, read as the layers they are made of" },
    ])
  })

  test("is read once, though it is mounted twice; and another part of the same disk too", () => {
    const mounts = [
      ...[mount("/", "btrfs", "0:20", "/@root"), mount("/home", "btrfs", "0:20", "/@home")],
      ...[mount("/srv/copy", "btrfs", "0:20", "/@root/srv"), mount("/nix/store", "btrfs", "0:20", "/@root/nix/store")],
    ]
    expect(groundsOf(mounts, []).read).toEqual(["/", "/home"])
  })

  test("a tmpfs over a directory that looks like a container's secrets is read, when it is elsewhere", () => {
    const path = "/srv/containers/0123abcd/mounts/secrets"
    expect(groundsOf([mount("/", "ext4", "8:1"), mount(path, "tmpfs", "0:41")], []).read).toEqual(["/", path])
  })

  test("another machine's files are named, not passed over", () => {
    expect(groundsOf([mount("/", "ext4", "8:1"), mount("/mnt", "nfs4", "0:50")], []).foreign).toEqual([
      { path: "/mnt", why: "a file system of another machine (nfs4)" },
    ])
  })
})
