/**
 * Opens recorded data: a file, or every file of a known format in a folder, merged in order of receive time.
 *
 *   const source = await openDataset('data/ibm_20131007_quotes.csv.gz', { fileSystem, registry })
 *
 * The first batch of every file is read here, so that the instruments are known and a file that is no market data shows
 * at once.
 */
import { TradewireError } from '../../../core/errors.js'
import type { FileSystem } from '../../../core/file-system.js'
import type { InstrumentId } from '../../../model/ids.js'
import type { Instrument, InstrumentDefinition } from '../../../model/instrument.js'
import type { InstrumentRegistry } from '../../../model/instrument-registry.js'
import { FileSource } from './file-source.js'
import { detectFormat, formatNamed, unknownFormat } from './formats.js'
import { mergeSources } from './merged-source.js'
import { EventBatch, type OutOfOrderPolicy } from './reading/event-batch.js'
import { type DecodeContext, FileSample, type FormatOptions, type ReplayFormat } from './reading/format.js'
import type { LineReader } from './reading/line-reader.js'
import { openLines } from './reading/open-lines.js'
import { createReplayCounters, type ReplaySource } from './reading/replay-source.js'

/** How data are opened. */
export interface DatasetOptions extends FormatOptions {
  fileSystem: FileSystem
  /** Instruments are registered here; one that is there already keeps its definition. */
  registry: InstrumentRegistry
  /** Index of the connector in the rings; 0 unless given. */
  source?: number
  /** Name of the format (see `replayFormats`); found by the content unless given. */
  format?: string
  /** Definitions that go before those of the files and the defaults, by id. */
  instruments?: readonly InstrumentDefinition[]
  /** Whether a row that does not fit its format ends the replay or is counted and left out; `fail` unless given. */
  onBadRow?: 'fail' | 'skip'
  /** Rows that go back in receive time; `keep` (in the order of the file, receive time held) unless given. */
  onOutOfOrder?: OutOfOrderPolicy
  /** Files of a folder to take, by name; all unless given. */
  include?: (fileName: string) => boolean
  /** Longest line in bytes; 64 MB unless given. */
  maxLineBytes?: number
  /** Most files opened at a time; 4,096 unless given. */
  maxFiles?: number
}

const optionNames = [
  'instrument',
  'date',
  'utcOffsetMinutes',
  'suspicious',
  'checksums',
  'recordedSource',
  'lobster',
  'fileSystem',
  'registry',
  'source',
  'format',
  'instruments',
  'onBadRow',
  'onOutOfOrder',
  'include',
  'maxLineBytes',
  'maxFiles',
] as const satisfies readonly (keyof DatasetOptions)[]

const sampleBytes = 64 * 1024
const sampleLines = 64

/** Recorded data that were opened. */
export interface Dataset extends ReplaySource {
  /** What was opened: path and format of each file. */
  readonly files: readonly { readonly path: string; readonly format: string }[]
  /** Files of the folder that are no known market data. */
  readonly skipped: readonly string[]
}

/**
 * Opens a file or a folder (one level).
 *
 * @throws TradewireError `TW_FILE` when it does not exist or cannot be read; `TW_UNKNOWN_FORMAT` when a file, or every file
 * of a folder, has no known format; `TW_BAD_ROW` for a bad row in a first batch; `TW_INVALID_CONFIG` for an unknown option.
 */
export async function openDataset(path: string, options: DatasetOptions): Promise<Dataset> {
  refuseUnknownOptions(options)
  const names = filesOf(path, options)
  const opened: { source: ReplaySource; format: string }[] = []
  const skipped: string[] = []
  try {
    for (const file of names ?? [path]) {
      const result = await openFile(file, options, names !== undefined)
      if (result === undefined) skipped.push(file)
      else opened.push(result)
    }
    if (opened.length === 0) throw nothingFound(path, skipped)
  } catch (error) {
    for (const { source } of opened) await source.close()
    throw error
  }
  const sources = opened.map(({ source }) => source)
  const files = opened.map(({ source, format }) => ({ path: source.name, format }))
  return asDataset(mergeSources(sources, path), files, skipped)
}

/** Paths of the files in a folder, sorted; undefined where `path` is a file. */
function filesOf(path: string, options: DatasetOptions): string[] | undefined {
  const { fileSystem, include, maxFiles = 4_096 } = options
  const folder = path.length > 1 && path.endsWith('/') ? path.slice(0, -1) : path
  let names: string[]
  try {
    names = fileSystem.list(folder)
  } catch {
    return undefined
  }
  const wanted = names.filter((name) => include === undefined || include(name))
  if (wanted.length > maxFiles) {
    throw new TradewireError(
      'TW_CAPACITY',
      `${path} has ${wanted.length} files; raise maxFiles (${maxFiles}) or choose by include`,
    )
  }
  return wanted.map((name) => `${folder}/${name}`)
}

/** Opens one file; undefined for one of a folder that holds no market data of its own. */
async function openFile(
  path: string,
  options: DatasetOptions,
  isOptional: boolean,
): Promise<{ source: ReplaySource; format: string } | undefined> {
  const { fileSystem, maxLineBytes = 64 * 1024 * 1024 } = options
  if (isOptional && isFolder(fileSystem, path)) return undefined
  const lines = openLines(fileSystem, path, maxLineBytes)
  let companion: LineReader | undefined
  try {
    const sample = await readSample(lines)
    const format = options.format === undefined ? detectFormat(sample) : formatNamed(options.format)
    if (format === undefined || format.isCompanion?.(sample, fileSystem) === true) {
      await lines.close()
      if (isOptional) return undefined
      if (format === undefined) throw unknownFormat(sample)
      throw new TradewireError(
        'TW_UNKNOWN_FORMAT',
        `${path} is read beside its message file: open that one, or the folder`,
        { details: { path } },
      )
    }
    const companionPath = format.companion?.(sample, fileSystem, options)
    companion = companionPath === undefined ? undefined : openLines(fileSystem, companionPath, maxLineBytes)
    const source = sourceOf(sample, format, lines, companion, options)
    await source.refill()
    return { source, format: format.name }
  } catch (error) {
    await lines.close()
    await companion?.close()
    throw error
  }
}

function isFolder(fileSystem: FileSystem, path: string): boolean {
  try {
    fileSystem.list(path)
    return true
  } catch {
    return false
  }
}

async function readSample(lines: LineReader): Promise<FileSample> {
  do await lines.fill()
  while (!lines.isComplete && (lines.waiting().length < sampleBytes || !lines.waiting().includes(10)))
  const bytes = lines.waiting()
  const lineEnd = bytes.indexOf(10)
  const text = new TextDecoder().decode(bytes.subarray(0, Math.max(sampleBytes, lineEnd)))
  const found = text.split(/\r?\n/, sampleLines * 2).filter((line) => line !== '')
  return new FileSample(lines.path, found.slice(0, sampleLines))
}

function sourceOf(
  sample: FileSample,
  format: ReplayFormat,
  lines: LineReader,
  companion: LineReader | undefined,
  options: DatasetOptions,
): FileSource {
  const { registry } = options
  const instruments: Instrument[] = []
  const own = new Map((options.instruments ?? []).map((definition) => [definition.id, definition]))
  const note = (instrument: Instrument): number => {
    if (!instruments.includes(instrument)) instruments.push(instrument)
    return instrument.index
  }
  const batch = new EventBatch(options.onOutOfOrder ?? 'keep')
  const counters = createReplayCounters()
  const context: DecodeContext = {
    sample,
    batch,
    counters,
    options,
    instrument: (definition) =>
      note(registry.find(definition.id) ?? registry.add(own.get(definition.id) ?? definition)),
    instrumentById: (id) => {
      const known = registry.find(id)
      if (known !== undefined) return note(known)
      const definition = own.get(id as InstrumentId)
      if (definition !== undefined) return note(registry.add(definition))
      const message = `${sample.path} names the instrument '${id}', which nothing defines; give its definition in the option instruments`
      throw new TradewireError('TW_UNKNOWN_INSTRUMENT', message, { details: { path: sample.path, instrument: id } })
    },
  }
  const decoder = format.open(context)
  const source = options.source ?? 0
  return new FileSource({
    lines,
    companion,
    decoder,
    batch,
    counters,
    instruments,
    source,
    onBadRow: options.onBadRow ?? 'fail',
  })
}

function nothingFound(path: string, skipped: readonly string[]): TradewireError {
  const found = skipped.length === 0 ? 'no files' : skipped.slice(0, 5).join(', ')
  return new TradewireError('TW_UNKNOWN_FORMAT', `${path} holds no file of a known format; found ${found}`, {
    details: { path },
  })
}

function asDataset(source: ReplaySource, files: Dataset['files'], skipped: readonly string[]): Dataset {
  return {
    name: source.name,
    files,
    skipped,
    get instruments() {
      return source.instruments
    },
    get counters() {
      return source.counters
    },
    get problems() {
      return source.problems
    },
    get progress() {
      return source.progress ?? { read: Number.NaN, total: Number.NaN }
    },
    peekTsUs: () => source.peekTsUs(),
    refill: () => source.refill(),
    emit: (sink, shiftUs) => source.emit(sink, shiftUs),
    close: () => source.close(),
  }
}

function refuseUnknownOptions(options: DatasetOptions): void {
  for (const name of Object.keys(options)) {
    if ((optionNames as readonly string[]).includes(name)) continue
    throw new TradewireError(
      'TW_INVALID_CONFIG',
      `Option ${name} of openDataset is not known; use one of ${optionNames.join(', ')}`,
    )
  }
  const { recordedSource = 0 } = options
  if (!Number.isInteger(recordedSource) || recordedSource < 0)
    throw new TradewireError('TW_INVALID_CONFIG', `recordedSource must be a whole number from 0, got ${recordedSource}`)
}
