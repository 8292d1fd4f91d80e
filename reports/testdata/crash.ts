// Crashes as its argument says, and says what it came to.

import { fork } from "node:child_process"
import { once } from "node:events"
import { onCrash } from "../crash.ts"

onCrash((error) => {
  console.log(`crashed: ${error.message}`)
  process.exit(2)
})

/** A child that takes what it is asked to the grave, and an answer of which nobody hears that it was not wanted. */
async function answerTheDead(): Promise<void> {
  const child = fork(import.meta.filename, ["child"], { execArgv: process.execArgv })
  await once(child, "message")
  // vitest's listener hands the error on to an emitter that nobody listens to any more.
  child.on("error", (error) => {
    throw error
  })
  child.kill("SIGKILL")
  // It dies, and nothing here can have noticed.
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 500)
  for (let answer = 0; answer < 100; answer++) child.send("x".repeat(100_000))
  await once(child, "exit")
  await new Promise((resolve) => setTimeout(resolve, 200))
  console.log("went on")
}

const [what] = process.argv.slice(2)
if (what === "child") {
  process.send?.("what is the answer?")
  setInterval(() => {}, 1000)
} else if (what === "dead") await answerTheDead()
else {
  setTimeout(() => {
    if (what === "thrown") throw new Error("nobody waits for this")
    void Promise.reject(new Error("nobody waits for this"))
  })
}
