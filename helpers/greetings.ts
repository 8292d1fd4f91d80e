// Every way a client may ask for the certificate: each endpoint, each name, both TLS versions.

import { randomBytes } from "node:crypto"
import { certificateSha256 } from "./certificate.ts"
import type { Target } from "./target.ts"
import { type Greeting, type Presented, presentedChain } from "./tls.ts"
import { turnstile } from "./turnstile.ts"

export interface Asked extends Greeting {
  endpoint: string
  /** What the name stands for: `apex`, `drone`, `random`, `unknown`, `none`. */
  name: string
  /** Whether the endpoint declines this by design, as the target file says. */
  mayRefuse: boolean
}

export interface Answer extends Asked {
  presented: Presented
}

/** Every greeting of every endpoint: apex, declared names, a random and an unknown name, no SNI; TLS 1.2 and 1.3. */
export function everyGreeting({ domain, endpoints, names }: Target): Asked[] {
  const random = `${randomBytes(6).toString("hex")}.${domain}`
  const unknown = `${randomBytes(6).toString("hex")}.invalid`
  const asked = [
    { name: "apex", servername: domain },
    ...names.map((name) => ({ name, servername: `${name}.${domain}` })),
    { name: "random", servername: random },
    { name: "unknown", servername: unknown, special: "unknown" as const },
    { name: "none", special: "none" as const },
  ]
  return endpoints.flatMap(({ name: endpoint, address, port, refuses }) =>
    // A host may be called `none` or `unknown` too, and may not refuse.
    asked.flatMap(({ special, ...one }: { name: string; servername?: string; special?: "unknown" | "none" }) =>
      (["TLSv1.2", "TLSv1.3"] as const).map((version) => {
        const mayRefuse = special !== undefined && refuses.includes(special)
        return { endpoint, address, port, version, mayRefuse, ...one }
      }),
    ),
  )
}

/** Greets each in turn, eight at a time; one that cannot be asked is an error of the whole. */
export async function greet(asked: Asked[]): Promise<Answer[]> {
  const turn = turnstile(8)
  let failed: Error | undefined
  const ask = async (greeting: Greeting) => {
    if (failed) throw failed
    return presentedChain(greeting).catch((cause: Error) => {
      failed ??= cause
      throw cause
    })
  }
  return Promise.all(
    asked.map(async ({ endpoint, name, mayRefuse, ...greeting }) => ({
      ...{ endpoint, name, mayRefuse, ...greeting },
      presented: await turn(() => ask(greeting)),
    })),
  )
}

/** What an answer is, beside the chain (SHA-256 of each DER, in order) that was looked for. */
export function compared(answer: Answer, chain: string[]): { who: string; is: string } {
  const { endpoint, name, version, presented, mayRefuse } = answer
  const who = `${endpoint} ${name} ${version}`
  if ("refused" in presented) return { who, is: mayRefuse ? declined : `refused: ${presented.refused}` }
  const served = presented.certificates.map(certificateSha256)
  if (served.join() === chain.join()) return { who, is: theChain }
  return {
    who,
    is: presented.certificates
      .map((one, index) => `${one.subject.replaceAll("\n", ", ")} ${served[index]}`)
      .join(" | "),
  }
}

export const theChain = "the chain in git"
export const declined = "declined, as declared"
