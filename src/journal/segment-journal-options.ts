/**
 * Options of the segment journal, their defaults and their check.
 */
import { TradewireError } from '../core/errors.js'
import type { FileSystem } from '../core/file-system.js'
import { frameHeaderBytes, syncMarkBytes } from './frame.js'
import type { Durability, JournalOptions, JournalScheduler, RecordHandler } from './journal.js'

/** Options of `openSegmentJournal`. */
export interface SegmentJournalOptions extends JournalOptions {
  /** Where files live. */
  fileSystem: FileSystem
  /** Directory of this journal alone; made where it does not exist. */
  directory: string
  /** Default `os`. */
  durability?: Durability
  /** Timers for background syncs. Required for `os`. */
  scheduler?: JournalScheduler
  /** Longest time from a write to the start of its sync, in milliseconds. Default 5. */
  maxSyncDelayMs?: number
  /** A segment that would grow beyond this is ended and the next begun. Default 64 MiB. */
  segmentBytes?: number
  /** Bytes by which a file is extended with zeros ahead of the writes. Default 4 MiB for `fsync`, else 0. */
  preallocateBytes?: number
  /** Memory for records at the start. Default 256 KiB. */
  bufferBytes?: number
  /** Bound of that memory: the largest record, the records not yet durable, the queue while the disk is full. Default 8 MiB. */
  maxBufferBytes?: number
  /** Bound of a snapshot. Default 256 MiB. */
  maxSnapshotBytes?: number
  /** How many segments before a snapshot are kept when it is written. Default: all. */
  keepSegments?: number
  /** Receives every record found, from the newest snapshot on, before the journal is ready. */
  onRecord?: RecordHandler
}

/** Options with defaults filled in. */
export interface CheckedOptions {
  readonly fileSystem: FileSystem
  readonly directory: string
  readonly durability: Durability
  readonly scheduler: JournalScheduler | undefined
  readonly maxSyncDelayMs: number
  readonly segmentBytes: number
  readonly preallocateBytes: number
  readonly bufferBytes: number
  readonly maxBufferBytes: number
  readonly maxSnapshotBytes: number
  readonly keepSegments: number | undefined
  readonly onRecord: RecordHandler
  readonly onFailure: JournalOptions['onFailure']
}

const MiB = 1024 * 1024
const smallestBuffer = 2 * (frameHeaderBytes + syncMarkBytes)
const names: ReadonlySet<string> = new Set<keyof SegmentJournalOptions>([
  'fileSystem',
  'directory',
  'durability',
  'scheduler',
  'maxSyncDelayMs',
  'segmentBytes',
  'preallocateBytes',
  'bufferBytes',
  'maxBufferBytes',
  'maxSnapshotBytes',
  'keepSegments',
  'onRecord',
  'onFailure',
])

const invalid = (option: string, what: string): TradewireError =>
  new TradewireError('TW_INVALID_CONFIG', `journal option ${option} ${what}`, { details: { option } })

function integer(option: string, value: number, lowest: number): number {
  if (Number.isSafeInteger(value) && value >= lowest && value <= 0x7fff_ffff) return value
  throw invalid(option, `is ${value}, not an integer from ${lowest} to 2147483647`)
}

/** Fills in defaults; throws `TW_INVALID_CONFIG` naming the option that is unknown or wrong. */
export function checkOptions(options: SegmentJournalOptions): CheckedOptions {
  for (const name of Object.keys(options)) if (!names.has(name)) throw invalid(name, 'is unknown')
  const { fileSystem, directory, durability = 'os', scheduler, maxSyncDelayMs = 5, keepSegments } = options
  if (typeof directory !== 'string' || directory === '') throw invalid('directory', 'must be a path')
  if (durability !== 'none' && durability !== 'os' && durability !== 'fsync') {
    throw invalid('durability', `is ${String(durability)}, not 'none', 'os' or 'fsync'`)
  }
  if (durability === 'os' && scheduler === undefined) throw invalid('scheduler', "is required for durability 'os'")
  if (!(maxSyncDelayMs >= 0 && maxSyncDelayMs <= 60_000)) {
    throw invalid('maxSyncDelayMs', `is ${maxSyncDelayMs}, not from 0 to 60000`)
  }
  const maxBufferBytes = integer('maxBufferBytes', options.maxBufferBytes ?? 8 * MiB, smallestBuffer)
  const bufferBytes = integer('bufferBytes', options.bufferBytes ?? Math.min(MiB / 4, maxBufferBytes), smallestBuffer)
  if (bufferBytes > maxBufferBytes)
    throw invalid('bufferBytes', `is ${bufferBytes}, above maxBufferBytes ${maxBufferBytes}`)
  return {
    fileSystem,
    directory,
    durability,
    scheduler,
    maxSyncDelayMs,
    segmentBytes: integer('segmentBytes', options.segmentBytes ?? 64 * MiB, smallestBuffer),
    preallocateBytes: integer(
      'preallocateBytes',
      options.preallocateBytes ?? (durability === 'fsync' ? 4 * MiB : 0),
      0,
    ),
    bufferBytes,
    maxBufferBytes,
    maxSnapshotBytes: Math.max(
      bufferBytes,
      integer('maxSnapshotBytes', options.maxSnapshotBytes ?? 256 * MiB, smallestBuffer),
    ),
    keepSegments: keepSegments === undefined ? undefined : integer('keepSegments', keepSegments, 0),
    onRecord: options.onRecord ?? ((): void => {}),
    onFailure: options.onFailure,
  }
}
