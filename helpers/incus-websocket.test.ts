import { createHash } from "node:crypto"
import { createServer } from "node:https"
import { setTimeout as sleep } from "node:timers/promises"
import { expect, test } from "vitest"
import { listening, pem, target } from "./incus-peer.ts"
import { connectIncus } from "./incus-request.ts"

const ping = Buffer.from([0x89, 9, ...Buffer.from("keepalive")])

/** An Incus that pings each websocket as soon as it is there, and what was sent to it over that, by path. */
async function pinging() {
  const { cert, key } = pem("server")
  const server = createServer({ cert, key, requestCert: true, rejectUnauthorized: false })
  const received = new Map<string, Buffer>()
  server.on("upgrade", ({ url = "", headers }, socket) => {
    const accept = createHash("sha1").update(`${headers["sec-websocket-key"]}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`)
    socket.on("error", () => {})
    socket.on("data", (data: Buffer) => received.set(url, Buffer.concat([received.get(url) ?? Buffer.alloc(0), data])))
    socket.write(
      `HTTP/1.1 101 Switching Protocols\r\nupgrade: websocket\r\nconnection: upgrade\r\nsec-websocket-accept: ${accept.digest("base64")}\r\n\r\n`,
    )
    socket.write(ping)
  })
  return { incus: target(await listening(server)), received }
}

// On a loaded machine one of twelve outputs of 160 kB lost its end: an answer that nobody read had the connection reset.
test("nothing is sent where Incus writes and never reads, though it pings there", async () => {
  const { incus, received } = await pinging()
  const connection = await connectIncus(incus)
  try {
    const sockets = [connection.socket("/control"), connection.socket("/output", true)]
    await Promise.all(sockets.map((socket) => new Promise((open) => socket.addEventListener("open", open))))
    for (let tries = 0; received.get("/control") === undefined && tries < 100; tries++) await sleep(20)
    await sleep(100)
    expect(received.get("/control")?.[0], "a pong").toBe(0x8a)
    expect(received.get("/output")).toBeUndefined()
  } finally {
    await connection.close()
  }
})
