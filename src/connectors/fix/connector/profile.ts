/**
 * What a venue does its own way, as data: which fields it wants, how it names instruments and counts quantities, which requests it
 * answers, whether its ExecIDs can be relied on. Everything that a profile leaves out follows from the version of the protocol.
 *
 *   const profile: FixProfile = { symbology: { identifyBy: 'securityId', securityIdSource: '8' }, fields: { D: [[21, '1']] } }
 */
import { TradewireError } from '../../../core/errors.js'
import type { SelfTradePrevention } from '../../../model/order-types.js'
import { TradingStatus } from '../../../ring/kinds.js'
import { Tag } from '../dictionary/tags.js'
import type { MessageRules } from './message-rules.js'
import { type OrderWordChanges, type OrderWords, orderWordsOf } from './order-words.js'
import type { SymbologyProfile } from './symbology.js'

/** How far ExecID (17) tells executions apart. */
export type ExecIdScope =
  /** Over the life of the venue. */
  | 'unique'
  /** Within a trading day: the day is added. */
  | 'day'
  /** Within an order: OrderID is added. */
  | 'order'
  /** Not at all, or it is absent: executions are told apart by OrderID and the quantity filled after them. */
  | 'none'

/** A field with a value of its own. */
export interface FieldValue {
  /** Tag of the field. */
  readonly tag: number
  /** Its value. */
  readonly value: string
}

/** How a venue differs from its version of the protocol. Plain data; everything may be left out. */
export interface FixProfile extends OrderWordChanges {
  /** How instruments are named. */
  readonly symbology?: SymbologyProfile
  /** ClOrdID (11): 32 characters, no prefix unless given. */
  readonly clOrdId?: { readonly maxLength?: number; readonly prefix?: string; readonly upperCase?: boolean }
  /**
   * What OrigClOrdID (41) names while a change is under way: the id of the `latest` request that was not refused, or that of
   * the last one `accepted`. `latest` unless given, as the protocol has it.
   */
  readonly chaining?: 'latest' | 'accepted'
  /** OrderQty (38) counts `units`, or `lots` of the instrument's lot size. `units` unless given. */
  readonly quantities?: 'units' | 'lots'
  /** How far ExecID (17) tells executions apart: `unique`, within a `day`, within an `order`, or `none`. `unique` unless given. */
  readonly execIds?: ExecIdScope
  /** Fields added to messages, by MsgType (35), as they are. */
  readonly fields?: Readonly<Record<string, readonly (readonly [tag: number, value: string])[]>>
  /** Fields left out of messages, by MsgType. */
  readonly omit?: Readonly<Record<string, readonly number[]>>
  /** HandlInst (21) where the version has it; `1`, automated without intervention, unless given. */
  readonly handlInst?: string
  /** Whether Account (1) is sent; true unless given. */
  readonly account?: boolean
  /** How post-only is said; ExecInst 6 unless given, false: not at all. */
  readonly postOnly?: FieldValue | false
  /** How reduce-only is said; ExecInst E unless given, false: not at all. */
  readonly reduceOnly?: FieldValue | false
  /** Field with the shown part of an iceberg; false: no icebergs. */
  readonly displayTag?: number | false
  /** Field and values for self-trade prevention; orders that ask for it are refused where there is none. */
  readonly selfTrade?: { readonly tag: number; readonly values: Partial<Record<SelfTradePrevention, string>> }
  /** Algorithms of the broker; orders that ask for one are refused where this is absent. */
  readonly algorithms?: AlgorithmProfile
  /** Field that tells maker from taker; LastLiquidityInd (851) unless given. */
  readonly liquidity?: { readonly tag: number; readonly maker: readonly string[]; readonly taker: readonly string[] }
  /** Whether orders can be changed (G); true unless given. */
  readonly replace?: boolean
  /** OrderMassStatusRequest (AF): `open` orders are listed, `all` of them, or it is not understood. `open` unless given, from FIX 4.3 on. */
  readonly massStatus?: 'open' | 'all' | false
  /** OrderMassCancelRequest (q); unless given, from FIX 4.3 on. */
  readonly massCancel?: boolean
  /** TradeCaptureReportRequest (AD) lists executions; false unless given. */
  readonly trades?: boolean
  /** RequestForPositions (AN) lists positions; false unless given. */
  readonly positions?: boolean
  /** CollateralInquiry (BB) lists balances; false unless given. */
  readonly balances?: boolean
  /** Market data: which kinds, by MarketDataRequest (V). None unless given. */
  readonly marketData?: MarketDataProfile
  /** Who cancels orders when the session breaks; `none` unless given. */
  readonly cancelOnDisconnect?: 'venue' | 'none'
  /** Milliseconds without a report that end a list that has no last one (FIX 4.3 and before); 300 unless given. */
  readonly quietMs?: number
}

/** How a broker is asked for an algorithm: TargetStrategy (847), ParticipationRate (849), and its parameters. */
export interface AlgorithmProfile {
  /** 847 by algorithm, for those that the protocol does not number, and where the broker's numbers differ. */
  readonly strategies?: Readonly<Record<string, number>>
  /** Whether ParticipationRate (849) is 15 for 15 %; unless given it is 0.15, as the protocol has it. */
  readonly rateInPercent?: boolean
  /**
   * Parameters in a `group` (957 to 960), or as `text` in TargetStrategyParameters (848): `Name=value;Name=value`. `group` where the
   * version has it, unless given.
   */
  readonly parameters?: 'group' | 'text'
}

/** How a venue sends market data. */
export interface MarketDataProfile {
  /** Best bid and offer. */
  readonly quotes?: boolean
  /** Trades of the market. */
  readonly trades?: boolean
  /** Level 2. */
  readonly book?: boolean
  /** Level 3: single orders. */
  readonly orders?: boolean
  /** MDUpdateType (265): `incremental` refreshes (X), or whole ones (W) each time. `incremental` unless given. */
  readonly updates?: 'incremental' | 'full'
  /** MarketDepth (264) of a book; 0, all of it, unless given. */
  readonly depth?: number
  /** Whether a subscription is answered at once, by a snapshot; true unless given. */
  readonly answers?: boolean
  /** A gap in RptSeq (83) of a book asks for a new snapshot; true unless given. */
  readonly followsRptSeq?: boolean
  /**
   * Trading status: asked for by instrument (`security`, e and f), by trading session (`session`, g and h), or told without
   * being asked (`unasked`, f and h).
   */
  readonly status?: 'security' | 'session' | 'unasked'
  /** TradingSessionID (336) that is asked for; statuses of other trading sessions are passed over. */
  readonly tradingSession?: string
  /** What values of SecurityTradingStatus (326) or TradSesStatus (340) mean here that the protocol does not have, or has otherwise. */
  readonly statuses?: Readonly<Record<string, keyof typeof TradingStatus>>
}

/** A profile with everything decided. */
export interface ResolvedProfile {
  readonly given: FixProfile
  readonly words: OrderWords
  readonly chainsLatest: boolean
  readonly inLots: boolean
  readonly execIds: ExecIdScope
  readonly handlInst: string
  readonly sendsAccount: boolean
  readonly postOnly: FieldValue | undefined
  readonly reduceOnly: FieldValue | undefined
  readonly displayTag: number
  readonly replace: boolean
  readonly massStatus: 'open' | 'all' | false
  readonly massCancel: boolean
  readonly trades: boolean
  readonly positions: boolean
  readonly balances: boolean
  readonly marketData: MarketDataProfile
  /** How parameters of algorithms are written; undefined where the venue has no algorithms. */
  readonly algorithmParameters: 'group' | 'text' | undefined
  readonly quietMs: number
  omitted(msgType: string): ReadonlySet<number> | undefined
}

const known = new Set<string>([
  ...['types', 'times', 'symbology', 'clOrdId', 'chaining', 'quantities', 'execIds', 'fields', 'omit', 'handlInst'],
  ...['account', 'postOnly', 'reduceOnly', 'displayTag', 'selfTrade', 'liquidity', 'replace', 'massStatus'],
  ...['massCancel', 'trades', 'positions', 'balances', 'marketData', 'cancelOnDisconnect', 'quietMs', 'algorithms'],
])

/** Entries of the parts of a profile that have parts. */
const inner: Readonly<Record<string, readonly string[]>> = {
  symbology: ['identifyBy', 'securityIdSource', 'symbolText', 'securityExchange', 'currency', 'securityTypes'],
  clOrdId: ['maxLength', 'prefix', 'upperCase'],
  postOnly: ['tag', 'value'],
  reduceOnly: ['tag', 'value'],
  selfTrade: ['tag', 'values'],
  liquidity: ['tag', 'maker', 'taker'],
  algorithms: ['strategies', 'rateInPercent', 'parameters'],
  marketData: [
    ...['quotes', 'trades', 'book', 'orders', 'updates', 'depth', 'answers', 'followsRptSeq'],
    ...['status', 'tradingSession', 'statuses'],
  ],
}

function checkNames(profile: FixProfile): void {
  for (const name of Object.keys(profile)) if (!known.has(name)) fail(`${name} is not known`)
  for (const [part, names] of Object.entries(inner))
    for (const name of Object.keys(profile[part as keyof FixProfile] ?? {}))
      if (!names.includes(name)) fail(`${part}.${name} is not known`)
}

/**
 * Decides everything that a profile leaves open by what the version knows.
 *
 * @throws TradewireError `TW_INVALID_CONFIG` for an entry that is not known, or asks for what the version does not have.
 */
export function resolveProfile(profile: FixProfile, rules: MessageRules): ResolvedProfile {
  checkNames(profile)
  const { symbology = {}, marketData = {} } = profile
  if (symbology.identifyBy === 'securityId' && symbology.securityIdSource === undefined)
    fail('symbology.securityIdSource is needed where instruments are named by SecurityID (48)')
  if (profile.trades === true && profile.execIds === 'none')
    fail('trades needs ExecIDs: executions that have none cannot be found again in a list')
  for (const [name, msgType] of requests)
    if (profile[name] !== undefined && profile[name] !== false && !rules.has(msgType))
      fail(`${name} needs message ${msgType}, which ${rules.version} does not have`)
  checkStatus(marketData, rules)
  const wantsData = marketData.quotes || marketData.trades || marketData.book || marketData.orders
  if (wantsData && !rules.has('V')) fail(`marketData needs message V, which ${rules.version} does not have`)
  const words = orderWordsOf(rules, profile)
  const omit = new Map(Object.entries(profile.omit ?? {}).map(([type, tags]) => [type, new Set(tags)]))
  return {
    given: profile,
    words,
    chainsLatest: (profile.chaining ?? 'latest') === 'latest',
    inLots: profile.quantities === 'lots',
    execIds: profile.execIds ?? 'unique',
    handlInst: profile.handlInst ?? '1',
    sendsAccount: profile.account ?? true,
    postOnly: flagOf(profile.postOnly, words.postOnly, '6'),
    reduceOnly: flagOf(profile.reduceOnly, words.reduceOnly, 'E'),
    displayTag: profile.displayTag === false ? 0 : (profile.displayTag ?? words.displayTag),
    replace: profile.replace ?? true,
    massStatus: profile.massStatus ?? (rules.has('AF') ? 'open' : false),
    massCancel: profile.massCancel ?? rules.has('q'),
    trades: profile.trades ?? false,
    positions: profile.positions ?? false,
    balances: profile.balances ?? false,
    marketData,
    algorithmParameters: algorithmParametersOf(profile, rules),
    quietMs: profile.quietMs ?? 300,
    omitted: (msgType) => omit.get(msgType),
  }
}

function algorithmParametersOf({ algorithms }: FixProfile, rules: MessageRules): 'group' | 'text' | undefined {
  if (algorithms === undefined) return undefined
  const { strategies = {}, parameters } = algorithms
  for (const [name, number] of Object.entries(strategies))
    if (!Number.isSafeInteger(number) || number < 1) fail(`algorithms.strategies.${name} must be a whole number from 1`)
  if (parameters !== undefined && parameters !== 'group' && parameters !== 'text')
    fail('algorithms.parameters must be group or text')
  return parameters ?? (rules.fieldsOf('D').has(Tag.NoStrategyParameters) ? 'group' : 'text')
}

const requests = [
  ['massStatus', 'AF'],
  ['massCancel', 'q'],
  ['trades', 'AD'],
  ['positions', 'AN'],
  ['balances', 'BB'],
] as const

function checkStatus({ status, statuses = {} }: MarketDataProfile, rules: MessageRules): void {
  const ways = { security: ['e', 'f'], session: ['g', 'h'], unasked: ['f', 'h'] } as const
  if (status !== undefined && !Object.hasOwn(ways, status))
    fail(`marketData.status must be security, session or unasked, got ${String(status)}`)
  for (const msgType of status === undefined ? [] : ways[status])
    if (!rules.has(msgType)) fail(`marketData.status needs message ${msgType}, which ${rules.version} does not have`)
  for (const [value, name] of Object.entries(statuses))
    if (!Object.hasOwn(TradingStatus, name))
      fail(`marketData.statuses: ${value} must be one of ${Object.keys(TradingStatus).join(', ')}, got ${String(name)}`)
}

function flagOf(given: FieldValue | false | undefined, isKnown: boolean, execInst: string): FieldValue | undefined {
  if (given === false) return undefined
  return given ?? (isKnown ? { tag: Tag.ExecInst, value: execInst } : undefined)
}

function fail(problem: string): never {
  throw new TradewireError('TW_INVALID_CONFIG', `FIX profile: ${problem}`)
}
