// systemctl is a program that says what systemd 257 has said; the files are real ones, followed by this machine's shell.

import { chmod, mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { dirname, join } from "node:path"
import { afterEach, beforeEach, describe, expect, test } from "vitest"
import { here } from "./machine.ts"
import { strings, units } from "./units.ts"

let root = ""
const at = (path: string) => join(root, path)

async function write(path: string, text = "[Service]\n") {
  await mkdir(dirname(at(path)), { recursive: true })
  await writeFile(at(path), text)
}

const plain = {
  FragmentPath: "",
  DropInPaths: "",
  NeedDaemonReload: "no",
  Transient: "no",
  LoadState: "loaded",
  ActiveState: "active",
  UnitFileState: "static",
}
const block = (shown: Partial<typeof plain> & { Id: string }) =>
  Object.entries({ ...plain, ...shown })
    .map(([key, value]) => `${key}=${value}\n`)
    .join("")

/** systemctl answers `show --all` with the blocks, and anything without --all with an error. */
async function systemctl(shown: string, unitPath = `${at("etc")} ${at("run")} ${at("none")}`) {
  await write("answers/units", shown)
  await write("answers/path", `UnitPath=${unitPath}\n`)
  const script = `#!/bin/sh
case "$*" in
  "show --no-pager --all "*" *") exec cat ${at("answers/units")} ;;
  "show --no-pager --property=UnitPath") exec cat ${at("answers/path")} ;;
  *) echo "not understood: $*" >&2; exit 1 ;;
esac
`
  await write("bin/systemctl", script)
  await chmod(at("bin/systemctl"), 0o755)
}
const look = () => units(here, at("bin"))

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), "units-"))
  await mkdir(at("bin"))
  for (const name of ["sh", "find", "readlink"]) await symlink(`/usr/bin/${name}`, at(`bin/${name}`))
  await write("store/a.service")
  await mkdir(at("etc"))
  await symlink(at("store/a.service"), at("etc/a.service"))
})

afterEach(() => rm(root, { recursive: true, force: true }))

test("every unit is told with where its file really lies", async () => {
  await symlink("/dev/null", at("etc/masked.service"))
  const shown = [
    { Id: "a.service", FragmentPath: at("etc/a.service") },
    { Id: "masked.service", FragmentPath: at("etc/masked.service"), LoadState: "masked", ActiveState: "inactive" },
    { Id: "dev-x.device", UnitFileState: "" },
    { Id: "gone.service", FragmentPath: at("etc/gone.service"), ActiveState: "failed", NeedDaemonReload: "yes" },
    { Id: "run-1.service", FragmentPath: at("elsewhere/run-1.service"), Transient: "yes" },
  ]
  await write("elsewhere/run-1.service")
  await systemctl(shown.map(block).join("\n"))
  const common = { dropIns: [], transient: false, needsReload: false, failed: false, loadState: "loaded" }
  const active = { ...common, activeState: "active", unitFileState: "static" }
  const seen = await look()
  expect(seen.units).toEqual([
    { ...active, id: "a.service", fragment: { path: at("etc/a.service"), real: at("store/a.service") } },
    {
      ...active,
      id: "masked.service",
      fragment: { path: at("etc/masked.service"), real: "/dev/null" },
      loadState: "masked",
      activeState: "inactive",
    },
    { ...active, id: "dev-x.device", fragment: null, unitFileState: "" },
    {
      ...active,
      id: "gone.service",
      fragment: { path: at("etc/gone.service"), real: null },
      needsReload: true,
      failed: true,
      activeState: "failed",
    },
    {
      ...active,
      id: "run-1.service",
      fragment: { path: at("elsewhere/run-1.service"), real: at("elsewhere/run-1.service") },
      transient: true,
    },
  ])
})

test("drop-ins are told apart, whatever their names", async () => {
  const names = ["a b.conf", "back\\\\slash.conf", "new\nline.conf", 'q"uo.conf', "tab\tx.conf", "ünï.conf"]
  for (const name of names) await write(`run/my.service.d/${name}`, "[Unit]\n")
  const d = at("run/my.service.d")
  const dropIns = String.raw`"${d}/a b.conf" "${d}/back\\\\slash.conf" "${d}/new\nline.conf" "${d}/q\"uo.conf" "${d}/tab\tx.conf" ${d}/ünï.conf`
  await systemctl(block({ Id: "my.service", DropInPaths: dropIns }))
  const [only] = (await look()).units
  expect(only?.dropIns).toEqual(names.map((name) => ({ path: `${d}/${name}`, real: `${d}/${name}` })))
})

test("files that no unit uses are found in every directory of the unit path", async () => {
  await write("run/unused.service.d/x.conf")
  await symlink(at("store"), at("linked"))
  await systemctl(block({ Id: "a.service" }), `${at("etc")} ${at("run")} ${at("none")} ${at("linked")}`)
  const { searched, files } = await look()
  expect(searched).toEqual([at("etc"), at("run"), at("none"), at("linked")])
  expect(files).toEqual([
    { path: at("etc/a.service"), real: at("store/a.service") },
    { path: at("run/unused.service.d/x.conf"), real: at("run/unused.service.d/x.conf") },
    { path: at("linked/a.service"), real: at("store/a.service") },
  ])
})

test("more files than one argument list holds are all followed", async () => {
  const long = "x".repeat(200)
  await mkdir(at("run"))
  await here.run([
    "/usr/bin/sh",
    "-euc",
    'i=0; while [ "$i" -lt 1000 ]; do : >"$1/$2.$i.service"; i=$((i + 1)); done',
    "sh",
    at("run"),
    long,
  ])
  await systemctl(block({ Id: "a.service" }))
  const { files } = await look()
  expect(files.length).toBe(1001)
  expect(files.filter(({ path, real }) => path !== real)).toMatchObject([{ path: at("etc/a.service") }])
})

describe("lists of systemctl", () => {
  test("escapes are undone", () => {
    expect(strings("here", "")).toEqual([])
    expect(strings("here", "/a /b")).toEqual(["/a", "/b"])
    expect(strings("here", String.raw`"\x01\012\\n\$\`" /b`)).toEqual(["\x01\n\\n$`", "/b"])
  })

  test("what is no list is an error", () => {
    for (const list of ['"open', "a  b", " a", 'a"b"', '"a""b"']) {
      expect(() => strings("here", list), list).toThrow("here: no list of systemctl")
    }
  })
})

describe("could not look", () => {
  test("no units, or no directories, is an error", async () => {
    await systemctl("")
    await expect(look()).rejects.toThrow("here: systemd knows no units or no unit path")
    await systemctl(block({ Id: "a.service" }), "")
    await expect(look()).rejects.toThrow("here: systemd knows no units or no unit path")
  })

  test("a unit of which a property is missing, or strange, is an error", async () => {
    await systemctl(block({ Id: "a.service" }).replace(/^DropInPaths=.*\n/m, ""))
    await expect(look()).rejects.toThrow("here: systemctl show: DropInPaths not once in")
    await systemctl(block({ Id: "a.service", NeedDaemonReload: "perhaps" }))
    await expect(look()).rejects.toThrow("NeedDaemonReload of a.service is neither yes nor no: perhaps")
  })

  test("a systemd that does not answer is an error", async () => {
    await write("bin/systemctl", "#!/bin/sh\necho 'Failed to connect to bus' >&2; exit 1\n")
    await chmod(at("bin/systemctl"), 0o755)
    await expect(look()).rejects.toThrow("Failed to connect to bus")
  })
})
