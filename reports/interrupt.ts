// What Ctrl-C does to a run.

// vitest's own listeners end the process within a millisecond; ours let the run end and be recorded first. tsx has one,
// too, which `listeners` does not show and which has to stay: tsx kills a process that seems not to hear.
export function onInterrupt(interrupt: () => void): () => void {
  const signals = ["SIGINT", "SIGTERM"] as const
  let first: number | undefined
  const listener = () => {
    first ??= performance.now()
    // One Ctrl-C arrives up to three times: from the terminal, from npm and from tsx.
    if (performance.now() - first > 1000) process.exit(2)
    interrupt()
  }
  for (const signal of signals) {
    for (const other of process.listeners(signal)) process.off(signal, other)
    process.on(signal, listener)
  }
  return () => {
    for (const signal of signals) process.off(signal, listener)
  }
}
