import { randomUUID } from "node:crypto"
import { open, realpath, rename, rm, stat } from "node:fs/promises"
import { basename, dirname, join } from "node:path"
import { hasCode } from "./lock.ts"

/** Replaces a file as a whole: after a crash it is the old one or the new one, on disk. */
export async function replaceFile(file: string, text: string): Promise<void> {
  const place = (await existing(file)) ?? { path: file, mode: 0o644 }
  const temporary = join(dirname(place.path), `.${basename(place.path)}.${randomUUID()}`)
  try {
    const handle = await open(temporary, "wx", place.mode)
    try {
      await handle.writeFile(text)
      await handle.sync()
    } finally {
      await handle.close()
    }
    await rename(temporary, place.path)
  } catch (cause) {
    await rm(temporary, { force: true })
    throw cause
  }
  await syncDirectory(dirname(place.path))
}

/** A new name in a directory lasts only once the directory itself is on disk. */
export async function syncDirectory(directory: string): Promise<void> {
  const handle = await open(directory)
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}

// A rename onto a symbolic link would replace the link and leave the file it names as it was.
async function existing(file: string): Promise<{ path: string; mode: number } | undefined> {
  try {
    const path = await realpath(file)
    return { path, mode: (await stat(path)).mode & 0o777 }
  } catch (cause) {
    if (hasCode(cause, "ENOENT")) return undefined
    throw cause
  }
}
