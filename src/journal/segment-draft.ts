/** The making of a segment beside the journal: it gets its name, by a rename, when what it begins with is durable. */
import { fileError, type OpenFile } from '../core/file-system.js'
import { draftPath } from './segment-files.js'
import type { CheckedOptions } from './segment-journal-options.js'

/**
 * Writes frames to a new file beside the journal, durably unless nothing is promised. Where that fails the file is removed
 * again: a disk that is full gets its room back.
 */
export function makeDraft(
  { fileSystem, directory, durability }: Pick<CheckedOptions, 'fileSystem' | 'directory' | 'durability'>,
  frames: Uint8Array,
): OpenFile {
  const path = draftPath(directory)
  if (fileSystem.exists(path)) fileSystem.remove(path)
  const file = fileSystem.open(path, 'create')
  try {
    writeFully(file, frames, 0)
    if (durability !== 'none') file.dataSyncNow()
    return file
  } catch (error) {
    file.close()
    try {
      fileSystem.remove(path)
    } catch {
      // It is removed before the next one is made.
    }
    throw error
  }
}

/** Writes all of `bytes` at a place in a file. @throws TradewireError `TW_FILE`; a part may be written then. */
export function writeFully(file: OpenFile, bytes: Uint8Array, position: number): void {
  for (let at = 0; at < bytes.length; ) {
    const count = file.write(bytes, at, bytes.length - at, position + at)
    if (count <= 0) throw fileError('write', file.path, 'ENOSPC')
    at += count
  }
}
