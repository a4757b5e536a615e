/**
 * The past of the simulated markets: bars and ticks that are computed, not stored, so any span can be asked for and the same
 * span is the same every time. Each bar's prices follow from the contract and its start.
 */
import type { TwsListing } from './catalogue.js'
import { type MarketView, numberText } from './market-board.js'
import type { BarText } from './replies.js'
import { bareTime, dayText, parseTime, zonedTime } from './times.js'

const second = 1_000
const day = 86_400_000

/** Lengths of bars in milliseconds, by the words of the request. */
const barSizes: Readonly<Record<string, number>> = {
  '1 secs': second,
  '1 sec': second,
  '5 secs': 5 * second,
  '10 secs': 10 * second,
  '15 secs': 15 * second,
  '30 secs': 30 * second,
  '1 min': 60 * second,
  '2 mins': 120 * second,
  '3 mins': 180 * second,
  '5 mins': 300 * second,
  '10 mins': 600 * second,
  '15 mins': 900 * second,
  '20 mins': 1_200 * second,
  '30 mins': 1_800 * second,
  '1 hour': 3_600 * second,
  '2 hours': 7_200 * second,
  '3 hours': 10_800 * second,
  '4 hours': 14_400 * second,
  '8 hours': 28_800 * second,
  '1 day': day,
  '1 week': 7 * day,
  '1W': 7 * day,
  '1 month': 30 * day,
  '1M': 30 * day,
}

/** Length of a bar; undefined for words that TWS does not know. */
export function barSizeMs(text: string): number | undefined {
  return barSizes[text.trim()]
}

/** Milliseconds of a duration such as `1 D` or `3600 S`; NaN for others. */
export function durationMs(text: string): number {
  const match = /^(\d+) ([SDWMY])$/.exec(text.trim())
  if (match === null) return Number.NaN
  const units: Readonly<Record<string, number>> = { S: second, D: day, W: 7 * day, M: 30 * day, Y: 365 * day }
  return Number(match[1]) * (units[match[2] as string] as number)
}

/** A pseudo-random number from 0 to below 1 that depends on its arguments alone. */
function noise(conId: number, bucket: number, salt: number): number {
  let hash =
    Math.imul(conId ^ 0x9e3779b9, 0x85ebca6b) ^ Math.imul(bucket | 0, 0xc2b2ae35) ^ Math.imul(salt + 1, 0x27d4eb2f)
  hash ^= hash >>> 15
  hash = Math.imul(hash, 0x2c1b3c6d)
  hash ^= hash >>> 12
  hash = Math.imul(hash, 0x297a2d39)
  hash ^= hash >>> 15
  return (hash >>> 0) / 4_294_967_296
}

/** Price of a listing at a moment, on its grid. */
function priceAt(listing: TwsListing, epochMs: number): number {
  const tick = Number(listing.minTick)
  const { conId } = listing.contract
  const hour = Math.floor(epochMs / 3_600_000)
  const share = (epochMs / 3_600_000) % 1
  // A line between two hourly points, with a little of each second on top.
  const from = noise(conId, hour, 0) - 0.5
  const to = noise(conId, hour + 1, 0) - 0.5
  const drift = from + (to - from) * share + (noise(conId, Math.floor(epochMs / second), 1) - 0.5) / 20
  return onGrid(listing.price * (1 + drift / 100), tick)
}

function onGrid(price: number, tick: number): number {
  const digits = (String(tick).split('.')[1] ?? '').length
  return Number((Math.round(price / tick) * tick).toFixed(digits))
}

/** One bar, its numbers as TWS writes them. */
export function barAt(listing: TwsListing, startMs: number, sizeMs: number, date: string): BarText {
  const { conId } = listing.contract
  const open = priceAt(listing, startMs)
  const close = priceAt(listing, startMs + sizeMs - second)
  const tick = Number(listing.minTick)
  const reach = Math.floor(noise(conId, Math.floor(startMs / second), 2) * 6) * tick
  const high = onGrid(Math.max(open, close) + reach, tick)
  const low = onGrid(Math.min(open, close) - reach, tick)
  const hasVolume = listing.contract.secType !== 'CASH'
  const count = 1 + Math.floor(noise(conId, Math.floor(startMs / second), 3) * 40)
  return {
    date,
    open: numberText(open),
    high: numberText(high),
    low: numberText(low),
    close: numberText(close),
    volume: hasVolume ? numberText(count * Math.max(1, Math.round(listing.size / 10))) : '-1',
    wap: hasVolume ? numberText(Number(((open + high + low + close) / 4).toFixed(6))) : '-1',
    count: hasVolume ? String(count) : '-1',
  }
}

/** Whether a stock trades in its regular hours at a moment; other kinds always do. */
function isOpen(listing: TwsListing, epochMs: number, useRth: boolean): boolean {
  if (listing.contract.secType === 'CASH' || listing.contract.secType === 'CRYPTO') return true
  const text = zonedTime(epochMs, 'US/Eastern')
  const weekday = new Date(`${text.slice(0, 4)}-${text.slice(4, 6)}-${text.slice(6, 8)}T00:00:00Z`).getUTCDay()
  if (weekday === 0 || weekday === 6) return false
  const minutes = Number(text.slice(9, 11)) * 60 + Number(text.slice(12, 14))
  if (listing.contract.secType !== 'STK' && listing.contract.secType !== 'OPT') return true
  return useRth ? minutes >= 570 && minutes < 960 : minutes >= 240 && minutes < 1_200
}

/** What a request for bars asks. */
export interface BarRequest {
  readonly listing: TwsListing
  readonly endMs: number
  readonly duration: string
  readonly sizeMs: number
  readonly useRth: boolean
  /** 1: text, 2: epoch seconds. */
  readonly formatDate: number
  readonly version: number
}

/** The date of a bar as the request wants it. */
export function barDate(
  startMs: number,
  { sizeMs, formatDate, version, listing }: Omit<BarRequest, 'endMs' | 'duration' | 'useRth'>,
): string {
  if (sizeMs >= day) return dayText(startMs, 'US/Eastern')
  if (formatDate === 2) return String(Math.floor(startMs / second))
  return version >= 174 ? zonedTime(startMs, listing.timeZone) : bareTime(startMs)
}

/** The most bars that one answer holds. */
const mostBars = 60_000

/** The bars of a request, oldest first. */
export function barsOf(request: BarRequest): { startMs: number; bars: BarText[] } {
  const { listing, endMs, sizeMs, useRth } = request
  const spanMs = durationMs(request.duration)
  const isInDays = /[DWMY]/.test(request.duration)
  const isDaily = sizeMs >= day
  const wanted = isInDays ? Math.max(1, Math.round(spanMs / day)) : 0
  const starts: number[] = []
  // Bars lie on the grid of their length; daily ones begin at midnight UTC of their trading day.
  let startMs = Math.floor((endMs - 1) / sizeMs) * sizeMs
  const sessions = new Set<string>()
  const earliest = endMs - (isInDays ? spanMs + 6 * day : spanMs)
  for (; startMs >= earliest && starts.length < mostBars; startMs -= sizeMs) {
    const middayMs = isDaily ? startMs + 15 * 3_600_000 : startMs
    if (!isOpen(listing, middayMs, useRth)) continue
    if (isInDays && sizeMs < 7 * day && spanMs <= 30 * day) {
      sessions.add(dayText(middayMs, 'US/Eastern'))
      if (sessions.size > wanted) break
    } else if (isInDays && startMs < endMs - spanMs) break
    starts.push(startMs)
  }
  starts.reverse()
  const bars = starts.map((at) => barAt(listing, at, sizeMs, barDate(isDaily ? at + 15 * 3_600_000 : at, request)))
  return { startMs: starts[0] ?? endMs - spanMs, bars }
}

/** One tick of the past. */
export interface PastTick {
  readonly seconds: number
  readonly price: number
  readonly bid: number
  readonly ask: number
  readonly size: number
}

/** Ticks from a time on, or up to one: one a second. */
export function ticksOf(listing: TwsListing, start: string, end: string, count: number, nowMs: number): PastTick[] {
  const startMs = parseTime(start)
  const endMs = parseTime(end)
  const most = Math.min(Math.max(0, count), 1_000)
  const firstMs = !Number.isNaN(startMs) ? startMs : (Number.isNaN(endMs) ? nowMs : endMs) - most * second
  const ticks: PastTick[] = []
  const lastMs = Math.min(nowMs, Number.isNaN(endMs) ? nowMs : endMs)
  for (let at = Math.ceil(firstMs / second) * second; at <= lastMs && ticks.length < most; at += second) {
    const price = priceAt(listing, at)
    const tick = Number(listing.minTick)
    const size = Math.max(1, Math.round(listing.size * noise(listing.contract.conId, Math.floor(at / second), 4)))
    ticks.push({ seconds: Math.floor(at / second), price, bid: price, ask: onGrid(price + tick, tick), size })
  }
  return ticks
}

/** The bar that is forming now, from the market itself. */
export function formingBar(market: MarketView, startMs: number, request: BarRequest): BarText {
  const { last, volume, trades } = market
  const bar = barAt(market.listing, startMs, request.sizeMs, barDate(startMs, request))
  const text = numberText(last)
  const high = numberText(Math.max(Number(bar.open), last))
  const low = numberText(Math.min(Number(bar.open), last))
  return { ...bar, close: text, high, low, volume: numberText(volume), wap: text, count: String(trades) }
}
