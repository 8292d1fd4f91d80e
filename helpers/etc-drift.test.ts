// A tree like the one NixOS makes, in a temporary directory, looked at with this machine's shell.

import { chmod, link, mkdir, mkdtemp, readlink, rename, rm, symlink, writeFile } from "node:fs/promises"
import { tmpdir, userInfo } from "node:os"
import { dirname, join } from "node:path"
import { afterEach, beforeEach, describe, expect, test } from "vitest"
import { etcDrift } from "./etc-drift.ts"
import { here } from "./machine.ts"

const programs = "/usr/bin"
const { uid, gid, username } = userInfo()
let root = ""
const at = (path: string) => join(root, path)

async function write(path: string, text: string, mode = 0o644) {
  await mkdir(dirname(at(path)), { recursive: true })
  await writeFile(at(path), text)
  await chmod(at(path), mode)
}

async function linked(path: string, to: string) {
  await mkdir(dirname(at(path)), { recursive: true })
  await symlink(to, at(path))
}

const look = () => etcDrift(here, programs, root)
const findings = async () => {
  const { notFromClosure, misplaced, missing, differing } = await look()
  return { notFromClosure: notFromClosure.map(({ path }) => path), misplaced, missing, differing }
}
const nothing = { notFromClosure: [], misplaced: [], missing: [], differing: [] }
const weird = "a name\nwith 'quotes' and ünïcode"

/** Links, a link to a directory, a copy, a direct link: everything in place. */
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), "etc-drift-"))
  await write("store/hosts", "127.0.0.1 localhost\n")
  await write("store/units/a.service", "[Service]\n")
  const tree = "store/etc"
  for (const name of ["hosts", `cc-ci/${weird}`]) {
    await linked(`${tree}/${name}`, at("store/hosts"))
    await linked(`etc/${name}`, `/etc/static/${name}`)
  }
  await linked(`${tree}/systemd/system`, at("store/units"))
  await linked("etc/systemd/system", "/etc/static/systemd/system")
  await linked(`${tree}/sudoers`, at("store/hosts"))
  await write(`${tree}/sudoers.mode`, "0440\n")
  await write(`${tree}/sudoers.uid`, `+${uid}`)
  await write(`${tree}/sudoers.gid`, `+${gid}`)
  await write("etc/sudoers", "127.0.0.1 localhost\n", 0o440)
  await linked(`${tree}/direct`, at("store/hosts"))
  await write(`${tree}/direct.mode`, "direct-symlink")
  await linked("etc/direct", at("store/hosts"))
  await linked("etc/static", at(tree))
})

afterEach(() => rm(root, { recursive: true, force: true }))

test("says nothing of a tree in which everything is in place, and how much it looked at", async () => {
  expect(await look()).toEqual({ looked: 6, expected: 5, ...nothing, mounts: [] })
})

describe("what is not from the closure", () => {
  test("a file is told by its type, mode, owner and digest", async () => {
    await write("etc/passwd", "x", 0o644)
    const sha256 = "2d711642b726b04401627ca9fbac32f5c8530fb1903cc4db02258717921a4881"
    expect((await look()).notFromClosure).toEqual([
      { path: "/etc/passwd", type: "f", mode: "644", owner: username, link: null, sha256 },
    ])
  })

  test("a file that not everybody may read is told without its digest", async () => {
    await write("etc/shadow", "x", 0o640)
    expect((await look()).notFromClosure).toMatchObject([{ path: "/etc/shadow", mode: "640", sha256: null }])
  })

  test("a link that does not lead into /etc/static is told with its text", async () => {
    await linked("etc/mtab", "/proc/mounts")
    await linked("etc/near", "/etc/staticx/hosts")
    await linked("etc/relative", "static/hosts")
    expect((await look()).notFromClosure.map(({ path, link }) => [path, link]).sort()).toEqual([
      ["/etc/mtab", "/proc/mounts"],
      ["/etc/near", "/etc/staticx/hosts"],
      ["/etc/relative", "static/hosts"],
    ])
  })

  test("a name with newlines is one name", async () => {
    await write("etc/new\nline\n", "x")
    expect((await findings()).notFromClosure).toEqual(["/etc/new\nline\n"])
  })

  test("what no copy has beside it is no part of a copy", async () => {
    await write("etc/sudoers.mode", "0440")
    expect((await findings()).notFromClosure).toEqual(["/etc/sudoers.mode"])
  })

  test("a fifo is found without being read", async () => {
    await here.run(["/usr/bin/mkfifo", at("etc/fifo")])
    expect((await look()).notFromClosure).toMatchObject([{ path: "/etc/fifo", type: "p", sha256: null }])
  })

  test("another name of a file of the closure is still not from it", async () => {
    await link(at("store/hosts"), at("etc/hosts2"))
    expect((await findings()).notFromClosure).toEqual(["/etc/hosts2"])
  })
})

describe("links into /etc/static", () => {
  test("one that leads to another entry is misplaced", async () => {
    await linked("etc/sshd", "/etc/static/hosts")
    const misplaced = [{ path: "/etc/sshd", link: "/etc/static/hosts", why: "leads to another name" }]
    expect(await findings()).toEqual({ ...nothing, misplaced })
  })

  test("one that climbs out of it is misplaced, and the entry is missing", async () => {
    await rm(at("etc/hosts"))
    await linked("etc/hosts", "/etc/static/../hosts.evil")
    expect(await findings()).toEqual({
      ...nothing,
      misplaced: [{ path: "/etc/hosts", link: "/etc/static/../hosts.evil", why: "leads to another name" }],
      missing: [
        {
          path: "/etc/hosts",
          expected: "a link to /etc/static/hosts",
          found: "a link to /etc/static/../hosts.evil",
        },
      ],
    })
  })

  test("one of an entry that the closure does not have leads to nothing", async () => {
    await linked("etc/old", "/etc/static/old")
    const misplaced = [{ path: "/etc/old", link: "/etc/static/old", why: "no such entry in the closure's tree" }]
    expect(await findings()).toEqual({ ...nothing, misplaced })
  })

  test("one whose entry leads nowhere leads to nothing", async () => {
    await rm(at("store/units"), { recursive: true })
    const misplaced = [{ path: "/etc/systemd/system", link: "/etc/static/systemd/system", why: "leads to nothing" }]
    expect(await findings()).toEqual({ ...nothing, misplaced })
  })
})

describe("entries of the closure's tree", () => {
  test("one that nothing stands for is missing", async () => {
    await rm(at(`etc/cc-ci/${weird}`))
    const missing = [
      {
        path: `/etc/cc-ci/${weird}`,
        expected: `a link to /etc/static/cc-ci/${weird}`,
        found: "nothing, or a directory",
      },
    ]
    expect(await findings()).toEqual({ ...nothing, missing })
  })

  test("a directory in the place of a link to one hides the closure's", async () => {
    await rm(at("etc/systemd/system"))
    await write("etc/systemd/system/a.service", "[Service]\nExecStart=/tmp/evil\n")
    expect(await findings()).toMatchObject({
      notFromClosure: ["/etc/systemd/system/a.service"],
      missing: [{ path: "/etc/systemd/system", found: "nothing, or a directory" }],
    })
  })

  test("a file in the place of a link is found twice: it is not from the closure, and the link is missing", async () => {
    await rm(at("etc/hosts"))
    await write("etc/hosts", "127.0.0.1 localhost\n")
    expect(await findings()).toEqual({
      ...nothing,
      notFromClosure: ["/etc/hosts"],
      missing: [{ path: "/etc/hosts", expected: "a link to /etc/static/hosts", found: "a file" }],
    })
  })

  test("a link in the place of a copy is not the copy", async () => {
    await rm(at("etc/sudoers"))
    await linked("etc/sudoers", "/etc/static/sudoers")
    const missing = [{ path: "/etc/sudoers", expected: "a copy", found: "a link to /etc/static/sudoers" }]
    expect(await findings()).toEqual({ ...nothing, missing })
  })

  test("a direct link to something else is not from the closure", async () => {
    await rm(at("etc/direct"))
    await linked("etc/direct", "/tmp/evil")
    expect(await findings()).toMatchObject({ notFromClosure: ["/etc/direct"], missing: [{ path: "/etc/direct" }] })
  })

  test("a plain file of the tree that nothing says to copy is not expected", async () => {
    await write("store/etc/plain", "x")
    expect(await look()).toEqual({ looked: 6, expected: 5, ...nothing, mounts: [] })
  })
})

describe("copies", () => {
  test("one with other bytes differs, by digest only if everybody may read it", async () => {
    await chmod(at("etc/sudoers"), 0o640)
    await writeFile(at("etc/sudoers"), "x")
    await chmod(at("etc/sudoers"), 0o440)
    const [only, ...others] = (await findings()).differing
    expect(others).toEqual([])
    expect(only).toMatchObject({
      path: "/etc/sudoers",
      what: "bytes",
      expected: expect.stringMatching(/^[0-9a-f]{64}$/),
      found: "others, not for everybody to read",
    })
  })

  test("one with another mode differs", async () => {
    await chmod(at("etc/sudoers"), 0o444)
    const differing = [{ path: "/etc/sudoers", what: "mode", expected: "0440", found: "444" }]
    expect(await findings()).toEqual({ ...nothing, differing })
  })

  test("one that a wrong owner or group holds differs", async () => {
    await writeFile(at("store/etc/sudoers.uid"), "+4242")
    await writeFile(at("store/etc/sudoers.gid"), "nobody-such")
    expect((await findings()).differing).toMatchObject([
      { what: "owner", expected: "+4242", found: username },
      { what: "group", expected: "nobody-such" },
    ])
  })

  test("an owner may be named", async () => {
    await writeFile(at("store/etc/sudoers.uid"), `${username}\n`)
    expect(await findings()).toEqual(nothing)
  })
})

describe("could not look", () => {
  test("a host without /etc/static is an error", async () => {
    await rm(at("etc/static"))
    await expect(look()).rejects.toThrow(/exit [12]/)
  })

  test("an /etc/static that leads nowhere is an error", async () => {
    await rename(at("store/etc"), at("store/gone"))
    expect(await readlink(at("etc/static"))).toBe(at("store/etc"))
    await expect(look()).rejects.toThrow(/exit [12]/)
  })

  test("an empty tree is an error", async () => {
    await rm(at("store/etc"), { recursive: true })
    await mkdir(at("store/etc"))
    await expect(look()).rejects.toThrow("here: nothing in /etc or in its closure's tree")
  })

  test("a name that is not UTF-8 is an error", async () => {
    await writeFile(Buffer.concat([Buffer.from(`${root}/etc/`), Buffer.from([0xff])]), "")
    await expect(look()).rejects.toThrow("here: the answer is not UTF-8")
  })
})
