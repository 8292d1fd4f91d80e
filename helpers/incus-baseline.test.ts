import { expect, test } from "vitest"
import type { IncusFacts } from "./incus.ts"
import { baselineOf, baselineText, compareBaseline, parseBaseline } from "./incus-baseline.ts"
import { instanceFacts } from "./incus-facts.ts"

const instance = (name: string, changes: object = {}) => {
  const config = {
    "limits.memory": "4GiB",
    "environment.TOKEN": "do-not-write-me-down",
    "volatile.uuid": `uuid-of-${name}`,
    "volatile.last_state.power": "RUNNING",
  }
  return {
    ...{ name, project: "ci", type: "container", status: "Running", status_code: 103, created_at: "2026-01-01" },
    ...{ profiles: ["default"], config, expanded_config: config, snapshots: null, backups: null },
    expanded_devices: { root: { type: "disk", path: "/", pool: "default" } },
    state: { memory: { usage: 7, total: 4 } },
    ...changes,
  }
}
const volume = (name: string, type = "container", snapshots: string[] = []) => {
  return { name, type, snapshots, project: "ci", pool: "default", contentType: "filesystem", createdAt: "2026-01-01" }
}
const image = { fingerprint: "f00", aliases: ["base"], uploadedAt: "2026-01-01", type: "container", properties: {} }

const facts = (instances: object[], volumes = [volume("host"), volume("lichen")], images = [image]): IncusFacts => ({
  projects: [
    {
      ...{ name: "ci", config: { "features.images": "true" }, usedBy: [], volumes, images },
      instances: instances.map((one) => instanceFacts.parse(one)),
    },
  ],
})

const except = { project: "ci", instances: ["host", "throwaway"] }
const before = baselineOf(facts([instance("host"), instance("lichen")]))
const changes = (now: IncusFacts) => compareBaseline(before, baselineOf(now), except)

test("a baseline is read back as it was written, its keys sorted, without free text of the configuration", () => {
  const text = baselineText(before)
  expect(parseBaseline(text, "baseline.json")).toEqual(before)
  expect(baselineText(baselineOf(facts([instance("lichen"), instance("host")])))).toBe(text)
  expect(text).not.toContain("do-not-write-me-down")
  expect(text).not.toContain("volatile.")
  expect(before.projects.ci?.instances.lichen).toMatchObject({
    uuid: "uuid-of-lichen",
    config: { "limits.memory": "4GiB", "environment.TOKEN": expect.stringMatching(/^sha256:[0-9a-f]{64}$/) },
  })
})

test("nothing has changed where only counts, volatile keys and the order did", () => {
  const busier = instance("lichen", { state: { memory: { usage: 999, total: 4 } }, last_used_at: "2026-05-05" })
  const config = { ...busier.config, "volatile.last_state.power": "STOPPED" }
  expect(changes(facts([{ ...busier, config, expanded_config: config }, instance("host")]))).toEqual([])
})

test.each([
  [{ status: "Stopped" }, `instance ci/lichen changed: status: was "Running", is "Stopped"`],
  [{ created_at: "2026-02-02" }, `instance ci/lichen changed: created_at: was "2026-01-01", is "2026-02-02"`],
  [{ snapshots: [{ name: "s0" }] }, `instance ci/lichen changed: snapshots: was [], is ["s0"]`],
  [{ backups: [{ name: "b0" }] }, `instance ci/lichen changed: backups: was [], is ["b0"]`],
  [
    { expanded_devices: {} },
    `instance ci/lichen changed: device root: was {"path":"/","pool":"default","type":"disk"}, is not set`,
  ],
])("another instance with %j has changed", (changed, said) => {
  expect(changes(facts([instance("host"), instance("lichen", changed)]))).toEqual([said])
})

test("a changed configuration names its key, and the value unless it is free text", () => {
  const config = { "limits.memory": "8GiB", "environment.TOKEN": "other", "volatile.uuid": "another" }
  const found = changes(facts([instance("host"), instance("lichen", { config, expanded_config: config })]))
  expect(found).toEqual([
    expect.stringMatching(
      /^instance ci\/lichen changed: config environment\.TOKEN: was "sha256:\w+", is "sha256:\w+"$/,
    ),
    `instance ci/lichen changed: config limits.memory: was "4GiB", is "8GiB"`,
    `instance ci/lichen changed: uuid: was "uuid-of-lichen", is "another"`,
  ])
})

test("what appears and disappears is named: instances, volumes, images, projects", () => {
  const now = facts([instance("host"), instance("stray")], [volume("host"), volume("data", "custom")], [])
  now.projects.push({ name: "new", config: {}, usedBy: [], instances: [], volumes: [], images: [] })
  expect(changes(now)).toEqual([
    "image ci/f00 disappeared",
    "instance ci/lichen disappeared",
    "instance ci/stray appeared",
    "project new appeared",
    "volume ci/default/container/lichen disappeared",
    "volume ci/default/custom/data appeared",
  ])
  const hidden = compareBaseline(before, baselineOf({ projects: [] }), except)
  expect(hidden).toContain("project ci disappeared")
})

test("changed volumes, images and projects name the property", () => {
  const now = facts([instance("host"), instance("lichen")], [volume("host"), volume("lichen", "container", ["s"])])
  now.projects[0]?.images.splice(0, 1, { ...image, aliases: ["other"] })
  Object.assign(now.projects[0] ?? {}, { config: { restricted: "true" } })
  expect(changes(now)).toEqual([
    `image ci/f00 changed: aliases: was ["base"], is ["other"]`,
    `project ci changed: config features.images: was "true", is not set`,
    `project ci changed: config restricted: was not set, is "true"`,
    `volume ci/default/container/lichen changed: snapshots: was [], is ["s"]`,
  ])
})

test("the excepted instances may change, come and go, with volumes of their own", () => {
  const host = instance("host", { status: "Stopped", snapshots: [{ name: "s" }] })
  const volumes = [
    volume("host", "container", ["s"]),
    volume("lichen"),
    volume("throwaway"),
    volume("throwaway/orphan"),
  ]
  expect(changes(facts([host, instance("lichen"), instance("throwaway")], volumes))).toEqual([])
  expect(changes(facts([instance("lichen")], [volume("lichen")]))).toEqual([])
})

test("an excepted name excepts nothing else: no custom volume, and no instance of another project", () => {
  expect(changes(facts([instance("host"), instance("lichen")], [volume("lichen"), volume("host", "custom")]))).toEqual([
    "volume ci/default/custom/host appeared",
  ])
  const elsewhere = { ...except, project: "other" }
  const stopped = baselineOf(facts([instance("host", { status: "Stopped" }), instance("lichen")]))
  expect(compareBaseline(before, stopped, elsewhere)).toEqual([
    `instance ci/host changed: status: was "Running", is "Stopped"`,
  ])
})

test("a file that is no baseline is an error that says where, never what stands there", () => {
  expect(() => parseBaseline("{", "baseline.json")).toThrow("baseline.json is no JSON: record the baseline anew")
  expect(() => parseBaseline("{}", "baseline.json")).toThrow("baseline.json is no baseline, at version: record it anew")
  const text = baselineText(before).replace(`"Running"`, `{"secret": "hunter2"}`)
  expect(() => parseBaseline(text, "b")).toThrow(/^b is no baseline, at projects\/ci\/instances\/host\/status: /)
})
