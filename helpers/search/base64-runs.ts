import type { Layer } from "./layer.ts"

export class Base64Runs {
  readonly within: (offset: number) => Layer

  constructor(within: (offset: number) => Layer) {
    this.within = within
  }

  push(_chunk: Buffer): void {}

  end(): void {}
}
