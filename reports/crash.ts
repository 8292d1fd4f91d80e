// What becomes of a run when something throws that nobody waits for.

type Failure = Error & { code?: string }

/**
 * vitest answers what its workers ask, and does not listen for what becomes of the answer once it knows that the worker
 * died: where one dies between the question and the answer, the pipe's error would end the run. The death itself is in
 * what vitest reports of the run.
 */
const isAnswerToTheDead = ({ code, stack }: Failure) =>
  code === "ERR_IPC_CHANNEL_CLOSED" ||
  ((code === "EPIPE" || code === "ECONNRESET") && stack?.includes("node:internal/child_process") === true)

/** Anything else is told to `crashed`, which has to end the process: node's own way would be exit code 1, a failed check. */
export function onCrash(crashed: (error: Error) => void): () => void {
  const listener = (error: Error) => {
    if (!isAnswerToTheDead(error)) crashed(error)
  }
  process.on("uncaughtException", listener)
  return () => process.off("uncaughtException", listener)
}
