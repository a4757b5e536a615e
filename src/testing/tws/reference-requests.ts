/** The requests of a client for reference data: contracts, rules, news, scanners, time. */
import { findListings, marketRules, nameOf } from './catalogue.js'
import { readContract } from './contract-fields.js'
import type { FieldReader } from './field-reader.js'
import { Reply, Request } from './message-ids.js'
import { contractDetailsFields, symbolSamplesFields } from './replies.js'
import type { TwsSession } from './session.js'
import { dayText } from './times.js'

const providers = [
  ['BRFG', 'Briefing.com General Market Columns'],
  ['BRFUPDN', 'Briefing.com Analyst Actions'],
  ['DJNL', 'Dow Jones Newsletters'],
] as const

/** Answers a request for reference data; false for any other. */
export function answerReference(session: TwsSession, id: number, reader: FieldReader): boolean {
  const { gateway } = session
  if (id === Request.contractDetails) contractDetails(session, reader)
  else if (id === Request.currentTime) session.send([Reply.currentTime, 1, Math.floor(gateway.nowMs / 1_000)])
  else if (id === Request.matchingSymbols) {
    const reqId = reader.int()
    const pattern = reader.text().toUpperCase()
    const found = gateway.listings.filter(
      (listing) => nameOf(listing).startsWith(pattern) || listing.longName.toUpperCase().includes(pattern),
    )
    session.send(symbolSamplesFields(session.version, reqId, found))
  } else if (id === Request.marketRule) {
    const rule = reader.int()
    const steps = marketRules[rule]
    if (steps === undefined) session.error(-1, 321, ` Invalid market rule id ${rule}`)
    else session.send([Reply.marketRule, rule, steps.length, ...steps.flat()])
  } else if (id === Request.optionParameters) optionParameters(session, reader)
  else if (answerNews(session, id, reader)) return true
  else if (id === Request.depthExchanges) {
    const rows = ['ISLAND', 'ARCA', 'BATS'].flatMap((exchange) => [exchange, 'STK', '', 'Deep2', '1'])
    // The largest integer where there is no group: clients read a number here.
    session.send([Reply.depthExchanges, 4, ...rows, 'CME', 'FUT', '', 'Deep', '2147483647'])
  } else if (id === Request.smartComponents) {
    const reqId = reader.int()
    session.send([Reply.smartComponents, reqId, 3, 0, 'AMEX', 'A', 1, 'ARCA', 'P', 2, 'NASDAQ', 'Q'])
  } else if (id === Request.familyCodes)
    session.send([
      Reply.familyCodes,
      gateway.options.accounts.length,
      ...gateway.options.accounts.flatMap((account) => [account, '']),
    ])
  else if (id === Request.softDollarTiers) session.send([Reply.softDollarTiers, reader.int(), 0])
  else if (id === Request.userInfo) session.send([Reply.userInfo, reader.int(), ''])
  else return answerRest(session, id, reader)
  return true
}

function answerNews(session: TwsSession, id: number, reader: FieldReader): boolean {
  const { gateway } = session
  if (id === Request.newsProviders) session.send([Reply.newsProviders, providers.length, ...providers.flat()])
  else if (id === Request.historicalNews) {
    const reqId = reader.int()
    const conId = reader.int()
    reader.skip(3)
    const most = Math.min(reader.int(), 300)
    const listing = gateway.listings.find(({ contract }) => contract.conId === conId)
    if (listing === undefined) {
      session.error(reqId, 200)
      return true
    }
    const count = Math.min(most, 3)
    for (let i = 0; i < count; i++) {
      const time = new Date(gateway.nowMs - (i + 1) * 3_600_000).toISOString().replace('T', ' ').slice(0, 21)
      session.send([Reply.historicalNews, reqId, time, 'BRFG', `BRFG$0${i}`, `${listing.longName}: note ${i + 1}`])
    }
    session.send([Reply.historicalNewsEnd, reqId, 0])
  } else if (id === Request.newsArticle) {
    const reqId = reader.int()
    const [provider, article] = [reader.text(), reader.text()]
    if (!providers.some(([code]) => code === provider)) session.error(reqId, 10_276)
    else session.send([Reply.newsArticle, reqId, 0, `The text of article ${article}.`])
  } else if (id === Request.newsBulletins)
    session.send([Reply.newsBulletin, 1, 1, 1, 'Simulated gateway: no bulletins of note.', 'NYSE'])
  else if (id === Request.cancelNewsBulletins) return true
  else return false
  return true
}

function contractDetails(session: TwsSession, reader: FieldReader): void {
  const { gateway } = session
  reader.skip()
  const reqId = reader.int()
  const contract = readContract(reader)
  const found = findListings(gateway.listings, contract)
  if (found.length === 0) {
    session.error(reqId, 200)
    return
  }
  for (const listing of found) {
    const exchange = contract.exchange === '' ? listing.contract.exchange : contract.exchange
    session.send(contractDetailsFields(session.version, reqId, listing, exchange, gateway.nowMs))
  }
  session.send([Reply.contractDetailsEnd, 1, reqId])
}

function optionParameters(session: TwsSession, reader: FieldReader): void {
  const reqId = reader.int()
  const symbol = reader.text()
  reader.skip(2)
  const underlying = reader.int()
  const options = session.gateway.listings.filter(
    ({ contract, underlyingConId }) =>
      contract.secType === 'OPT' && contract.symbol === symbol && (underlying === 0 || underlyingConId === underlying),
  )
  const [first] = options
  if (first !== undefined) {
    const expiries = [...new Set(options.map(({ contract }) => contract.lastTrade))].sort()
    const strikes = [...new Set(options.map(({ contract }) => contract.strike))]
    const head = [reqId, 'SMART', first.underlyingConId, first.contract.tradingClass, first.contract.multiplier]
    session.send([Reply.optionParameters, ...head, expiries.length, ...expiries, strikes.length, ...strikes])
  }
  session.send([Reply.optionParametersEnd, reqId])
}

/** What the gateway only knows to answer in a word, or to take note of. */
function answerRest(session: TwsSession, id: number, reader: FieldReader): boolean {
  if (id === Request.scannerParameters)
    session.send([
      Reply.scannerParameters,
      1,
      '<?xml version="1.0" encoding="UTF-8"?><ScanParameterResponse></ScanParameterResponse>',
    ])
  else if (id === Request.scanner) {
    const reqId = reader.int()
    const stocks = session.gateway.listings.filter(({ contract }) => contract.secType === 'STK')
    const rows = stocks.flatMap(({ contract }, rank) => [
      ...[rank, contract.conId, contract.symbol, contract.secType, '', '0', '', contract.exchange, contract.currency],
      ...[contract.localSymbol, contract.tradingClass, contract.tradingClass, '', '', '', ''],
    ])
    session.send([Reply.scannerData, 3, reqId, stocks.length, ...rows])
  } else if (id === Request.financialAdvisor) {
    reader.skip()
    session.send([
      Reply.financialAdvisor,
      1,
      reader.int(),
      '<?xml version="1.0" encoding="UTF-8"?><ListOfGroups></ListOfGroups>',
    ])
  } else if (id === Request.replaceFinancialAdvisor) {
    reader.skip(3)
    if (!reader.isAtEnd) session.send([Reply.replaceFinancialAdvisorEnd, reader.int(), 'Finished'])
  } else if (id === Request.displayGroups) {
    reader.skip()
    session.send([Reply.displayGroups, 1, reader.int(), '1|2|3|4|5|6|7'])
  } else if (id === Request.subscribeToGroup) {
    reader.skip()
    session.send([Reply.displayGroupUpdated, 1, reader.int(), 'none'])
  } else if (id === Request.fundamentals) fundamentals(session, reader)
  else if (id === Request.wshMetaData)
    session.send([Reply.wshMetaData, reader.int(), '{"meta_data":{"event_types":["wshe_ed","wshe_div"]}}'])
  else if (id === Request.wshEvents) calendarEvents(session, reader)
  else if (id === Request.impliedVolatility || id === Request.optionPrice) optionValue(session, id, reader)
  else if (id === Request.exerciseOptions) {
    reader.skip()
    session.error(reader.int(), 322, ' options are not exercised here')
  } else return isNoted(id)
  return true
}

/** A report on a company, as XML; for anything but a stock there is none. */
function fundamentals(session: TwsSession, reader: FieldReader): void {
  reader.skip()
  const reqId = reader.int()
  const conId = reader.int()
  const symbol = reader.text()
  const listing = session.gateway.listings.find(({ contract }) =>
    conId === 0 ? contract.symbol === symbol && contract.secType === 'STK' : contract.conId === conId,
  )
  if (listing === undefined) session.error(reqId, 200)
  else if (listing.contract.secType !== 'STK') session.error(reqId, 430)
  else {
    const name = listing.longName.replaceAll('&', '&amp;')
    const report = `<ReportSnapshot><CoIDs><CoID Type="CompanyName">${name}</CoID></CoIDs></ReportSnapshot>`
    session.send([Reply.fundamentals, 1, reqId, `<?xml version="1.0" encoding="UTF-8"?>${report}`])
  }
}

/** The events of a company in the coming weeks, as JSON. */
function calendarEvents(session: TwsSession, reader: FieldReader): void {
  const { gateway } = session
  const reqId = reader.int()
  const conId = reader.int()
  const events = gateway.listings.some(({ contract }) => contract.conId === conId)
    ? [{ conId, type: 'wshe_ed', date: dayText(gateway.nowMs + 14 * 86_400_000) }]
    : []
  session.send([Reply.wshEvents, reqId, JSON.stringify(events)])
}

function optionValue(session: TwsSession, id: number, reader: FieldReader): void {
  reader.skip()
  const reqId = reader.int()
  readContract(reader)
  const given = reader.number()
  const underlying = reader.number()
  const [volatility, price] =
    id === Request.impliedVolatility ? [0.25, given] : [given, Number((underlying * given * 0.1).toFixed(4))]
  session.send([Reply.optionComputation, reqId, 53, 0, volatility, 0.5, price, 0, 0.02, 0.1, -0.05, underlying])
}

/** Requests that ask for no answer. */
function isNoted(id: number): boolean {
  return (
    id === Request.logLevel ||
    id === Request.cancelScanner ||
    id === Request.cancelFundamentals ||
    id === Request.cancelImpliedVolatility ||
    id === Request.cancelOptionPrice ||
    id === Request.updateDisplayGroup ||
    id === Request.unsubscribeFromGroup ||
    id === Request.cancelWshMetaData ||
    id === Request.cancelWshEvents
  )
}
