// How our programs are started, as package.json has it.

/** Options of node, from whichever directory. */
export const program = ["--import", new URL("../packages.js", import.meta.url).href, "--import", "tsx"]
