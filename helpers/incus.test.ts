// Operations that are waited for, and everything the server shows.

import { describe, expect, test } from "vitest"
import { incusFacts } from "./incus.ts"
import { type Answer, failing, opened, peer, sync, target } from "./incus-peer.ts"

describe("an operation waited for", () => {
  const id = "9ef08112-b91c-40d7-a810-df153f764612"
  const path = `/1.0/operations/${id}/wait?timeout=60`
  const operation = (status: string, status_code: number, err = "") =>
    sync({ id, class: "task", description: "Starting instance", status, status_code, err })

  test("has succeeded when its own status says so", async () => {
    const incus = await opened({ [path]: operation("Success", 200) })
    expect(await incus.wait(`/1.0/operations/${id}`)).toMatchObject({ id, statusCode: 200 })
  })

  test.each<[string, Answer, string]>([
    [
      "failed under HTTP 200",
      operation("Failure", 400, "no space left"),
      "(Starting instance): Failure: no space left",
    ],
    ["was cancelled", operation("Cancelled", 401), "(Starting instance): Cancelled: no reason"],
    ["still runs under HTTP 200", operation("Running", 103), "(Starting instance): still Running after 60 s"],
    [
      "failed, as Incus 6.0.4 says it",
      failing(500, "The instance is already running", 200),
      "error 500: The instance is already running",
    ],
    ["is forgotten", failing(404, "Operation not found"), "error 404: Operation not found"],
  ])("that %s is an error", async (_, answer, message) => {
    const incus = await opened({ [path]: answer })
    await expect(incus.wait(id)).rejects.toThrow(message)
  })

  test("is named by an id", async () => {
    const incus = await opened({})
    await expect(incus.wait("../instances")).rejects.toThrow(`no id or path of an operation: "../instances"`)
    expect(incus.asked).toEqual(["GET /1.0"])
  })
})

describe("everything it shows", () => {
  const of = (project: string, volumes: Answer = sync([])): Record<string, Answer> => ({
    [`/1.0/instances?recursion=2&project=${project}`]: sync([]),
    [`/1.0/storage-pools/fast/volumes?recursion=1&project=${project}`]: volumes,
    [`/1.0/images?recursion=1&project=${project}`]: sync([
      { fingerprint: `f-${project}`, aliases: [], uploaded_at: "then" },
    ]),
  })
  const projects = ["other", "ci"].map((name) => ({ name, config: {}, used_by: [] }))
  const whole = {
    "/1.0/projects?recursion=1": sync(projects),
    "/1.0/storage-pools?recursion=1": sync([{ name: "fast" }]),
    ...of("ci"),
    ...of("other"),
  }
  /** Until nobody is connected to the peer any more. */
  const closed = (connected: () => number) => expect.poll(connected, { timeout: 2000, interval: 10 }).toBe(0)

  test("is every project with what is in it, over a connection that is then closed", async () => {
    const { port, asked, connected } = await peer(whole)
    const facts = await incusFacts(target(port))
    expect(facts.projects.map(({ name, images }) => [name, images.map(({ fingerprint }) => fingerprint)])).toEqual([
      ["ci", ["f-ci"]],
      ["other", ["f-other"]],
    ])
    expect(asked).toHaveLength(2 + 2 * 4)
    await closed(connected)
  })

  test("is an error where one thing cannot be looked at, and the connection is closed as well", async () => {
    const { port, connected } = await peer({ ...whole, ...of("other", failing(500, "database is locked")) })
    await expect(incusFacts(target(port))).rejects.toThrow("error 500: database is locked")
    await closed(connected)
  })

  test("is an error where Incus does not trust us, and the connection is closed as well", async () => {
    const { port, connected, asked } = await peer({ ...whole, "/1.0": sync({ auth: "untrusted" }) })
    await expect(incusFacts(target(port))).rejects.toThrow("Incus does not trust this client certificate (untrusted)")
    expect(asked).toEqual(["GET /1.0"])
    await closed(connected)
  })
})
