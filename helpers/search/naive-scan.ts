export * from "./engine.ts"
export type { Needle } from "./needles.ts"
