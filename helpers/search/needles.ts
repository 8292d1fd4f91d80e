export interface Needle {
  /** The secret's name. */
  secret: string
  /** The class of form: "raw", "base64", "hex of a line", … */
  form: string
  bytes: Buffer
  /** Counts only between word boundaries. */
  bounded?: true
}

/** What is not looked for, although it was asked for. */
export interface NotSearched {
  secret: string
  form?: string
  reason: string
}
