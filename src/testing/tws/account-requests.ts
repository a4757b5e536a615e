/** The requests of a client about accounts: values, positions, summaries and profits, and what they keep being told. */
import type { FieldReader } from './field-reader.js'
import { Reply, Request } from './message-ids.js'
import { portfolioFields, positionFields, positionMultiFields } from './replies.js'
import type { TwsSession } from './session.js'
import { zonedTime } from './times.js'

/** Answers a request about accounts; false for any other. */
export function answerAccount(session: TwsSession, id: number, reader: FieldReader): boolean {
  if (id === Request.managedAccounts)
    session.send([Reply.managedAccounts, 1, session.gateway.options.accounts.join(',')])
  else if (id === Request.accountUpdates) {
    reader.skip()
    const subscribes = reader.bool()
    const account = accountOf(session, reader.isAtEnd ? '' : reader.text())
    if (account === undefined) return fault(session, -1)
    session.accountUpdates = subscribes ? account : ''
    if (!subscribes) return true
    sendAccount(session, account)
    session.send([Reply.accountDownloadEnd, 1, account])
  } else if (id === Request.positions) {
    session.wantsPositions = true
    sendPositions(session)
  } else if (id === Request.cancelPositions) session.wantsPositions = false
  else if (id === Request.accountSummary) summary(session, reader)
  else if (id === Request.cancelAccountSummary) session.summaries.delete(versioned(reader))
  else if (id === Request.accountUpdatesMulti) multiUpdates(session, reader)
  else if (id === Request.cancelAccountUpdatesMulti) session.multiUpdates.delete(versioned(reader))
  else if (id === Request.positionsMulti) multiPositions(session, reader)
  else if (id === Request.cancelPositionsMulti) session.multiPositions.delete(versioned(reader))
  else if (id === Request.pnl) {
    const reqId = reader.int()
    const account = accountOf(session, reader.text())
    if (account === undefined) return fault(session, reqId)
    session.pnl.set(reqId, account)
    sendPnl(session, reqId, account)
  } else if (id === Request.cancelPnl) session.pnl.delete(reader.int())
  else if (id === Request.pnlSingle) {
    const reqId = reader.int()
    const account = accountOf(session, reader.text())
    reader.skip()
    if (account === undefined) return fault(session, reqId)
    const conId = reader.int()
    session.pnlSingle.set(reqId, { account, conId })
    sendPnlSingle(session, reqId, account, conId)
  } else if (id === Request.cancelPnlSingle) session.pnlSingle.delete(reader.int())
  else return false
  return true
}

function versioned(reader: FieldReader): number {
  reader.skip()
  return reader.int()
}

/** The account that a request means: the first for an empty name; undefined for one that is not managed here. */
function accountOf(session: TwsSession, name: string): string | undefined {
  const { accounts } = session.gateway.options
  if (name === '' || name === 'All') return accounts[0]
  return accounts.find((account) => account === name)
}

function fault(session: TwsSession, reqId: number): true {
  session.error(reqId, 321, ' Invalid account code.')
  return true
}

/** Values, positions and time of an account. */
export function sendAccount(session: TwsSession, account: string): void {
  const { accountBook, nowMs } = session.gateway
  for (const { key, value, currency } of accountBook.values(account))
    session.send([Reply.accountValue, 2, key, value, currency, account])
  for (const held of accountBook.positions(account)) session.send(portfolioFields(accountBook.portfolio(account, held)))
  session.send([Reply.accountUpdateTime, 1, zonedTime(nowMs).slice(9, 14)])
}

function sendPositions(session: TwsSession): void {
  const { accountBook, options } = session.gateway
  for (const account of options.accounts)
    for (const held of accountBook.positions(account))
      session.send(positionFields(account, held.listing.contract, held.quantityText, String(held.averageCost)))
  session.send([Reply.positionEnd, 1])
}

/** A position changed: whoever watches hears of it. */
export function tellPosition(session: TwsSession, account: string, conId: number): void {
  const { accountBook } = session.gateway
  const held = accountBook.position(account, conId)
  if (held === undefined) return
  const { contract } = held.listing
  if (session.wantsPositions)
    session.send(positionFields(account, contract, held.quantityText, String(held.averageCost)))
  for (const [reqId, watched] of session.multiPositions)
    if (watched === account)
      session.send(positionMultiFields(reqId, account, contract, held.quantityText, String(held.averageCost), ''))
  if (session.accountUpdates !== account) return
  session.send(portfolioFields(accountBook.portfolio(account, held)))
  sendValues(session, account)
}

function sendValues(session: TwsSession, account: string): void {
  const { accountBook, nowMs } = session.gateway
  for (const { key, value, currency } of accountBook.values(account))
    session.send([Reply.accountValue, 2, key, value, currency, account])
  session.send([Reply.accountUpdateTime, 1, zonedTime(nowMs).slice(9, 14)])
}

/** What TWS tells every three minutes by itself: account values, positions with their worth, summaries. */
export function tellAccounts(session: TwsSession): void {
  const { accountUpdates } = session
  if (accountUpdates !== '') sendAccount(session, accountUpdates)
  for (const [reqId, { account, tags }] of session.summaries)
    for (const each of accountsOf(session, account)) sendSummary(session, reqId, each, tags)
}

/** The accounts that a summary is about: one that is named, or all. */
function accountsOf(session: TwsSession, group: string): readonly string[] {
  const { accounts } = session.gateway.options
  return accounts.includes(group) ? [group] : accounts
}

function summary(session: TwsSession, reader: FieldReader): void {
  reader.skip()
  const reqId = reader.int()
  const group = reader.text()
  const tags = reader.text().split(',')
  session.summaries.set(reqId, { account: group, tags })
  for (const account of accountsOf(session, group)) sendSummary(session, reqId, account, tags)
  session.send([Reply.accountSummaryEnd, 1, reqId])
}

function sendSummary(session: TwsSession, reqId: number, account: string, tags: readonly string[]): void {
  const isAll = tags.includes('All')
  const wantsLedger = tags.some((tag) => tag.startsWith('$LEDGER'))
  for (const { key, value, currency } of session.gateway.accountBook.values(account)) {
    const isLedger = key === 'CashBalance' || key === 'TotalCashBalance' || key === 'ExchangeRate'
    if (isAll || tags.includes(key) || (wantsLedger && isLedger))
      session.send([Reply.accountSummary, 1, reqId, account, key, value, currency])
  }
}

function multiUpdates(session: TwsSession, reader: FieldReader): void {
  reader.skip()
  const reqId = reader.int()
  const account = accountOf(session, reader.text())
  const model = reader.text()
  if (account === undefined) {
    fault(session, reqId)
    return
  }
  session.multiUpdates.set(reqId, account)
  for (const { key, value, currency } of session.gateway.accountBook.values(account))
    session.send([Reply.accountUpdateMulti, 1, reqId, account, model, key, value, currency])
  session.send([Reply.accountUpdateMultiEnd, 1, reqId])
}

function multiPositions(session: TwsSession, reader: FieldReader): void {
  reader.skip()
  const reqId = reader.int()
  const account = accountOf(session, reader.text())
  const model = reader.text()
  if (account === undefined) {
    fault(session, reqId)
    return
  }
  session.multiPositions.set(reqId, account)
  for (const held of session.gateway.accountBook.positions(account))
    session.send(
      positionMultiFields(reqId, account, held.listing.contract, held.quantityText, String(held.averageCost), model),
    )
  session.send([Reply.positionMultiEnd, 1, reqId])
}

function sendPnl(session: TwsSession, reqId: number, account: string): void {
  const { daily, unrealized, realized } = session.gateway.accountBook.profits(account)
  session.send([Reply.pnl, reqId, daily.toFixed(2), unrealized.toFixed(2), realized.toFixed(2)])
}

function sendPnlSingle(session: TwsSession, reqId: number, account: string, conId: number): void {
  const held = session.gateway.accountBook.position(account, conId)
  const { quantityText = '0', unrealized = 0, realized = 0, value = 0 } = held ?? {}
  const amounts = [unrealized + realized, unrealized, realized, value].map((amount) => amount.toFixed(2))
  session.send([Reply.pnlSingle, reqId, quantityText, ...amounts])
}

/** What TWS tells every second of profits. */
export function tellProfits(session: TwsSession): void {
  for (const [reqId, account] of session.pnl) sendPnl(session, reqId, account)
  for (const [reqId, { account, conId }] of session.pnlSingle) sendPnlSingle(session, reqId, account, conId)
}
