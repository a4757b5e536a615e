/**
 * What an order asks of an execution algorithm, as plain data: the same parameters whether the algorithm runs here or is
 * passed on to a broker. They stand in `OrderRequest.algo`; the order's own `price` is the limit of all its children.
 */
import type { DecimalInput } from './decimal.js'
import type { OrderRequest } from './order.js'
import type { TriggerSource } from './order-types.js'

/** Where children are priced: at the near touch, at the middle, or at the far touch. */
export type AlgoStyle = 'passive' | 'midpoint' | 'aggressive'
/** What happens to what is left at the end: it is canceled, completed at the market (within the limit), or goes on working. */
export type AlgoEndPolicy = 'cancel' | 'complete' | 'extend'
/** What happens to a child that still works when the next slice is due. */
export type AlgoUnfilledPolicy = 'replace' | 'leave' | 'payup'

/** Who works an order: an algorithm of this library, or one of the broker it is sent to. */
export type AlgoWorker = 'here' | 'broker'

/** What all algorithms take. Times are epoch microseconds; rates are shares of 1. */
export interface AlgoCommon {
  /**
   * `broker`: the order goes out in one piece, with these parameters in the broker's words, to a connector whose capabilities
   * name the algorithm. What its algorithm does not have is refused. `here` unless given.
   */
  workedBy?: AlgoWorker
  /** Begins then; at once unless given. */
  startTimeUs?: number
  /** Ends then. Either this or {@link durationMs}. */
  endTimeUs?: number
  /** Length of the window in milliseconds. */
  durationMs?: number
  /** Children are multiples of it, but for the last; the size increment unless given. */
  roundLot?: DecimalInput
  /** Smaller slices wait and are joined. */
  minSlice?: DecimalInput
  /** No child is larger. */
  maxSlice?: DecimalInput
  /** Ceiling of own/(own + others) since the start, above 0 and below 1; none unless given. Needs a stream of trades. */
  maxParticipationRate?: number
  /** `aggressive` unless given. */
  style?: AlgoStyle
  /** Never takes liquidity: children are post-only. */
  noTakeLiquidity?: boolean
  /** Whether what earlier slices missed is made up for; true unless given. */
  catchUp?: boolean
  /** `replace` unless given. */
  onUnfilled?: AlgoUnfilledPolicy
  /** Ticks by which `payup` betters the price of an unfilled child, never through the limit; 1 unless given. */
  payUpTicks?: number
  /** `cancel` unless given. */
  endPolicy?: AlgoEndPolicy
  /** `extend`: goes on until then at the latest. */
  extendUntilUs?: number
  /** Slices vary by up to so many percent of a slice. */
  randomizeSizePercent?: number
  /** Releases vary by up to so many percent of an interval. */
  randomizeTimePercent?: number
  /** Of the random variations; made from the system's seed and the order's number unless given. */
  seed?: number
  /** Everything left is done at this price or better, whatever the schedule says. */
  iWouldPrice?: DecimalInput
  /** What a halt does to the order: `pause` unless given. */
  onHalt?: 'pause' | 'cancel'
  /** Whether own fills appear among the trades of the feed; true unless given, which never takes too much. */
  ownPrintsInFeed?: boolean
  /** Trades with any of these bits in their condition count as no volume (blocks, auctions, late prints); none unless given. */
  excludeConditions?: number
}

/** Equal slices at equal times. */
export interface TwapParameters extends AlgoCommon {
  type: 'twap'
  /** How many slices. Either this or {@link intervalMs}; one a minute, and at least ten, unless given. */
  slices?: number
  intervalMs?: number
}

/** Slices in proportion to the volume that the market is expected to trade. */
export interface VwapParameters extends AlgoCommon {
  type: 'vwap'
  /** Expected volume of each bucket, in any unit. Needed unless a broker works the order, who has a curve of his own. */
  curve?: readonly DecimalInput[]
  /** When the first bucket of the curve begins; the start of the window unless given. */
  curveStartUs?: number
  /** Length of a bucket; the window divided by their number unless given. */
  bucketMs?: number
  /** Whether the market's volume of the day bends the curve: not, by what was traded, or by its ratio to the curve. */
  dynamic?: 'off' | 'none' | 'ratio'
}

/** A share of the market's volume. */
export interface PovParameters extends AlgoCommon {
  type: 'pov'
  /** Above 0 and below 1. */
  rate: number
  /** `inclusive`: own/(own + others), unless given; `exclusive`: own/others. */
  basis?: 'inclusive' | 'exclusive'
  /** How often it looks; 1,000 unless given. */
  intervalMs?: number
}

/** Almgren-Chriss: impact against the risk of waiting. Falls back to equal slices where sigma or eta is missing. */
export interface ImplementationShortfallParameters extends AlgoCommon {
  type: 'is'
  slices?: number
  /** kappa times the length of the window; passive 1, neutral 3, aggressive 6. Either this or {@link lambda}. */
  urgency?: 'passive' | 'neutral' | 'aggressive' | number
  /** Risk aversion; needs sigma and eta. */
  lambda?: number
  /** Volatility in price per square root of the window's unit of time (one window = 1). */
  sigma?: number
  /** Temporary impact: price per share and unit of time. */
  eta?: number
  /** Permanent impact: price per share. */
  gamma?: number
  epsilon?: number
}

/** Shows a part at a time. */
export interface IcebergParameters extends AlgoCommon {
  type: 'iceberg'
  displayQuantity: DecimalInput
  /** Tips vary by up to so many percent; 0 unless given. */
  displayVariancePercent?: number
}

/** Takes what is displayed at the limit or better, in one shot at a time. */
export interface SniperParameters extends AlgoCommon {
  type: 'sniper'
  /** Waits so long after a shot that found nothing; 100 unless given. */
  pauseMs?: number
}

/** Begins at the near touch and becomes more urgent as time goes by. */
export interface AdaptiveParameters extends AlgoCommon {
  type: 'adaptive'
  /** `normal` unless given. */
  urgency?: 'patient' | 'normal' | 'urgent'
  /** How often it prices anew; 1,000 unless given. */
  intervalMs?: number
}

/** Aims at the closing price: the later the more, and the closing auction where the venue has one. */
export interface CloseParameters extends AlgoCommon {
  type: 'close'
  /** Share of the order for the closing auction, 0 to 1; 0 unless given. */
  auctionShare?: number
  /** The auction order is sent so long before the end; 600,000 unless given. */
  auctionLeadMs?: number
  slices?: number
  /** How much of it waits for the end: kappa times the window; 3 unless given. */
  urgency?: number
}

/** Splits an order over venues by all-in price. */
export interface SorParameters extends AlgoCommon {
  type: 'sor'
  /** Names of connectors; all that take orders unless given. */
  venues?: readonly string[]
  /** What is not displayed anywhere within the limit: rests at the limit, waits for more (unless given), or is canceled. */
  rest?: 'post' | 'wait' | 'cancel'
  /** Where the rest is posted, if that venue can be used; where resting costs least unless given. */
  postAt?: string
  /** A resting rest is taken back for a better route at most so often; 1,000 unless given. */
  intervalMs?: number
}

/** An order whose trigger, trailing distance or expiry is watched here; only market and limit orders reach the venue. */
export interface EmulateParameters {
  type: 'emulate'
  /** Which prices trigger it; `bid_ask` unless given. */
  triggerSource?: TriggerSource
  /** Watched from then on, and canceled then: a good-till-date that the venue does not have. Epoch microseconds. */
  startTimeUs?: number
  endTimeUs?: number
  durationMs?: number
}

/** An algorithm of one's own, registered by its name. */
export interface CustomAlgoParameters extends AlgoCommon {
  type: `custom:${string}`
  [parameter: string]: unknown
}

/** Parameters of the algorithms that come with the library. */
export type BuiltInAlgo =
  | TwapParameters
  | VwapParameters
  | PovParameters
  | ImplementationShortfallParameters
  | IcebergParameters
  | SniperParameters
  | AdaptiveParameters
  | CloseParameters
  | SorParameters
  | EmulateParameters

/** What an order asks of an algorithm. */
export type AlgoParameters = BuiltInAlgo | CustomAlgoParameters

/** An order that an algorithm works. */
export interface AlgoOrderRequest extends OrderRequest {
  algo: AlgoParameters
}

/** An algorithm that a broker is asked for, as the connector that sends it sees it. */
export interface BrokerOrder {
  readonly algo: AlgoParameters
  /** What the order asked for, in times of the wall clock: brokers want times, not durations. */
  readonly window: BrokerWindow
}

/** When a broker's algorithm begins and ends, epoch microseconds; by the broker's own rules where absent. */
export interface BrokerWindow {
  readonly startTimeUs?: number
  readonly endTimeUs?: number
}
