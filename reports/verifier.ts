// The program for outsiders, made into one file.

import { fileURLToPath } from "node:url"
import { build } from "esbuild"

/** verify-archive.ts and all it needs, as the text of one script for plain node. */
export async function standaloneVerifier(): Promise<string> {
  const { outputFiles } = await build({
    stdin: {
      contents: 'import { main } from "./verify-archive.ts"\nprocess.exitCode = await main(process.argv.slice(2))\n',
      resolveDir: fileURLToPath(new URL(".", import.meta.url)),
      loader: "ts",
    },
    bundle: true,
    write: false,
    platform: "node",
    format: "esm",
    target: "node20",
    // What was written for require finds it.
    banner: { js: 'import { createRequire } from "node:module"\nconst require = createRequire(import.meta.url)' },
  })
  const [script] = outputFiles
  if (script === undefined) throw new Error("esbuild made nothing")
  return script.text
}
