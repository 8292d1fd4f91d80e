// NARs of store paths out of one tar stream, so that a host's files are hashed here and none of its tools is believed:
//   tar --format=gnu --sort=name --hard-dereference -C /nix/store -cf - -- NAME NAME ...

import { type Nar, NarWriter, shown, type TreeEvent } from "./nar-writer.ts"
import { type Beside, namesIn, readTar } from "./tar.ts"

export interface StorePathNar {
  /** Base name of the store path. */
  name: string
  nar: Nar
}

/** Sees every member, every extended attribute and every piece of content, in the pass that hashes them. */
export interface Tap {
  event(event: TreeEvent): void
  attribute: Beside["attribute"]
}

/**
 * The NAR of every store path in the stream, in the stream's order. Which paths there must be is the caller's to compare,
 * and so is tar's exit code.
 */
export async function* narsOfTar(chunks: AsyncIterable<Buffer>, tap?: Tap): AsyncGenerator<StorePathNar> {
  const store = new StoreWriter()
  const beside = tap && { attribute: tap.attribute.bind(tap), special }
  for await (const event of readTar(chunks, beside)) {
    const before = event.type === "content" ? undefined : store.member(event)
    if (event.type === "content") store.content(event.bytes)
    if (before !== undefined) yield before
    tap?.event(event)
  }
  const last = store.end()
  if (last !== undefined) yield last
}

/** No NAR holds one, so a hash without it would be the hash of something else. */
function special(path: Buffer, type: string): never {
  throw new Error(`${shown(path)} is of the type ${JSON.stringify(type)}: no file, directory or symbolic link`)
}

type Member = Exclude<TreeEvent, { type: "content" }>

/** Finds the place of each member in its tree. */
class StoreWriter {
  readonly #writer = new NarWriter()
  readonly #roots = new Set<string>()
  #root: string | undefined
  /** The names of the directories that are open, the store path's own first. */
  #open: Buffer[] = []

  /** Writes a member; the store path before it is whole if the member begins another. */
  member(member: Member): StorePathNar | undefined {
    try {
      const names = namesIn(member.path)
      const before = names.length === 1 ? this.end() : undefined
      if (names.length === 1) this.#begin(rootName(member.path))
      else this.#leaveTo(names.slice(0, -1))
      this.#write(member, names.at(-1) as Buffer)
      return before
    } catch (cause) {
      throw new Error(`tar stream, member ${shown(member.path)}: ${(cause as Error).message}`, { cause })
    }
  }

  content(bytes: Buffer): void {
    this.#writer.content(bytes)
  }

  /** Ends the store path that is being written. */
  end(): StorePathNar | undefined {
    if (this.#root === undefined) return undefined
    this.#leaveTo([])
    const ended = { name: this.#root, nar: this.#writer.end() }
    this.#root = undefined
    return ended
  }

  #begin(root: string): void {
    if (this.#roots.has(root)) throw new Error("twice in one stream")
    this.#roots.add(root)
    this.#root = root
  }

  #write(member: Member, last: Buffer): void {
    const name = this.#open.length === 0 ? undefined : last
    if (member.type === "symlink") this.#writer.symlink(member.target, name)
    else if (member.type === "file") this.#writer.file(member.size, member.executable, name)
    else {
      this.#writer.directory(name)
      this.#open.push(last)
    }
  }

  /** Leaves directories until the one with this path is the innermost. */
  #leaveTo(parent: Buffer[]): void {
    if (!parent.every((name, depth) => this.#open[depth]?.equals(name))) {
      throw new Error("its directory is not there, or members are not sorted")
    }
    while (this.#open.length > parent.length) {
      this.#writer.leave()
      this.#open.pop()
    }
  }
}

function rootName(path: Buffer): string {
  const name = path.toString("latin1")
  if (!/^[0-9a-df-np-sv-z]{32}-[0-9a-zA-Z+\-._?=]{1,211}$/.test(name)) throw new Error("no store path")
  return name
}
