// Speaking to Incus over mutual TLS with a server that is exactly the pinned one, and nothing taken for an answer that is none.
// Everything but helpers/clean-room/ only asks; a test holds it to that.

import { createHash, type X509Certificate } from "node:crypto"
import { readFile } from "node:fs/promises"
import { createSecureContext, type SecureContext } from "node:tls"
import { Pool, WebSocket } from "undici"
import { z } from "zod"
import { certificateSha256, parseChain } from "./certificate.ts"
import { recordCommand } from "./commands.ts"
import { pinnedConnector, ServerCertificateMismatch, withoutPongs } from "./incus-connector.ts"
import type { Target } from "./target.ts"

/** Incus did not give the answer asked for: it cannot be reached, refuses, or what came back is no whole answer. */
export class IncusError extends Error {
  override name = "IncusError"
  /** The HTTP status, or the code in the answer's own envelope where that is an error; null without any answer. */
  readonly status: number | null

  constructor(message: string, status: number | null = null, cause?: unknown) {
    super(message, { cause })
    this.status = status
  }
}

export interface IncusConnection {
  /** As it stands in evidence: `incus https://10.0.0.3:8443`. */
  where: string
  /** SHA-256 (hex) of our own certificate, by which Incus knows us. */
  clientSha256: string
  serverSha256: string
  /** The `metadata` of the answer. */
  get(path: string, timeoutMs: number): Promise<unknown>
  /** Changes something. What Incus does in the background comes back as the path of its operation. */
  change(method: Method, path: string, body: unknown, timeoutMs: number): Promise<Changed>
  /** The bytes at a path whose answer has no envelope, such as a file of an instance. */
  bytes(path: string, timeoutMs: number): Promise<Buffer>
  /** The Date of an answer, as it stands in its header; empty where there is none. */
  date(timeoutMs: number): Promise<string>
  /** The other end of a websocket at a path; `output` if Incus writes to it and never reads. */
  socket(path: string, output?: boolean): WebSocket
  close(): Promise<void>
}

export type Method = "POST" | "PUT" | "PATCH" | "DELETE"

export interface Changed {
  metadata: unknown
  /** `/1.0/operations/…`; null for what is done already. */
  operation: string | null
}

const maxBytes = 16 * 1024 * 1024

/** Reads the certificates and the key; connects when something is asked. */
export async function connectIncus(incus: Target["incus"]): Promise<IncusConnection> {
  const { origin } = new URL(incus.url)
  const where = `incus ${origin}`
  const pinned = await oneCertificate(incus.serverCertificate.file, `${where}: pinned server certificate`)
  const client = await oneCertificate(incus.certificate.file, `${where}: client certificate`)
  const connect = pinnedConnector(where, pinned, await identityOf(incus, where))
  const pool = new Pool(origin, { connections: 4, maxResponseSize: maxBytes, connect })
  // Each websocket keeps a connection for as long as it is open.
  const sockets = new Pool(origin, { connect })
  const outputs = new Pool(origin, { connect: withoutPongs(connect) })
  const speak = async (request: Request, shape: Shape) => {
    const { status, contentType, body } = await spoken(pool, where, request)
    return answered(`${where}: ${request.method} ${request.path}`, status, contentType, body, shape)
  }
  return {
    where,
    clientSha256: certificateSha256(client),
    serverSha256: certificateSha256(pinned),
    get: async (path, timeoutMs) => (await speak({ method: "GET", path, timeoutMs }, "sync")).metadata,
    change: (method, path, body, timeoutMs) => speak({ method, path, body, timeoutMs }, "either"),
    bytes: async (path, timeoutMs) => {
      const { status, contentType, body } = await spoken(pool, where, { method: "GET", path, timeoutMs })
      if (status === 200 && /^application\/octet-stream/.test(contentType)) return body
      answered(`${where}: GET ${path}`, status, contentType, body, "sync")
      throw new IncusError(`${where}: GET ${path}: no file (${contentType})`, status)
    },
    date: async (timeoutMs) => (await spoken(pool, where, { method: "GET", path: "/1.0", timeoutMs })).date,
    socket: (path, output = false) =>
      new WebSocket(`${origin.replace(/^http/, "ws")}${path}`, { dispatcher: output ? outputs : sockets }),
    close: async () => void (await Promise.all([pool, sockets, outputs].map((one) => one.destroy()))),
  }
}

async function oneCertificate(file: string, what: string): Promise<X509Certificate> {
  const [certificate, ...more] = parseChain(await readFile(file), `${what} ${file}`)
  if (certificate === undefined || more.length > 0) throw new Error(`${what} ${file}: several certificates in it`)
  return certificate
}

async function identityOf({ certificate, key }: Target["incus"], where: string): Promise<SecureContext> {
  const [cert, privateKey] = await Promise.all([readFile(certificate.file), readFile(key.file)])
  try {
    return createSecureContext({ cert, key: privateKey, minVersion: "TLSv1.3" })
  } catch {
    // Without its cause: nothing that has read the key is quoted.
    throw new Error(`${where}: ${key.file} is not the unencrypted PEM private key of ${certificate.file}`)
  }
}

export const inProject = (project: string) => `project=${encodeURIComponent(project)}`

/** What is at a path, in its documented shape. */
export async function asked<T extends z.ZodType>(
  { where, get }: IncusConnection,
  path: string,
  shape: T,
  timeoutMs = 10_000,
): Promise<z.output<T>> {
  const parsed = shape.safeParse(await get(path, timeoutMs))
  if (parsed.success) return parsed.data
  // Where it differs, never what stands there.
  const [issue] = parsed.error.issues
  const at = issue?.path.map(String).join("/") || "the top"
  throw new IncusError(
    `${where}: GET ${path}: not what Incus documents, at ${at}: ${issue?.code}: is it a newer Incus?`,
  )
}

interface Request {
  method: "GET" | Method
  path: string
  body?: unknown
  timeoutMs: number
}

/** `either` also takes an answer that names an operation. */
type Shape = "sync" | "either"

const envelope = z.object({
  type: z.enum(["sync", "async", "error"]),
  status_code: z.number(),
  operation: z.string().nullish(),
  error_code: z.number().optional(),
  error: z.string().optional(),
  metadata: z.unknown(),
})

async function spoken(pool: Pool, where: string, { method, path, body: sent, timeoutMs }: Request) {
  const what = `${where}: ${method} ${path}`
  const started = performance.now()
  let status: number | null = null
  let body: Buffer = Buffer.alloc(0)
  let contentType = ""
  try {
    const answer = await pool.request({
      method,
      path,
      signal: AbortSignal.timeout(timeoutMs),
      ...(sent === undefined ? {} : { body: JSON.stringify(sent), headers: { "content-type": "application/json" } }),
    })
    status = answer.statusCode
    contentType = String(answer.headers["content-type"] ?? "none")
    body = Buffer.from(await answer.body.arrayBuffer())
    return { status, contentType, body, date: String(answer.headers.date ?? "") }
  } catch (error) {
    if (error instanceof ServerCertificateMismatch) throw error
    throw new IncusError(`${what}: ${noAnswer(error as Error & { code?: string }, timeoutMs)}`, status, error)
  } finally {
    recordCommand({
      where,
      argv: [method, path],
      exit: status,
      outputSha256: createHash("sha256").update(body).digest("hex"),
      milliseconds: Math.round(performance.now() - started),
    })
  }
}

function noAnswer(error: Error & { code?: string }, timeoutMs: number): string {
  if (error.name === "TimeoutError") return `no whole answer after ${timeoutMs} ms: is the server overloaded?`
  if (error.code === "UND_ERR_RES_EXCEEDED_MAX_SIZE") return `an answer of more than ${maxBytes} bytes, not read`
  const alert = /alert (?:number )?\w+/.exec(error.message)?.[0]
  if (alert !== undefined) return `TLS ${alert}: does the server speak TLS 1.3 and accept client certificates?`
  return `no whole answer: ${error.message || error.code}: is the URL right, and the server up?`
}

function answered(what: string, status: number, contentType: string, body: Buffer, shape: Shape): Changed {
  const came = `HTTP ${status}, ${contentType}, ${body.length} bytes`
  if (!/^application\/json\s*(;|$)/i.test(contentType)) {
    throw new IncusError(`${what}: no answer of Incus (${came}): is the URL that of its API?`, status)
  }
  let json: unknown
  try {
    json = JSON.parse(body.toString())
  } catch {
    throw new IncusError(`${what}: no whole JSON (${came}): does something on the way cut answers?`, status)
  }
  const { data } = envelope.safeParse(json)
  if (data === undefined) throw new IncusError(`${what}: JSON, but not in the envelope of Incus (${came})`, status)
  const running = shape === "either" && data.type === "async" && status === 202 && data.status_code === 100
  if (running && data.operation) return { metadata: data.metadata, operation: data.operation }
  if (data.type === "error" || status !== 200) {
    // Incus 6.0 says some errors, a failed operation's among them, under HTTP 200.
    const code = data.error_code || (status === 200 ? null : status)
    const said = (data.error ?? "").slice(0, 300)
    throw new IncusError(
      `${what}: error ${code ?? "without a code"}: ${said || "no reason"}${advice(code, said)}`,
      code,
    )
  }
  if (data.type !== "sync" || data.status_code !== 200) {
    throw new IncusError(`${what}: ${data.type} with status code ${data.status_code} instead of sync with 200`, status)
  }
  return { metadata: data.metadata, operation: null }
}

function advice(code: number | null, said: string): string {
  if (isRefusal(code, said)) return "; what this client certificate may see: incus config trust list"
  return code === 404 ? "; does it exist, in a project this client certificate may see?" : ""
}

/** Incus 6.0 says 403 in some places and 500 in others when a restricted certificate asks for what it may not see. */
const isRefusal = (code: number | null, said: string) =>
  code === 403 || (code === 500 && /certificate is restricted|not have permission/i.test(said))

/** Whether Incus understood, and does not let us. */
export const isRefused = (error: unknown): boolean =>
  error instanceof IncusError && isRefusal(error.status, error.message)
