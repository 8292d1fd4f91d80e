import { expect, test } from "vitest"
import { mounts } from "./swarm.ts"

const secret = (name: string, id: string, file: string) => ({ SecretName: name, SecretID: id, File: { Name: file } })

test("a mount is a file name, and the secret's name and own id", () => {
  const Secrets = [secret("ssl_key_7", "id7", "ssl_key"), secret("ssl_cert_7", "id6", "ssl_cert")]
  expect(mounts({ Image: "traefik", Secrets })).toEqual(["ssl_cert = ssl_cert_7 (id6)", "ssl_key = ssl_key_7 (id7)"])
})

test("the order in which they are declared does not count; a secret of the same name with another id does", () => {
  const [one, other] = [secret("a", "1", "x"), secret("b", "2", "y")]
  expect(mounts({ Image: "i", Secrets: [one, other] })).toEqual(mounts({ Image: "i", Secrets: [other, one] }))
  const renewed = mounts({ Image: "i", Secrets: [{ ...one, SecretID: "3" }, other] })
  expect(renewed).not.toEqual(mounts({ Image: "i", Secrets: [one, other] }))
})

test.each([[null], [undefined], [[]]])("without secrets (%j) there are no mounts", (Secrets) => {
  expect(mounts({ Image: "i", Secrets })).toEqual([])
})
