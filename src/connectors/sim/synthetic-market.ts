/**
 * A market made of random numbers: quotes, trades and, if asked for, depth of several instruments, the same for a seed on
 * every machine. It is a source of events like a recording, and is played like one.
 *
 * A price is a slow mean that trends and turns, and a fast part that returns to it. Every few minutes the market changes
 * its mood: calm, normal or nervous, which scales volatility, spread and rate. Only sums, products and square roots of
 * seeded numbers are used, so the last digit is the same everywhere.
 */
import { TradewireError } from '../../core/errors.js'
import { type Random, SeededRandom } from '../../core/random.js'
import type { Instrument } from '../../model/instrument.js'
import type { InstrumentRegistry } from '../../model/instrument-registry.js'
import type { AggressorSign } from '../../ring/kinds.js'
import type { MarketSink } from '../../ring/sink.js'
import { createReplayCounters, type ReplaySource } from './replay/reading/replay-source.js'
import { defaultSyntheticInstruments, type SyntheticInstrument } from './synthetic-instruments.js'
import { invalid, refuseUnknown } from './venue-options.js'

/** What a synthetic market is like. */
export interface SyntheticMarketOptions {
  /** Instruments; a share, a currency pair and a coin unless given. */
  instruments?: readonly SyntheticInstrument[]
  /** 1 unless given. */
  seed?: number
  /** Multiplies the rate of all instruments; 1 unless given. */
  rate?: number
  /** Levels a side of depth that follow each quote; 0 (none) unless given. */
  depth?: number
  /** How long it goes on, in milliseconds of its clock; for ever unless given. */
  durationMs?: number
  /** Venue time before receive time, in microseconds; 100 unless given. */
  feedLatencyUs?: number
}

/** Names of {@link SyntheticMarketOptions}. */
export const syntheticOptionNames = [
  'instruments',
  'seed',
  'rate',
  'depth',
  'durationMs',
  'feedLatencyUs',
] as const satisfies readonly (keyof SyntheticMarketOptions)[]

const usPerSecond = 1_000_000
const secondsPerHour = 3_600
/** Events between two looks at the world outside: a source without end must let the event loop turn. */
const eventsPerBatch = 8_192
const moods = [
  { volatility: 0.5, spread: 1, rate: 0.7 },
  { volatility: 1, spread: 1, rate: 1 },
  { volatility: 2.2, spread: 1.8, rate: 1.8 },
] as const

/** The parts of one step of a walk, in the order in which they are published. */
const Part = { quote: 0, book: 1, trade: 2, done: 3 } as const

/** Generates the events of a synthetic market. */
export class SyntheticMarket implements ReplaySource {
  readonly name = 'synthetic market'
  readonly instruments: readonly Instrument[]
  readonly counters = createReplayCounters()
  readonly problems: readonly string[] = []
  readonly startUs: number
  readonly endUs: number
  readonly #walks: readonly Walk[]
  readonly #source: number
  readonly #depth: number
  readonly #latencyUs: number
  #current: Walk
  #part: number = Part.quote
  #untilRefill = eventsPerBatch
  #isClosed = false

  /** `startUs`: wall time of its beginning. `source`: index of the connector in the rings. */
  constructor(
    options: SyntheticMarketOptions,
    place: { registry: InstrumentRegistry; startUs: number; source?: number },
  ) {
    checkSyntheticOptions(options)
    const { instruments = defaultSyntheticInstruments, rate = 1, seed = 1 } = options
    const random = new SeededRandom(seed)
    this.instruments = instruments.map(({ definition }) => place.registry.add(definition))
    this.startUs = place.startUs
    this.endUs = place.startUs + (options.durationMs ?? Number.POSITIVE_INFINITY) * 1_000
    this.#source = place.source ?? 0
    this.#depth = options.depth ?? 0
    this.#latencyUs = options.feedLatencyUs ?? 100
    this.#walks = instruments.map(
      (each, i) =>
        new Walk(each, this.instruments[i] as Instrument, random.fork(each.definition.id), rate, place.startUs),
    )
    this.#current = this.#walks[0] as Walk
    this.#choose()
  }

  peekTsUs(): number {
    if (this.#isClosed || this.#current.nextUs >= this.endUs) return Number.POSITIVE_INFINITY
    return this.#untilRefill <= 0 ? Number.NaN : this.#current.nextUs
  }

  async refill(): Promise<void> {
    this.#untilRefill = eventsPerBatch
  }

  emit(sink: MarketSink, shiftUs: number): boolean {
    const walk = this.#current
    if (!walk.isMoved) walk.move()
    const tsRecvUs = walk.nextUs + shiftUs
    if (!this.#publish(walk, sink, tsRecvUs)) return false
    this.counters.events++
    this.#untilRefill--
    this.#part = this.#nextPart(walk, this.#part)
    if (this.#part === Part.done) {
      this.counters.rows++
      walk.schedule()
      this.#choose()
    }
    return true
  }

  async close(): Promise<void> {
    this.#isClosed = true
  }

  #publish(walk: Walk, sink: MarketSink, tsRecvUs: number): boolean {
    const tsEventUs = tsRecvUs - this.#latencyUs
    const { index } = walk.instrument
    if (this.#part === Part.quote) {
      return sink.publishQuote(
        index,
        this.#source,
        walk.bid,
        walk.ask,
        walk.bidSize,
        walk.askSize,
        tsEventUs,
        tsRecvUs,
        Number.NaN,
        0,
      )
    }
    if (this.#part === Part.trade) {
      const price = walk.aggressor > 0 ? walk.ask : walk.bid
      return sink.publishTrade(
        index,
        this.#source,
        price,
        walk.tradeSize,
        walk.aggressor,
        tsEventUs,
        tsRecvUs,
        Number.NaN,
        ++walk.trades,
        0,
      )
    }
    if (!sink.beginBook(index, this.#source, true, tsEventUs, tsRecvUs, Number.NaN, Number.NaN)) return false
    for (let level = 0; level < this.#depth; level++) {
      sink.addLevel(0, walk.levelPrice(-1, level), walk.levelSize(-1, level))
      sink.addLevel(1, walk.levelPrice(1, level), walk.levelSize(1, level))
    }
    return sink.commitBook()
  }

  #nextPart(walk: Walk, part: number): number {
    if (part === Part.quote && this.#depth > 0) return Part.book
    return part < Part.trade && walk.aggressor !== 0 ? Part.trade : Part.done
  }

  /** The instrument that moves next; of several at one time, the first listed. */
  #choose(): void {
    this.#part = Part.quote
    let next = this.#walks[0] as Walk
    for (const walk of this.#walks) if (walk.nextUs < next.nextUs) next = walk
    this.#current = next
  }
}

/** The price of one instrument as it goes. */
class Walk {
  readonly instrument: Instrument
  nextUs: number
  /** Whether the prices for `nextUs` are made. */
  isMoved = false
  bid = 0
  ask = 0
  bidSize = 0
  askSize = 0
  /** Side of the trade that follows the quote; 0 for none. */
  aggressor: AggressorSign = 0
  tradeSize = 0
  trades = 0
  readonly #character: SyntheticInstrument
  readonly #random: Random
  readonly #step: number
  readonly #meanUs: number
  /** Size steps at the touch, usually. */
  readonly #sizeSteps: number
  /** Deviation in price steps over the square root of a second. */
  readonly #deviation: number
  /** Fast price, slow mean and the mean's trend in price steps a second. */
  #fast: number
  #slow: number
  #trend = 0
  #mood: (typeof moods)[number] = moods[1]
  #moodEndsUs: number
  #lastUs: number
  #bidUnits = 0
  #askUnits = 0

  constructor(character: SyntheticInstrument, instrument: Instrument, random: Random, rate: number, startUs: number) {
    this.instrument = instrument
    this.#character = character
    this.#random = random
    this.#step = instrument.priceStepUnits
    this.#meanUs = usPerSecond / (character.eventsPerSecond * rate)
    this.#sizeSteps = Math.max(
      1,
      Math.round(instrument.nearestQuantityUnits(character.size) / instrument.sizeStepUnits),
    )
    const steps = instrument.nearestPriceUnits(character.price) / this.#step
    this.#deviation = (steps * character.volatility) / Math.sqrt(secondsPerHour)
    this.#fast = steps
    this.#slow = steps
    this.#lastUs = startUs
    this.#moodEndsUs = startUs
    this.nextUs = startUs
  }

  /** Makes the prices for `nextUs`. */
  move(): void {
    const random = this.#random
    if (this.nextUs >= this.#moodEndsUs) this.#changeMood()
    const seconds = (this.nextUs - this.#lastUs) / usPerSecond
    this.#lastUs = this.nextUs
    const deviation = this.#deviation * this.#mood.volatility * Math.sqrt(seconds)
    this.#slow += this.#trend * seconds + deviation * 0.5 * random.normal()
    this.#fast += this.#character.reversion * (this.#slow - this.#fast) * seconds + deviation * random.normal()
    // A price that came to nothing has to stay above it.
    this.#fast = Math.max(this.#fast, 4 * this.#character.spreadSteps)
    this.#slow = Math.max(this.#slow, 4 * this.#character.spreadSteps)
    this.#quote()
    this.#trade()
    this.isMoved = true
  }

  /** Sets the time of the next quote. */
  schedule(): void {
    const wait = (this.#meanUs * (0.5 + this.#random.next())) / this.#mood.rate
    this.nextUs += Math.max(1, Math.round(wait))
    this.isMoved = false
  }

  levelPrice(side: number, level: number): number {
    const units = side < 0 ? this.#bidUnits - level * this.#step : this.#askUnits + level * this.#step
    return this.instrument.priceNumber(Math.max(this.#step, units))
  }

  /** Size of a level: the touch as quoted, more behind it. */
  levelSize(side: number, level: number): number {
    if (level === 0) return side < 0 ? this.bidSize : this.askSize
    return this.#size(1 + level / 2)
  }

  #changeMood(): void {
    const random = this.#random
    this.#mood = moods[random.below(moods.length)] as (typeof moods)[number]
    this.#trend = this.#deviation * 0.05 * random.normal()
    this.#moodEndsUs = this.nextUs + Math.round((30 + 240 * random.next()) * usPerSecond)
  }

  #quote(): void {
    const random = this.#random
    const { spreadSteps } = this.#character
    const wide = random.chance(0.2) ? 1 : 0
    const spread = Math.max(1, Math.round(spreadSteps * this.#mood.spread) + wide)
    const bidSteps = Math.floor(this.#fast - spread / 2)
    this.#bidUnits = bidSteps * this.#step
    this.#askUnits = (bidSteps + spread) * this.#step
    this.bid = this.instrument.priceNumber(this.#bidUnits)
    this.ask = this.instrument.priceNumber(this.#askUnits)
    this.bidSize = this.#size(1)
    this.askSize = this.#size(1)
  }

  #trade(): void {
    const random = this.#random
    this.aggressor = 0
    if (!random.chance(this.#character.tradeShare)) return
    const pull = this.#fast < this.#slow ? 0.55 : 0.45
    this.aggressor = random.chance(pull) ? 1 : -1
    this.tradeSize = this.#size(random.chance(0.1) ? 2 : 0.5)
  }

  /** A random size around a multiple of the usual one, on the size grid. */
  #size(times: number): number {
    const steps = Math.max(1, Math.round(this.#sizeSteps * times * (0.25 + 1.5 * this.#random.next())))
    return this.instrument.quantityNumber(steps * this.instrument.sizeStepUnits)
  }
}

/** @throws TradewireError `TW_INVALID_CONFIG` naming the option that is not usable. */
export function checkSyntheticOptions(options: SyntheticMarketOptions): void {
  refuseUnknown('synthetic', options, syntheticOptionNames)
  const { instruments, seed, rate, depth, durationMs, feedLatencyUs } = options
  if (instruments !== undefined && instruments.length === 0)
    throw invalid('synthetic.instruments', 'at least one instrument')
  for (const {
    definition,
    price,
    volatility,
    spreadSteps,
    size,
    eventsPerSecond,
    tradeShare,
    reversion,
  } of instruments ?? []) {
    const isUsable =
      price > 0 &&
      volatility >= 0 &&
      spreadSteps >= 1 &&
      size > 0 &&
      eventsPerSecond > 0 &&
      tradeShare >= 0 &&
      tradeShare <= 1 &&
      reversion >= 0
    if (isUsable) continue
    throw new TradewireError(
      'TW_INVALID_CONFIG',
      `synthetic.instruments: the character of ${definition.id} has a value out of range`,
    )
  }
  if (seed !== undefined && !Number.isSafeInteger(seed)) throw invalid('synthetic.seed', 'a whole number')
  if (rate !== undefined && !(rate > 0 && rate <= 1_000_000))
    throw invalid('synthetic.rate', 'a number above 0 and at most 1000000')
  if (depth !== undefined && !(Number.isInteger(depth) && depth >= 0 && depth <= 100))
    throw invalid('synthetic.depth', 'a whole number from 0 to 100')
  if (durationMs !== undefined && !(durationMs > 0))
    throw invalid('synthetic.durationMs', 'a number of milliseconds above 0')
  if (feedLatencyUs !== undefined && !(Number.isInteger(feedLatencyUs) && feedLatencyUs >= 0))
    throw invalid('synthetic.feedLatencyUs', 'a whole number of at least 0')
}
