/** Orders of a connector in the words of the gateway's protocol, and its reports in ours. */
import type { ConnectorHost } from '../../../connector/connector-host.js'
import { TradewireError } from '../../../core/errors.js'
import type { Instrument } from '../../../model/instrument.js'
import {
  type LiquidityFlag,
  type OrderType,
  orderTypes,
  type Side,
  type TimeInForce,
  timesInForce,
} from '../../../model/order-types.js'
import type { ApprovedOrder, ApprovedReplace, CancelRequest } from '../../../orders/approved-order.js'
import { Liquidity, OrderFlag, sideOf, tifOf, typeOf } from '../../../orders/codes.js'
import type {
  VenueAccountReport,
  VenueFillReport,
  VenueOrderReport,
  VenueOrderState,
} from '../../../orders/venue-reports.js'
import { amountOf, type Message, textOf } from './messages.js'
import type { OrderLine } from './order-line.js'

const states: readonly VenueOrderState[] = [
  'working',
  'triggered',
  'filled',
  'canceled',
  'expired',
  'rejected',
  'pending',
]

/** Translates for one connector. */
export class OrderDesk {
  readonly #host: ConnectorHost
  readonly #source: () => number
  readonly #line: () => OrderLine

  constructor(host: ConnectorHost, source: () => number, line: () => OrderLine) {
    this.#host = host
    this.#source = source
    this.#line = line
  }

  sendNew(order: ApprovedOrder): void {
    const { instrument } = order
    this.#line().send({
      t: 'new',
      id: order.clientOrderId,
      symbol: instrument.id,
      account: order.account,
      side: sideOf(order.sideSign),
      type: typeOf(order.type),
      timeInForce: tifOf(order.timeInForce),
      quantity: order.quantityUnits,
      price: order.priceUnits,
      trigger: order.triggerUnits,
      trailingAmount: order.trailingAmountUnits,
      trailingBasisPoints: order.trailingBasisPoints,
      display: order.displayUnits,
      expireUs: order.expireTimeUs,
      postOnly: order.postOnly,
      reduceOnly: order.reduceOnly,
      triggerSource:
        (order.flags & OrderFlag.triggerBidAsk) !== 0
          ? 'bid_ask'
          : (order.flags & OrderFlag.triggerMid) !== 0
            ? 'mid'
            : 'last',
    })
  }

  sendReplace(change: ApprovedReplace): void {
    this.#line().send({
      t: 'replace',
      id: change.clientOrderId,
      generation: change.generation,
      quantity: change.newQuantityUnits,
      price: change.newPriceUnits,
      trigger: change.newTriggerUnits,
    })
  }

  sendCancel(request: CancelRequest): void {
    this.#line().send({ t: 'cancel', id: request.clientOrderId, generation: request.generation })
  }

  // ---- Reports ---------------------------------------------------------------------------------------------------------

  /** @throws TradewireError `TW_INVALID_MODEL` for a report that is none. */
  report(report: Message): void {
    const { reports } = this.#host
    const { kind } = report
    if (kind === 'order') {
      const number = reports.numberOf(String(report.id))
      if (number === 0) reports.externalOrder(this.#source(), this.order(report.order))
      return
    }
    const tsUs = this.#number(report.tsUs, 'tsUs')
    const number = report.id === null ? 0 : reports.numberOf(String(report.id))
    if (kind === 'filled') {
      this.#filled(number, this.fill(report))
      return
    }
    if (number === 0) return // of an order that is not known here: reconciliation finds it
    const reason = typeof report.reason === 'string' ? report.reason : ''
    const generation = () => this.#number(report.generation, 'generation')
    if (kind === 'accepted') reports.accepted(number, textOf(report.venueOrderId), tsUs)
    else if (kind === 'rejected') reports.rejected(number, reason, tsUs)
    else if (kind === 'triggered') reports.triggered(number, tsUs)
    else if (kind === 'canceled') reports.canceled(number, this.#amount(report.filled), reason, tsUs)
    else if (kind === 'expired') reports.expired(number, this.#amount(report.filled), tsUs)
    else if (kind === 'replaced')
      reports.replaced(
        number,
        generation(),
        this.#amount(report.quantity),
        this.#amount(report.price),
        this.#amount(report.trigger),
        textOf(report.venueOrderId),
        tsUs,
      )
    else if (kind === 'replaceRejected') reports.replaceRejected(number, generation(), reason, tsUs)
    else if (kind === 'cancelRejected') reports.cancelRejected(number, generation(), reason, tsUs)
    else if (kind === 'corrected')
      reports.corrected(
        number,
        exec(report.exec),
        undefined,
        this.#number(report.quantity, 'quantity'),
        this.#number(report.price, 'price'),
        false,
        tsUs,
      )
    else if (kind === 'busted') reports.busted(number, exec(report.exec), false, tsUs)
    else if (kind === 'unknown') reports.outcomeUnknown(number, reason)
    else throw damaged('kind')
  }

  #filled(number: number, fill: VenueFillReport): void {
    const { reports } = this.#host
    const { quantityUnits, priceUnits, feeUnits = Number.NaN, feeCurrency = '', liquidity, tsUs } = fill
    if (number === 0) reports.externalFill(this.#source(), fill)
    else reports.filled(number, fill.exec, quantityUnits, priceUnits, feeUnits, feeCurrency, liquidity, tsUs)
  }

  // ---- Answers ---------------------------------------------------------------------------------------------------------

  async orders(signal: AbortSignal): Promise<VenueOrderReport[]> {
    return (await this.#line().ask('orders', signal)).map((row) => this.order(row))
  }

  async fills(sinceUs: number, signal: AbortSignal): Promise<VenueFillReport[]> {
    return (await this.#line().ask('fills', signal, { since: sinceUs })).map((row) => this.fill(row))
  }

  async account(signal: AbortSignal): Promise<VenueAccountReport> {
    const rows = (await this.#line().ask('positions', signal)) as Message[]
    return {
      positions: rows.map((row) => ({
        instrument: this.#instrument(row.symbol).index,
        account: this.#text(row.account, 'account'),
        quantityUnits: this.#number(row.quantity, 'quantity'),
      })),
    }
  }

  /** An order of the gateway. @throws TradewireError `TW_INVALID_MODEL` naming the field. */
  order(given: unknown): VenueOrderReport {
    const row = fieldsOf(given)
    const state = row.state as VenueOrderState
    if (!states.includes(state)) throw damaged('state')
    const price = this.#amount(row.price)
    const trigger = this.#amount(row.trigger)
    return {
      ...(typeof row.id === 'string' ? { clientOrderId: row.id } : {}),
      venueOrderId: this.#text(row.venueOrderId, 'venueOrderId'),
      instrument: this.#instrument(row.symbol).index,
      account: this.#text(row.account, 'account'),
      side: oneOf(row.side, ['buy', 'sell'] as const, 'side') as Side,
      type: oneOf(row.type, orderTypes, 'type') as OrderType,
      timeInForce: oneOf(row.timeInForce, timesInForce, 'timeInForce') as TimeInForce,
      quantityUnits: this.#number(row.quantity, 'quantity'),
      ...(Number.isNaN(price) ? {} : { priceUnits: price }),
      ...(Number.isNaN(trigger) ? {} : { triggerUnits: trigger }),
      cumulativeUnits: this.#number(row.filled, 'filled'),
      state,
      ...(typeof row.reason === 'string' ? { reason: row.reason } : {}),
      tsUs: this.#number(row.tsUs, 'tsUs'),
    }
  }

  /** An execution of the gateway. @throws TradewireError `TW_INVALID_MODEL` naming the field. */
  fill(given: unknown): VenueFillReport {
    const row = fieldsOf(given)
    const fee = this.#amount(row.fee)
    const liquidity = Liquidity[row.liquidity as LiquidityFlag] ?? Liquidity.unknown
    return {
      exec: exec(row.exec),
      ...(typeof row.id === 'string' ? { clientOrderId: row.id } : {}),
      venueOrderId: this.#text(row.venueOrderId, 'venueOrderId'),
      instrument: this.#instrument(row.symbol).index,
      account: this.#text(row.account, 'account'),
      side: oneOf(row.side, ['buy', 'sell'] as const, 'side') as Side,
      quantityUnits: this.#number(row.quantity, 'quantity'),
      priceUnits: this.#number(row.price, 'price'),
      ...(Number.isNaN(fee) ? {} : { feeUnits: fee, feeCurrency: this.#text(row.feeCurrency, 'feeCurrency') }),
      liquidity,
      tsUs: this.#number(row.tsUs, 'tsUs'),
    }
  }

  #instrument(symbol: unknown): Instrument {
    return this.#host.instruments.get(this.#text(symbol, 'symbol'))
  }

  #text(value: unknown, field: string): string {
    const text = textOf(value)
    if (text === undefined) throw damaged(field)
    return text
  }

  #number(value: unknown, field: string): number {
    if (typeof value !== 'number' || !Number.isFinite(value)) throw damaged(field)
    return value
  }

  #amount(value: unknown): number {
    const amount = amountOf(value)
    if (amount === undefined) throw damaged('an amount')
    return amount
  }
}

function fieldsOf(given: unknown): Readonly<Record<string, unknown>> {
  if (typeof given !== 'object' || given === null) throw damaged('row')
  return given as Readonly<Record<string, unknown>>
}

function exec(value: unknown): string | number {
  if (typeof value === 'number' && Number.isFinite(value)) return value
  const text = textOf(value)
  if (text === undefined) throw damaged('exec')
  return text
}

function oneOf(value: unknown, known: readonly string[], field: string): string {
  if (typeof value !== 'string' || !known.includes(value)) throw damaged(field)
  return value
}

function damaged(field: string): TradewireError {
  return new TradewireError('TW_INVALID_MODEL', `A message of the gateway has no usable ${field}`, {
    details: { field },
  })
}
