// That nothing but the instance which this run created is ever changed.

import { describe, expect, test } from "vitest"
import { type Answer, failing, failureOf, json, peer, sync, target } from "../incus-peer.ts"
import { connectIncus } from "../incus-request.ts"
import { adopt, create, deleteEarlier, earlierOf, NotOurs } from "./throwaway.ts"

const path = "/1.0/instances/throwaway?project=ci"
const instance = (config: Record<string, string>): Answer =>
  sync({ name: "throwaway", config, status: "Running", created_at: "2026-01-01T00:00:00Z", expanded_config: config })
const ours = { "user.cc-ci-verifier.run": "run-1", "volatile.uuid": "u-1" }
const holder = { machine: "m", hostname: "h", boot: "b", pid: 1, started: "1", since: "2026-01-01T00:00:00Z" }

/** Everything it was asked that is no question. */
async function changes(answers: Record<string, Answer>, act: (port: number) => Promise<unknown>) {
  const { port, asked } = await peer(answers)
  const error = await failureOf(act(port))
  return { error, changed: asked.filter((line) => !line.startsWith("GET ")) }
}

const opened = (port: number) => connectIncus(target(port))

describe("an instance that is not the one this run created", () => {
  test.each([
    ["has no mark", { "volatile.uuid": "u-1" }],
    ["has another run's mark", { ...ours, "user.cc-ci-verifier.run": "run-2" }],
    ["has another uuid", { ...ours, "volatile.uuid": "u-2" }],
  ])("is not taken for ours when it %s", async (_, config) => {
    const { error, changed } = await changes({ [path]: instance(config) }, async (port) =>
      adopt(await opened(port), target(port), "run-1", "u-1"),
    )
    expect(error).toBeInstanceOf(NotOurs)
    expect(changed).toEqual([])
  })

  test("is not touched when it has taken the place of ours", async () => {
    let config = ours
    const answer: Answer = (response, request) => instance(config)(response, request)
    for (const act of ["start", "restart", "destroy"] as const) {
      config = ours
      const { error, changed } = await changes({ [path]: answer }, async (port) => {
        const throwaway = await adopt(await opened(port), target(port), "run-1", "u-1")
        config = { ...ours, "volatile.uuid": "u-2" }
        return throwaway?.[act]()
      })
      expect(error, act).toBeInstanceOf(NotOurs)
      expect(changed, act).toEqual([])
    }
  })

  test("runs no program of ours", async () => {
    let config = ours
    const answer: Answer = (response, request) => instance(config)(response, request)
    const { error, changed } = await changes({ [path]: answer }, async (port) => {
      const throwaway = await adopt(await opened(port), target(port), "run-1")
      config = { ...ours, "user.cc-ci-verifier.run": "run-2" }
      return throwaway?.exec(["/bin/true"])
    })
    expect(error).toBeInstanceOf(NotOurs)
    expect(changed).toEqual([])
  })

  test("is not deleted as an earlier one once another has its name", async () => {
    let config: Record<string, string> = { "volatile.uuid": "u-old" }
    const answer: Answer = (response, request) => instance(config)(response, request)
    const { error, changed } = await changes({ [path]: answer }, async (port) => {
      const connection = await opened(port)
      const earlier = await earlierOf(connection, target(port))
      expect(earlier).toMatchObject({ uuid: "u-old", holder: null })
      config = { "volatile.uuid": "u-new" }
      if (earlier !== undefined) await deleteEarlier(connection, target(port), earlier)
    })
    expect(error).toBeInstanceOf(NotOurs)
    expect(changed).toEqual([])
  })
})

test("an instance of the target's own is neither created nor destroyed, whatever the throwaway is called", async () => {
  const settings = (port: number) => ({ ...target(port), instances: [{ name: "throwaway", memory: 1, host: false }] })
  const made = await changes({}, async (port) =>
    create(await opened(port), { ...settings(port), fingerprint: "f", config: {} }, "run-1", holder),
  )
  expect(made.error).toBeInstanceOf(NotOurs)
  expect(made.changed).toEqual([])
  const destroyed = await changes({ [path]: instance(ours) }, async (port) => {
    const throwaway = await adopt(await opened(port), settings(port), "run-1")
    return throwaway?.destroy()
  })
  expect(destroyed.error).toBeInstanceOf(NotOurs)
  expect(destroyed.changed).toEqual([])
})

test("what is not there is undefined; what cannot be looked at is an error, never taken for gone", async () => {
  const { port } = await peer({})
  expect(await adopt(await opened(port), target(port), "run-1")).toBeUndefined()
  expect(await earlierOf(await opened(port), target(port))).toBeUndefined()
  const refusing = await peer({ [path]: failing(500, "certificate is restricted") })
  const connection = await opened(refusing.port)
  expect((await failureOf(adopt(connection, target(refusing.port), "run-1"))).message).toMatch(/restricted/)
})

test("an operation that failed under HTTP 200 is a failure", async () => {
  const id = "11111111-1111-1111-1111-111111111111"
  const operation = `/1.0/operations/${id}`
  const answers = {
    "/1.0/instances?project=ci": json({ type: "async", status_code: 100, operation, metadata: {} }, 202),
    [`${operation}/wait?timeout=900`]: sync({
      id,
      status_code: 400,
      status: "Failure",
      err: "no space left on device",
    }),
  }
  const { error } = await changes(answers, async (port) =>
    create(await opened(port), { ...target(port), fingerprint: "f", config: {} }, "run-1", holder),
  )
  expect(error.message).toMatch(/Failure: no space left on device/)
})
