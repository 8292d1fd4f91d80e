import { X509Certificate } from "node:crypto"
import { readFile } from "node:fs/promises"
import { rootCertificates } from "node:tls"
import { parseChain } from "./certificate.ts"
import type { Target } from "./target.ts"

/** The certificates a chain may end at: those of the file the target names, or the roots node brings. */
export async function trustRoots({ certificate: { roots } }: Target): Promise<X509Certificate[]> {
  if (roots === "system") return rootCertificates.map((pem) => new X509Certificate(pem))
  return parseChain(await readFile(roots.file), roots.file)
}
