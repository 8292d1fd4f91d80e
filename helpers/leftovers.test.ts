import { expect, test } from "vitest"
import type { IncusFacts } from "./incus.ts"
import type { IncusImage, IncusInstance, IncusVolume } from "./incus-facts.ts"
import { leftoversIn } from "./leftovers.ts"
import type { Target } from "./target.ts"

type Project = IncusFacts["projects"][number]

const incus: Pick<Target["incus"], "project" | "instances" | "throwaway" | "image"> = {
  project: "ci",
  instances: [
    { name: "host", memory: 1, host: true },
    { name: "staging", memory: 1, host: false },
  ],
  throwaway: { name: "throwaway", memory: 1 },
  image: "base",
}
const target = { incus } as Target
const blank = "b".repeat(64)

const instance = (name: string, changes: Partial<IncusInstance> = {}): IncusInstance => ({
  ...{ name, project: "ci", type: "container", status: "Running", statusCode: 103, createdAt: "then" },
  ...{ uuid: `uuid-${name}`, uuidGeneration: null, baseImage: null, profiles: [], config: {}, expandedConfig: {} },
  ...{ devices: {}, memoryLimit: null, rootPool: null, memory: null, snapshots: [], backups: [] },
  ...changes,
})
const volume = (name: string, type: string, snapshots: string[] = []): IncusVolume => ({
  ...{ name, type, pool: "fast", project: "ci", contentType: null, createdAt: null, snapshots },
})
const image = (fingerprint: string, ...aliases: string[]): IncusImage => ({
  ...{ fingerprint, aliases, type: "container", properties: {}, uploadedAt: "then" },
})
const project = (name: string, changes: Partial<Project> = {}): Project => ({
  ...{ name, config: {}, usedBy: [], instances: [], volumes: [], images: [] },
  ...changes,
})

/** What is found in the declared state with these changes, the other projects beside it. */
const found = (changes: { [kind in "instances" | "volumes" | "images"]?: Project[kind] }, ...others: Project[]) =>
  leftoversIn({ projects: [...others, project("ci", changed(changes))] }, target).found
const changed = ({ instances = [], volumes = [], images = [] }: Partial<Project>) => ({
  instances: [instance("host"), instance("staging", { status: "Stopped" }), ...instances],
  volumes: [volume("host", "container", ["s0"]), volume("staging", "virtual-machine"), ...volumes],
  images: [image(blank, "base"), ...images],
})

test("what is declared is nothing left over, and how much was looked through is said", () => {
  const other = project("other", { instances: [instance("web")], volumes: [volume("data", "custom")] })
  const { searched, found } = leftoversIn({ projects: [project("ci", changed({})), other] }, target)
  expect(found).toEqual([])
  expect(searched).toEqual([
    { project: "ci", instances: 2, volumes: 2, images: 1 },
    { project: "other", instances: 1, volumes: 1, images: 0 },
  ])
})

test("without the project there is nothing to look through, which is an error", () => {
  expect(() => leftoversIn({ projects: [project("other")] }, target)).toThrow(
    "the project ci is not among those Incus shows",
  )
})

test.each(["Running", "Stopped", "Frozen", "Error"])("an instance nobody declared is found when it is %s", (status) => {
  expect(found({ instances: [instance("new", { status })] })).toEqual([
    `instance new (${status}, uuid-new, then): not declared`,
  ])
})

test("an instance made from the throwaway's image is found under any name, and said to be", () => {
  expect(found({ instances: [instance("renamed", { baseImage: blank })] })).toEqual([
    "instance renamed (Running, uuid-renamed, then): made from base",
  ])
  expect(found({ instances: [instance("throwaway", { baseImage: "c".repeat(64) })] })).toEqual([
    "instance throwaway (Running, uuid-throwaway, then): not declared",
  ])
})

test("an instance's snapshots and backups are named with it", () => {
  expect(found({ instances: [instance("new", { uuid: null, snapshots: ["s0", "s1"], backups: ["b0"] })] })).toEqual([
    "instance new (Running, null, then): not declared, snapshot s0, snapshot s1, backup b0",
  ])
})

test("a declared instance made from the throwaway's image is declared", () => {
  const host = instance("host", { baseImage: blank })
  expect(leftoversIn({ projects: [project("ci", { instances: [host] })] }, target).found).toEqual([])
})

test.each(["container", "virtual-machine"])(
  "a volume of type %s is found when its instance is not declared",
  (type) => {
    expect(found({ volumes: [volume("gone", type, ["s0", "s1"])] })).toEqual([
      `volume gone of type ${type} in pool fast: of nothing declared, snapshot s0, snapshot s1`,
    ])
  },
)

test("a custom volume is found also under a declared name, for nobody declares any", () => {
  expect(found({ volumes: [volume("host", "custom"), volume("data", "custom")] })).toEqual([
    "volume data of type custom in pool fast: of nothing declared",
    "volume host of type custom in pool fast: of nothing declared",
  ])
})

test("an image's volume is found when the image is not there", () => {
  expect(found({ volumes: [volume(blank, "image")] })).toEqual([])
  expect(found({ volumes: [volume("host", "image")] })).toEqual([
    "volume host of type image in pool fast: of nothing declared",
  ])
})

test("an image without the declared alias is found, with the aliases it has", () => {
  const images = [image("c".repeat(64)), image("d".repeat(64), "base-2", "old"), image("e".repeat(64), "x", "base")]
  expect(found({ images })).toEqual([
    "image cccccccccccc (no alias, then): not base",
    "image dddddddddddd (base-2, old, then): not base",
  ])
})

test("in another project only a throwaway's name and image count", () => {
  const other = project("other", {
    instances: [
      instance("throwaway", { status: "Stopped" }),
      instance("x", { baseImage: blank }),
      instance("host"),
      instance("web", { baseImage: "c".repeat(64) }),
    ],
    volumes: [volume("throwaway", "container"), volume("web", "container"), volume("data", "custom")],
    images: [image("c".repeat(64))],
  })
  expect(found({}, other)).toEqual([
    "instance throwaway (Stopped) in project other: a throwaway's name",
    "instance x (Running) in project other: made from base",
    "volume throwaway of type container in pool fast in project other: a throwaway's name",
  ])
})

test("what is found is in order, whatever the order it is listed in", () => {
  const instances = [instance("z"), instance("a")]
  expect(found({ instances })).toEqual(found({ instances: instances.toReversed() }))
})
