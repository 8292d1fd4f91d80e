// What makes a run cold, probed before it starts and decided by the probes alone.

/** One thing looked at: what it should be, and what it was. */
export interface Probe {
  what: string
  want: string
  got: string
}

export interface Cold {
  cold: boolean
  because: string
  /** Runs from before they were taken have none. */
  probes?: Probe[]
}
