// What Incus tells, as facts.

import { describe, expect, test } from "vitest"
import { commands, failing, failureOf, instances, opened, sync } from "./incus-peer.ts"

describe("what it tells", () => {
  const config = {
    "limits.memory": "4GiB",
    "environment.TOKEN": "made-up-token",
    "volatile.uuid": "u",
    "volatile.base_image": "b",
  }
  const instance = {
    ...{ name: "host", project: "ci", type: "container", status: "Running", status_code: 103, created_at: "then" },
    ...{ profiles: ["default"], config, expanded_config: config, location: "none" },
    expanded_devices: { disk: { type: "disk", path: "/", pool: "fast" } },
    state: { memory: { usage: 5, total: 4294967296 }, network: null },
    ...{ snapshots: [{ name: "s1" }, { name: "s0" }], backups: [{ name: "b0" }] },
  }

  test("instances as facts, sorted, with free text of their configuration as digests", async () => {
    const stopped = { status: "Stopped", status_code: 102, state: { memory: { usage: 0, total: 0 } } }
    const empty = { ...instance, ...stopped, name: "a", config: {}, expanded_config: {}, expanded_devices: {} }
    const incus = await opened({ [instances]: sync([instance, { ...empty, snapshots: null, backups: null }]) })
    const [first, second] = await incus.instances()
    const digest = expect.stringMatching(/^sha256:[0-9a-f]{64}$/)
    expect(second).toEqual({
      ...{ name: "host", project: "ci", type: "container", status: "Running", statusCode: 103, createdAt: "then" },
      ...{ uuid: "u", uuidGeneration: null, baseImage: "b", profiles: ["default"], rootPool: "fast" },
      config: { ...config, "environment.TOKEN": digest },
      expandedConfig: { ...config, "environment.TOKEN": digest },
      devices: instance.expanded_devices,
      ...{ memoryLimit: "4GiB", memory: { usage: 5, total: 4294967296 }, snapshots: ["s0", "s1"], backups: ["b0"] },
    })
    expect(first).toMatchObject({
      name: "a",
      uuid: null,
      memoryLimit: null,
      memory: null,
      rootPool: null,
      snapshots: [],
    })
  })

  const pools = (project: string) => `/1.0/storage-pools/${project}/volumes?recursion=1&project=ci`
  const volume = (name: string, type = "custom") => ({ name, type, project: "ci", content_type: "filesystem" })

  test("volumes of every pool, with their snapshots; a snapshot without its volume is not lost", async () => {
    const incus = await opened({
      "/1.0/storage-pools?recursion=1": sync([{ name: "two" }, { name: "one" }]),
      [pools("one")]: sync([volume("data"), volume("data/d0"), volume("data", "container"), volume("gone/s0")]),
      [pools("two")]: sync([]),
    })
    const found = (await incus.volumes()).map(({ pool, type, name, snapshots }) => [pool, type, name, snapshots])
    expect(found).toEqual([
      ["one", "custom", "data", ["d0"]],
      ["one", "container", "data", []],
      ["one", "custom", "gone/s0", []],
    ])
  })

  const refusedPools = { "/1.0/storage-pools?recursion=1": failing(500, "Certificate is restricted") }

  test("where the pools may not be listed, they are those that the project names anywhere", async () => {
    const usedBy = ["/1.0/instances/host?project=ci", "/1.0/storage-pools/slow/volumes/custom/data?project=ci"]
    const incus = await opened({
      ...refusedPools,
      "/1.0/projects/ci": sync({ name: "ci", config: {}, used_by: usedBy }),
      [instances]: sync([instance]),
      "/1.0/profiles?recursion=1&project=ci": sync([{ name: "default", devices: { root: { pool: "plain" } } }]),
      ...Object.fromEntries(["fast", "plain", "slow"].map((pool) => [pools(pool), sync([volume(`in-${pool}`)])])),
    })
    expect((await incus.volumes()).map(({ name }) => name)).toEqual(["in-fast", "in-plain", "in-slow"])
  })

  test("where neither pools nor project may be looked at, there is no list of volumes", async () => {
    const incus = await opened({ ...refusedPools, "/1.0/projects/ci": failing(403, "not authorized") })
    await expect(incus.volumes()).rejects.toThrow("GET /1.0/projects/ci: error 403: not authorized")
    const broken = await opened({ "/1.0/storage-pools?recursion=1": failing(500, "database is locked") })
    await expect(broken.volumes()).rejects.toThrow("error 500: database is locked")
  })

  test("images, operations, projects and the client certificate's own rights", async () => {
    const operation = { id: "o", class: "task", description: "Starting instance", status: "Running", status_code: 103 }
    const incus = await opened({
      "/1.0/images?recursion=1&project=a%26b": sync([
        {
          fingerprint: "f",
          aliases: [{ name: "base" }],
          uploaded_at: "then",
          properties: { os: "debian" },
          type: "container",
        },
      ]),
      "/1.0/operations?recursion=1&project=ci": sync({
        running: [{ ...operation, resources: { instances: ["/1.0/instances/host"] }, err: "" }],
      }),
      "/1.0/projects?recursion=1": sync([{ name: "ci", config: {}, used_by: [] }]),
    })
    const properties = { os: "debian" }
    expect(await incus.images("a&b")).toEqual([
      { fingerprint: "f", aliases: ["base"], type: "container", properties, uploadedAt: "then" },
    ])
    expect(await incus.operations()).toEqual([
      {
        id: "o",
        class: "task",
        description: "Starting instance",
        status: "Running",
        statusCode: 103,
        createdAt: null,
        resources: ["/1.0/instances/host"],
        error: "",
      },
    ])
    expect(await incus.projects()).toEqual([{ name: "ci", config: {}, usedBy: [] }])
    await expect(incus.client()).rejects.toThrow(/GET \/1\.0\/certificates\/[0-9a-f]{64}: error 404: not found/)
    expect(await incus.server()).toMatchObject({ auth: "trusted", user: "f00", version: "6.0.4" })
    expect(incus.asked.filter((line) => !line.startsWith("GET "))).toEqual([])
  })

  test("no operations at all is an empty list", async () => {
    const incus = await opened({ "/1.0/operations?recursion=1&project=ci": sync({}) })
    expect(await incus.operations()).toEqual([])
  })

  test("each call is evidence, also one without an answer", async () => {
    const incus = await opened({ [instances]: (response) => response.destroy() })
    await failureOf(incus.instances())
    const where = `incus https://127.0.0.1:${incus.port}`
    const [outputSha256, milliseconds] = [expect.stringMatching(/^[0-9a-f]{64}$/), expect.any(Number)]
    expect(commands).toEqual([
      { where, argv: ["GET", "/1.0"], exit: 200, outputSha256, milliseconds },
      { where, argv: ["GET", instances], exit: null, outputSha256, milliseconds },
    ])
  })
})
