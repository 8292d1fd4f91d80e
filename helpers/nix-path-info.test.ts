import { describe, expect, test } from "vitest"
import { parsePathInfo } from "./nix-path-info.ts"

const lib = "/nix/store/27532z4qm3c3v2rp0bijpsg0014prga2-lib"
const app = "/nix/store/mh3rz2qzm0lrcxk22g2b1kifak7q2nj9-app-1.0"
const drv = "/nix/store/zr2knphxg8yyy2mkq8akf2hfknjvdiz7-app.drv"
const base64 = "yEd+sQafvQJdA4qJyZMpKpe42I0CTOK2EAY/e3xwh3E="
const hex = Buffer.from(base64, "base64").toString("hex")
const nix32 = "0wc7f1y7ngq622vf4k02ipcbi5ra569wk2ca0dfh5gcz0sqpwiy8"
const signed = `test-1:${"A".repeat(86)}==`
const base = (path: string) => path.slice("/nix/store/".length)

const wanted = new Map(
  [
    {
      path: lib,
      narHash: hex,
      narSize: 480,
      references: [],
      signatures: [],
      ca: `fixed:r:sha256:${nix32}`,
      ultimate: false,
    },
    {
      path: app,
      narHash: hex,
      narSize: 120,
      references: [lib, app],
      signatures: [signed],
      deriver: drv,
      ultimate: true,
    },
  ].map((info) => [info.path, info]),
)

// As Nix 2.8 prints them.
const old = {
  lib: {
    narHash: `sha256-${base64}`,
    narSize: 480,
    references: [],
    ca: `fixed:r:sha256:${nix32}`,
    registrationTime: 1,
  },
  app: {
    narHash: `sha256-${base64}`,
    narSize: 120,
    references: [app, lib],
    deriver: drv,
    registrationTime: 1,
    ultimate: true,
    signatures: [signed],
  },
}
const full = (known: object) => ({
  ca: null,
  deriver: null,
  registrationTime: null,
  ultimate: false,
  signatures: [],
  ...known,
})
const listed = (more: object = {}) => [
  { path: lib, ...old.lib },
  { path: app, ...old.app, ...more },
]
const mapped = (more: object = {}) => ({ [lib]: full(old.lib), [app]: full({ ...old.app, ...more }) })
const short = (version: number, narHash: unknown, ca: unknown, signature: unknown) => {
  const common = { version, storeDir: "/nix/store", narHash }
  return {
    version,
    storeDir: "/nix/store",
    info: {
      [base(lib)]: full({ ...old.lib, ...common, ca }),
      [base(app)]: full({
        ...old.app,
        ...common,
        references: [lib, app].map(base),
        deriver: base(drv),
        signatures: [signature],
      }),
    },
  }
}
const structured = { algorithm: "sha256", format: "base64", hash: base64 }
const parsed = (json: unknown) => parsePathInfo(JSON.stringify(json))

describe("the shapes", () => {
  test.each<[string, unknown]>([
    ["a list, of Nix 2.8", listed()],
    ["a list that says valid, of Lix", listed({ valid: true })],
    [
      "a list with hashes in base 32",
      [
        { path: lib, ...old.lib, narHash: `sha256:${nix32}` },
        { path: app, ...old.app },
      ],
    ],
    [
      "a list with hashes in base 16",
      [
        { path: lib, ...old.lib, narHash: `sha256:${hex}` },
        { path: app, ...old.app },
      ],
    ],
    ["a map, of Nix 2.19", mapped()],
    ["a map with the size of the closure", mapped({ closureSize: 600 })],
    ["version 1, wrapped", { version: 1, storeDir: "/nix/store", info: mapped() }],
    ["version 2", short(2, `sha256-${base64}`, { method: "nar", hash: `sha256-${base64}` }, signed)],
    ["version 2, hashes in parts", short(2, structured, { method: "nar", hash: structured }, signed)],
    [
      "version 3",
      short(3, structured, { method: "nar", hash: structured }, { keyName: "test-1", sig: signed.slice(7) }),
    ],
  ])("%s", (_, json) => {
    expect(parsed(json)).toEqual(wanted)
  })

  test.each([
    ["flat", "fixed:"],
    ["nar", "fixed:r:"],
    ["git", "fixed:git:"],
    ["text", "text:"],
  ])("a content address by %s is spelt in one way", (method, prefix) => {
    const ca = { method, hash: { algorithm: "sha256", format: "base16", hash: hex } }
    expect(parsed({ [lib]: { ...old.lib, ca } }).get(lib)?.ca).toBe(`${prefix}sha256:${nix32}`)
  })
})

describe("refused", () => {
  const one = (change: object) => [{ path: lib, ...old.lib, ...change }]
  const noField = (name: string) => `${name} of ${lib} is missing`
  test.each<[string, unknown, string]>([
    ["nothing", [], "path-info has no paths"],
    ["a map of nothing", {}, "path-info has no paths"],
    ["wrapped nothing", { version: 2, storeDir: "/nix/store", info: {} }, "path-info has no paths"],
    ["text", "x", "path-info: path-info is no object"],
    ["a version nobody knows", { ...short(2, structured, null, signed), version: 4 }, "path-info: version 4"],
    ["no version", { ...short(2, structured, null, signed), version: undefined }, "path-info: version undefined"],
    ["an invalid path of a list", [{ path: lib, valid: false }], `path-info: ${lib} is not valid in that store`],
    ["an invalid path of a map", { [lib]: null }, `path-info: ${lib} is not valid in that store`],
    ["a path twice", [...listed(), ...one({})], `path-info has ${lib} twice`],
    [
      "an open closure",
      [{ path: app, ...old.app }],
      `path-info is no closure: ${app} refers to ${lib}, which is not there`,
    ],
    ["no path", [{ ...old.lib }], "path of an entry is missing"],
    ["no hash", one({ narHash: undefined }), noField("narHash")],
    ["no size", one({ narSize: undefined }), noField("narSize")],
    ["no references", one({ references: undefined }), noField("references")],
    ["a size as text", one({ narSize: "480" }), "narSize of"],
    ["a size below zero", one({ narSize: -1 }), "is -1"],
    ["another hash", one({ narHash: "sha1:abc" }), "narHash of"],
    ["a short hash", one({ narHash: "sha256-AAAA" }), 'no SHA-256 hash: "sha256-AAAA"'],
    ["a reference twice", one({ references: [lib, lib] }), `${lib} has a reference twice`],
    [
      "a reference out of the store",
      one({ references: ["/etc/passwd"] }),
      'names "/etc/passwd", which is no store path',
    ],
    ["a path out of the store", [{ ...old.lib, path: "/etc/passwd" }], '"/etc/passwd" is no store path'],
    ["a path with a newline", [{ ...old.lib, path: `${lib}\n` }], "is no store path"],
    ["another path in a map", { [lib]: { ...old.lib, path: app } }, `${lib} has another path`],
    ["another store", { [lib]: { ...old.lib, storeDir: "/gnu/store" } }, `${lib} is in two store directories`],
    ["ultimate as text", one({ ultimate: "yes" }), "ultimate of"],
    ["signatures that are none", one({ signatures: "x" }), "signatures of"],
    ["a signature without a name", one({ signatures: [{ sig: "x" }] }), "keyName of"],
  ])("%s", (_, json, message) => {
    expect(() => parsed(json)).toThrow(message)
  })

  test("a map with a path twice, whose second entry would be all that is left of it", () => {
    const entry = JSON.stringify(full(old.lib))
    expect(() => parsePathInfo(`{"${lib}": ${entry}, "${lib}": ${entry}}`)).toThrow(
      "path-info has a key twice in one object",
    )
    const escaped = lib.replace("/nix", String.raw`\/ni\u0078`)
    expect(() => parsePathInfo(`{"${lib}": ${entry}, "${escaped}": ${entry}}`)).toThrow("has a key twice")
  })

  test("what is no JSON", () => {
    expect(() => parsePathInfo("")).toThrow("path-info is no JSON")
    expect(() => parsePathInfo(`${JSON.stringify(listed())}[]`)).toThrow("path-info is no JSON")
  })
})
