/** The requests of a client for market data, live and past. */
import { findListings, type TwsListing } from './catalogue.js'
import { readContract, readLegs, type TwsContract } from './contract-fields.js'
import type { FieldReader } from './field-reader.js'
import { type BarRequest, barSizeMs, barsOf, durationMs, formingBar, ticksOf } from './history.js'
import type { MarketView } from './market-board.js'
import { numberText } from './market-board.js'
import { Reply, Request } from './message-ids.js'
import { historyFields, historyUpdateFields } from './replies.js'
import type { TwsSession } from './session.js'
import { bareTime, dayText, parseTime, utcTime, zonedTime } from './times.js'

/** Answers a request for market data; false for any other. */
export function answerData(session: TwsSession, id: number, reader: FieldReader): boolean {
  const { streams } = session
  if (id === Request.marketData) marketData(session, reader)
  else if (id === Request.cancelMarketData) streams.unsubscribe(versioned(reader))
  else if (id === Request.marketDataType) streams.dataType = versioned(reader)
  else if (id === Request.tickByTick) {
    const reqId = reader.int()
    const contract = readContract(reader)
    const kind = reader.text()
    reader.skip()
    const ignoresSize = reader.bool()
    const listing = listingFor(session, reqId, contract)
    if (listing !== undefined) streams.subscribeTicks(reqId, listing, kind, ignoresSize)
  } else if (id === Request.cancelTickByTick) streams.unsubscribeTicks(reader.int())
  else if (id === Request.depth) {
    const reqId = versioned(reader)
    const contract = readContract(reader)
    const rows = reader.int()
    const isSmart = reader.bool()
    const listing = listingFor(session, reqId, contract)
    if (listing !== undefined) streams.subscribeDepth(reqId, listing, contract, rows, isSmart)
  } else if (id === Request.cancelDepth) streams.unsubscribeDepth(versioned(reader))
  else if (id === Request.realTimeBars) {
    const reqId = versioned(reader)
    const contract = readContract(reader)
    reader.skip()
    const what = reader.text()
    const listing = listingFor(session, reqId, contract)
    if (listing !== undefined) streams.subscribeBars(reqId, listing, what)
  } else if (id === Request.cancelRealTimeBars) streams.unsubscribeBars(versioned(reader))
  else if (id === Request.history) history(session, reader)
  else if (id === Request.cancelHistory) {
    const reqId = versioned(reader)
    if (!session.histories.delete(reqId)) session.error(reqId, 366, String(reqId))
  } else if (id === Request.headTimestamp) headTimestamp(session, reader)
  else if (id === Request.cancelHeadTimestamp) reader.skip()
  else if (id === Request.historicalTicks) pastTicks(session, reader)
  else if (id === Request.histogram) histogram(session, reader)
  else if (id === Request.cancelHistogram) reader.skip()
  else return false
  return true
}

/** The id behind a message version. */
function versioned(reader: FieldReader): number {
  reader.skip()
  return reader.int()
}

/** The one listing that a contract means; says so where there is none or several. */
function listingFor(session: TwsSession, reqId: number, contract: TwsContract): TwsListing | undefined {
  const { gateway } = session
  if (contract.secType === 'BAG') {
    const combo = gateway.comboOf(contract)
    if (combo === undefined) session.error(reqId, 200)
    return combo
  }
  const found = findListings(gateway.listings, contract)
  const [first] = found
  if (first === undefined || found.length > 1) {
    session.error(reqId, 200)
    return undefined
  }
  if (gateway.unsubscribed.has(first.contract.conId)) {
    if (session.streams.dataType >= 3) {
      session.error(reqId, 10_167)
      return first
    }
    session.error(reqId, 354, `Delayed market data is available.${contract.symbol}`)
    return undefined
  }
  return first
}

function marketData(session: TwsSession, reader: FieldReader): void {
  const reqId = versioned(reader)
  const contract = readContract(reader)
  readLegs(reader, contract)
  if (reader.bool()) reader.skip(3)
  const genericTicks = reader.text()
  const isSnapshot = reader.bool()
  session.gateway.counters.dataRequests++
  const listing = listingFor(session, reqId, contract)
  if (listing !== undefined) session.streams.subscribe(reqId, listing, isSnapshot, genericTicks)
}

function history(session: TwsSession, reader: FieldReader): void {
  const { gateway } = session
  const reqId = reader.int()
  const contract = readContract(reader)
  reader.skip()
  const end = reader.text()
  const barSize = reader.text()
  const duration = reader.text()
  const useRth = reader.bool()
  const what = reader.text().toUpperCase()
  const formatDate = reader.int()
  readLegs(reader, contract)
  const keepsUpToDate = reader.bool()
  const listing = listingFor(session, reqId, contract)
  if (listing === undefined) return
  const sizeMs = barSizeMs(barSize)
  const endMs = end === '' ? gateway.nowMs : parseTime(end, listing.timeZone)
  if (Number.isNaN(endMs)) {
    session.error(reqId, 10_314, ` ${end}`)
    return
  }
  if (Number.isNaN(durationMs(duration))) {
    session.error(reqId, 321, ' Historical data query - duration is not valid')
    return
  }
  if (what === 'SCHEDULE') {
    schedule(session, reqId, listing, endMs, durationMs(duration))
    return
  }
  if (sizeMs === undefined) {
    session.error(reqId, 321, ` Historical data bar size setting is invalid: ${barSize}`)
    return
  }
  const fault = gateway.historyPacing.faultOf(
    gateway.nowMs,
    `${contract.conId}/${contract.symbol}/${contract.exchange}/${what}`,
    `${end}/${barSize}/${duration}`,
    what === 'BID_ASK' ? 2 : 1,
  )
  if (fault !== '') {
    session.error(reqId, 162, fault)
    return
  }
  const request: BarRequest = { listing, endMs, duration, sizeMs, useRth, formatDate, version: session.version }
  const { startMs, bars } = barsOf(request)
  if (bars.length === 0) {
    session.error(reqId, 162, `HMDS query returned no data: ${contract.symbol}`)
    return
  }
  const write = (ms: number) => (session.version >= 174 ? zonedTime(ms, listing.timeZone) : bareTime(ms))
  session.send(historyFields(reqId, write(startMs), write(endMs), bars))
  if (!keepsUpToDate) return
  const market = gateway.board.markets.get(listing.contract.conId) as MarketView
  session.histories.set(reqId, {
    id: reqId,
    update: () => {
      const start = Math.floor(gateway.nowMs / sizeMs) * sizeMs
      session.send(historyUpdateFields(reqId, formingBar(market, start, request)))
    },
  })
}

function schedule(session: TwsSession, reqId: number, listing: TwsListing, endMs: number, spanMs: number): void {
  const zone = listing.timeZone
  const days: string[] = []
  for (let ms = endMs - spanMs; ms <= endMs; ms += 86_400_000) {
    const weekday = new Date(ms).getUTCDay()
    if (weekday !== 0 && weekday !== 6) days.push(dayText(ms, zone))
  }
  const [opens = '0930', closes = '1600'] = listing.hours.split('-')
  const at = (day: string, time: string) => `${day}-${time.slice(0, 2)}:${time.slice(2)}:00`
  const sessions = days.flatMap((day) => [at(day, opens), at(day, closes), day])
  const first = days[0] ?? dayText(endMs, zone)
  const last = days.at(-1) ?? first
  session.send([Reply.historicalSchedule, reqId, at(first, opens), at(last, closes), zone, days.length, ...sessions])
}

function headTimestamp(session: TwsSession, reader: FieldReader): void {
  const reqId = reader.int()
  const contract = readContract(reader)
  reader.skip(3)
  const formatDate = reader.int()
  const listing = listingFor(session, reqId, contract)
  if (listing === undefined) return
  const firstMs = Date.UTC(2004, 0, 23, 14, 30)
  session.send([Reply.headTimestamp, reqId, formatDate === 2 ? String(firstMs / 1_000) : utcTime(firstMs)])
}

function pastTicks(session: TwsSession, reader: FieldReader): void {
  const reqId = reader.int()
  const contract = readContract(reader)
  reader.skip()
  const [start, end] = [reader.text(), reader.text()] as [string, string]
  const count = reader.int()
  const what = reader.text().toUpperCase()
  const listing = listingFor(session, reqId, contract)
  if (listing === undefined) return
  if (start !== '' && end !== '') {
    session.error(reqId, 321, ' Either start or end date time must be given')
    return
  }
  const ticks = ticksOf(listing, start, end, count, session.gateway.nowMs)
  const price = numberText
  if (what === 'BID_ASK') {
    const rows = ticks.flatMap((tick) => [tick.seconds, 0, price(tick.bid), price(tick.ask), tick.size, tick.size])
    session.send([Reply.historicalTicksBidAsk, reqId, ticks.length, ...rows, 1])
  } else if (what === 'MIDPOINT') {
    const rows = ticks.flatMap((tick) => [tick.seconds, 0, price(Number(((tick.bid + tick.ask) / 2).toFixed(8))), 0])
    session.send([Reply.historicalTicks, reqId, ticks.length, ...rows, 1])
  } else {
    const exchange = listing.contract.primaryExchange || listing.contract.exchange
    const rows = ticks.flatMap((tick) => [tick.seconds, 0, price(tick.price), tick.size, exchange, ''])
    session.send([Reply.historicalTicksLast, reqId, ticks.length, ...rows, 1])
  }
}

function histogram(session: TwsSession, reader: FieldReader): void {
  const reqId = reader.int()
  const contract = readContract(reader)
  const listing = listingFor(session, reqId, contract)
  if (listing === undefined) return
  const tick = Number(listing.minTick)
  const digits = (listing.minTick.split('.')[1] ?? '').length
  const rows = Array.from({ length: 10 }, (_, i) => [(listing.price + i * tick).toFixed(digits), 100 * (10 - i)]).flat()
  session.send([Reply.histogram, reqId, 10, ...(rows as (string | number)[])])
}
