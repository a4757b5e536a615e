/**
 * Looking into stores without opening them: what an operator asks when two sides disagree about their numbers. Nothing is
 * locked and nothing is changed, so it works beside a running session.
 */
import type { FileSystem } from '../../../core/file-system.js'
import { RecordKind } from './file-layout.js'
import { scanFile } from './file-scan.js'
import { listGenerations, messageFileName } from './generations.js'
import { type MaskOptions, MessageMask } from './mask.js'

/** What a message file holds. */
export interface StoreReport {
  readonly path: string
  /** Counts the resets of the store, from 1. */
  readonly generation: number
  /** When the numbers began: Unix epoch microseconds, NaN while never set. */
  readonly createdUs: number
  readonly nextOutgoing: number
  readonly nextIncoming: number
  /** Messages kept with their bytes. */
  readonly messages: number
  /** Bytes of an unfinished write at the end. */
  readonly tailBytes: number
  /** Ranges of damaged bytes before the end. */
  readonly damaged: readonly { readonly from: number; readonly to: number }[]
}

/** A message of a store as text. */
export interface StoredMessageText {
  readonly number: number
  /** Without secrets; see `MessageMask`. */
  readonly text: string
}

/**
 * Reports on every generation in a session's folder, the latest first.
 *
 * @throws TradewireError `TW_FILE` when a file cannot be read, `TW_JOURNAL_CORRUPT` when one has no whole header.
 */
export function inspectStore(fileSystem: FileSystem, directory: string): StoreReport[] {
  return listGenerations(fileSystem, directory).map((generation) => {
    const path = `${directory}/${messageFileName(generation)}`
    const file = fileSystem.open(path, 'read')
    try {
      const { header, nextOutgoing, nextIncoming, messages, tailBytes, damaged } = scanFile(file)
      return { path, generation, createdUs: header.createdUs, nextOutgoing, nextIncoming, messages, tailBytes, damaged }
    } finally {
      file.close()
    }
  })
}

/** Which messages {@link readStoredMessages} returns. */
export interface StoredMessagesQuery extends MaskOptions {
  /** First number; 1 unless given. */
  from?: number
  /** Last number; no end unless given. */
  to?: number
  /** Most messages returned; 1,000 unless given. */
  limit?: number
}

/**
 * The messages that were sent since the last reset, as text without secrets.
 *
 * @throws as {@link inspectStore}.
 */
export function readStoredMessages(
  fileSystem: FileSystem,
  directory: string,
  query: StoredMessagesQuery = {},
): StoredMessageText[] {
  const [generation] = listGenerations(fileSystem, directory)
  if (generation === undefined) return []
  const { from = 1, to = Number.POSITIVE_INFINITY, limit = 1_000 } = query
  const mask = new MessageMask(query)
  const found: StoredMessageText[] = []
  const file = fileSystem.open(`${directory}/${messageFileName(generation)}`, 'read')
  try {
    scanFile(file, (_offset, number, kind, buffer, start, end) => {
      if (kind !== RecordKind.message || number < from || number > to || found.length >= limit) return
      found.push({ number, text: mask.text(buffer, start, end) })
    })
  } finally {
    file.close()
  }
  return found
}
