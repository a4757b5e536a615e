/**
 * Fuzzing of everything that reads bytes from outside. A target names real inputs and how they are read; the harness damages
 * them, cuts streams at every offset, and holds the reader to this: nothing is thrown but a `TradewireError`, no input takes
 * longer than its time, memory does not grow, and no prototype is touched. One seed gives one run, byte for byte.
 */
import { TradewireError } from '../../src/core/errors.js'
import { SeededRandom } from '../../src/core/random.js'
import { mutate } from './mutate.js'

/** Something that reads bytes from outside. */
export interface FuzzTarget {
  readonly name: string
  /** Real inputs, at least one. */
  readonly samples: () => Uint8Array[] | Promise<Uint8Array[]>
  /** Reads one input. May throw a `TradewireError`, where the reader is documented to. */
  readonly read: (input: Uint8Array) => unknown
  /** For streams: reads chunks and tells what it found, as text that cuts must not change. */
  readonly readChunks?: (chunks: readonly Uint8Array[]) => string
  /** Longest damaged input; 65,536 unless given. */
  readonly maxBytes?: number
  /** Milliseconds that one input may take; 10 unless given. For readers of whole files more. */
  readonly maxMs?: number
}

/** What a run found. */
export interface FuzzReport {
  readonly target: string
  readonly runs: number
  /** Inputs that were read without an error. */
  readonly accepted: number
  readonly failures: readonly FuzzFailure[]
  readonly slowestMs: number
  readonly cuts: number
}

/** An input that did what none may. */
export interface FuzzFailure {
  readonly what: string
  /** The input as Base64. */
  readonly input: string
}

const frameMs = 10
const maxFailures = 5
/** A busy machine makes anything slow once; only what is slow every time counts. */
const retries = 5
/** Longest sample that is cut at every offset; longer ones at some. */
const allCutsBytes = 2_048
const someCuts = 128
const maxGrowthBytes = 48 * 1024 * 1024

/** Fuzzes a target: `runs` damaged inputs by the dice of `seed`, and cuts of the samples where it is a stream. */
export async function fuzz(target: FuzzTarget, runs: number, seed: number): Promise<FuzzReport> {
  const { maxBytes = 65_536, maxMs = frameMs } = target
  const random = new SeededRandom(seed).fork(`fuzz ${target.name}`) as SeededRandom
  const samples = await target.samples()
  if (samples.length === 0) throw new Error(`${target.name} has no samples`)
  const failures: FuzzFailure[] = []
  const note = (what: string, input: Uint8Array) => {
    if (failures.length < maxFailures) failures.push({ what, input: Buffer.from(input).toString('base64') })
  }
  const before = Reflect.ownKeys(Object.prototype).length
  let accepted = 0
  let slowestMs = 0
  for (const sample of samples) {
    const { error } = await timed(target, sample)
    if (error !== undefined && !isExpected(error)) note(`undamaged: ${textOf(error)}`, sample)
  }
  const startBytes = usedBytes()
  for (let run = 0; run < runs && failures.length < maxFailures; run++) {
    const sample = samples[random.below(samples.length)] as Uint8Array
    const other = samples[random.below(samples.length)] as Uint8Array
    const input = mutate(sample, other, random, maxBytes)
    let { error, ms } = await timed(target, input)
    if (error === undefined) accepted++
    else if (!isExpected(error)) note(textOf(error), input)
    for (let retry = 0; ms > maxMs && retry < retries; retry++) ms = Math.min(ms, (await timed(target, input)).ms)
    slowestMs = Math.max(slowestMs, ms)
    if (ms > maxMs) note(`took ${ms.toFixed(1)} ms, ${maxMs} are allowed`, input)
  }
  const grownBytes = usedBytes() - startBytes
  if (grownBytes > maxGrowthBytes) note(`memory grew by ${grownBytes} bytes`, new Uint8Array(0))
  if (Reflect.ownKeys(Object.prototype).length !== before) note('Object.prototype was changed', new Uint8Array(0))
  const cuts = cutSamples(target, samples, random, note)
  return { target: target.name, runs, accepted, failures, slowestMs, cuts }
}

/** Cuts the samples of a stream in two at every offset, and into single bytes: what is found must not change. */
function cutSamples(
  { readChunks }: FuzzTarget,
  samples: readonly Uint8Array[],
  random: SeededRandom,
  note: (what: string, input: Uint8Array) => void,
): number {
  if (readChunks === undefined) return 0
  let cuts = 0
  const stream = new Uint8Array(Buffer.concat(samples.slice(0, 3)))
  for (const sample of [...samples.slice(0, 16), stream]) {
    const whole = readChunks([sample])
    const isShort = sample.length <= allCutsBytes
    const offsets = Array.from({ length: isShort ? sample.length + 1 : someCuts }, (_, at) =>
      isShort ? at : random.below(sample.length),
    )
    for (const at of offsets) {
      cuts++
      if (readChunks([sample.slice(0, at), sample.slice(at)]) === whole) continue
      note(`cut at ${at} it reads otherwise than whole`, sample)
      return cuts
    }
    if (readChunks([...sample].map((byte) => Uint8Array.of(byte))) !== whole)
      note('byte by byte it reads otherwise than whole', sample)
    cuts++
  }
  return cuts
}

async function timed(target: FuzzTarget, input: Uint8Array): Promise<{ error?: unknown; ms: number }> {
  // A copy: a reader may keep or change what it is given.
  const copy = Uint8Array.from(input)
  const from = performance.now()
  try {
    const result = target.read(copy)
    const ms = performance.now() - from
    if (!(result instanceof Promise)) return { ms }
    await result
    return { ms: performance.now() - from }
  } catch (error) {
    return { error, ms: performance.now() - from }
  }
}

function isExpected(error: unknown): boolean {
  return error instanceof TradewireError && error.code !== 'TW_ASSERTION'
}

function textOf(error: unknown): string {
  return error instanceof Error ? `${error.name}: ${error.stack ?? error.message}` : `threw ${String(error)}`
}

function usedBytes(): number {
  ;(globalThis as { gc?: () => void }).gc?.()
  const { heapUsed, external } = process.memoryUsage()
  return heapUsed + external
}
