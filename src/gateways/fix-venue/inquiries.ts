/** Answers to questions: orders (H, AF), executions (AD), positions (AN), balances (BB). */
import { FixGroup } from '../../connectors/fix/codec/group.js'
import type { FixMessage } from '../../connectors/fix/codec/message.js'
import type { EntryFields, Outgoing } from '../../connectors/fix/connector/outgoing.js'
import type { Symbology } from '../../connectors/fix/connector/symbology.js'
import { Tag } from '../../connectors/fix/dictionary/tags.js'
import type { SimulatedVenue } from '../../connectors/sim/venue.js'
import type { VenueAccount } from '../../connectors/sim/venue-accounts.js'
import type { VenueExecution, VenueOrder } from '../../connectors/sim/venue-order.js'
import type { Time } from '../../core/time.js'
import { unitsToText } from '../../model/decimal.js'
import { Liquidity } from '../../orders/codes.js'
import type { FixOrder, FixOrders } from './fix-orders.js'
import type { ReportIds, ReportWriter } from './report-writer.js'

const MONEY_SCALE = 8

/** What a desk works with. */
export interface InquiryParts {
  readonly market: SimulatedVenue
  readonly orders: FixOrders
  readonly writer: ReportWriter
  readonly out: Outgoing
  readonly symbology: Symbology
  readonly ids: ReportIds
  readonly time: Time
  readonly clientName: string
  /** Whether AF lists closed orders too. */
  readonly listsAll: boolean
  sees(order: VenueOrder): boolean
}

/** Answers the questions of one session. */
export class InquiryDesk {
  readonly #parts: InquiryParts
  readonly #group = new FixGroup()

  constructor(parts: InquiryParts) {
    this.#parts = parts
  }

  get out(): Outgoing {
    return this.#parts.out
  }

  /** OrderStatusRequest (H). */
  orderStatus(message: FixMessage): void {
    const { writer, time } = this.#parts
    const order = this.orderOf(message)
    if (order === undefined) writer.noOrder(message, 'unknown order', time.wallUs())
    else writer.status(order, time.wallUs())
  }

  /** The order that a message names: by its own id, by one of its requests, by the venue's. */
  orderOf(message: FixMessage, tag: number = Tag.ClOrdID): FixOrder | undefined {
    const { orders, clientName, market } = this.#parts
    const id = message.string(tag)
    const known = id === undefined ? undefined : orders.find(clientName, id)
    if (known !== undefined) return known
    const order = market.order(Number(message.string(Tag.OrderID) ?? Number.NaN))
    return order !== undefined && this.#parts.sees(order) ? orders.of(order) : undefined
  }

  /** OrderMassStatusRequest (AF). */
  massStatus(message: FixMessage): void {
    const { market, orders, writer, time, listsAll } = this.#parts
    const id = message.string(Tag.MassStatusReqID) ?? ''
    const instrument = this.#parts.symbology.read(message)
    const found = market
      .orders(listsAll ? {} : { live: true })
      .filter((order) => this.#parts.sees(order) && (instrument === undefined || order.instrument === instrument))
    if (found.length === 0) writer.noOrder(undefined, 'no orders', time.wallUs(), id)
    for (const [index, order] of found.entries())
      writer.status(orders.of(order), time.wallUs(), { id, count: found.length, isLast: index === found.length - 1 })
  }

  /** TradeCaptureReportRequest (AD), from a date or time on. */
  trades(message: FixMessage): void {
    const { market, out } = this.#parts
    const id = message.string(Tag.TradeRequestID) ?? ''
    const sinceUs = this.#since(message)
    const found = market.executions({ sinceUs }).filter(({ order }) => this.#parts.sees(order))
    if (out.rules.has('AQ')) {
      out.begin('AQ')
      out.string(Tag.TradeRequestID, id)
      out.string(Tag.TradeRequestType, message.string(Tag.TradeRequestType))
      out.int(Tag.TotNumTradeReports, found.length)
      out.int(Tag.TradeRequestResult, 0)
      out.int(Tag.TradeRequestStatus, 1)
      out.string(Tag.Symbol, '[N/A]')
      out.send()
    }
    for (const [index, execution] of found.entries()) this.#trade(execution, id, index === found.length - 1)
  }

  #since(message: FixMessage): number {
    const group = this.#group
    if (!group.open(message, Tag.NoDates) || !group.next()) return Number.NEGATIVE_INFINITY
    const at = group.find(Tag.TransactTime)
    if (at >= 0) return message.timestampUsAt(at)
    const date = group.find(Tag.TradeDate)
    return date < 0 ? Number.NEGATIVE_INFINITY : message.dateAt(date) * 86_400_000_000
  }

  #trade(execution: VenueExecution, id: string, isLast: boolean): void {
    const { out, orders, symbology, clientName } = this.#parts
    const { order, quantityUnits, priceUnits, tsUs } = execution
    const { instrument } = order
    out.begin('AE')
    out.string(Tag.TradeReportID, `T${execution.exec}`)
    out.string(Tag.TradeRequestID, id)
    out.string(Tag.ExecType, 'F')
    out.string(Tag.ExecID, String(execution.exec))
    out.flag(Tag.PreviouslyReported, true)
    out.flag(Tag.LastRptRequested, isLast)
    symbology.write(instrument, (tag, value) => out.string(tag, value))
    out.units(Tag.LastQty, quantityUnits, instrument.sizeScale)
    out.units(Tag.LastPx, priceUnits, instrument.priceScale)
    out.date(Tag.TradeDate, tsUs)
    out.timestamp(Tag.TransactTime, tsUs)
    if (execution.liquidity === Liquidity.maker) out.string(Tag.LastLiquidityInd, '1')
    if (execution.liquidity === Liquidity.taker) out.string(Tag.LastLiquidityInd, '2')
    const isOwn = order.clientName === clientName
    const side: EntryFields = [
      [Tag.Side, order.sideSign > 0 ? '1' : '2'],
      [Tag.OrderID, String(order.venueOrderId)],
      [Tag.ClOrdID, isOwn ? orders.of(order).clOrdId : undefined],
      [Tag.Account, order.accountName],
      ...(execution.feeUnits === 0
        ? []
        : ([
            [Tag.Commission, unitsToText(execution.feeUnits, MONEY_SCALE)],
            [Tag.CommType, '3'],
          ] as const)),
    ]
    out.group(Tag.NoSides, [side])
    out.send()
  }

  /** RequestForPositions (AN). */
  positions(message: FixMessage): void {
    const { out } = this.#parts
    const id = message.string(Tag.PosReqID) ?? ''
    const account = this.#account(message)
    const positions = [...account.positions.values()]
    const nowUs = this.#parts.time.wallUs()
    out.begin('AO')
    out.string(Tag.PosMaintRptID, this.#parts.ids.next())
    out.string(Tag.PosReqID, id)
    out.int(Tag.TotalNumPosReports, positions.length)
    out.int(Tag.PosReqResult, positions.length === 0 ? 2 : 0)
    out.int(Tag.PosReqStatus, 0)
    out.string(Tag.Account, account.name)
    out.int(Tag.AccountType, 1)
    out.send()
    for (const { instrument, quantityUnits, averagePriceUnits } of positions) {
      out.begin('AP')
      out.string(Tag.PosMaintRptID, this.#parts.ids.next())
      out.string(Tag.PosReqID, id)
      out.int(Tag.PosReqType, 0)
      out.int(Tag.TotalNumPosReports, positions.length)
      out.int(Tag.PosReqResult, 0)
      out.date(Tag.ClearingBusinessDate, nowUs)
      out.string(Tag.Account, account.name)
      out.int(Tag.AccountType, 1)
      this.#parts.symbology.write(instrument, (tag, value) => out.string(tag, value))
      const price = Number.isNaN(averagePriceUnits) ? 0 : Math.round(averagePriceUnits)
      out.units(Tag.SettlPrice, price, instrument.priceScale)
      out.int(Tag.SettlPriceType, 2)
      out.int(Tag.PriorSettlPrice, 0)
      const size = instrument.quantityText(Math.abs(quantityUnits))
      out.group(Tag.NoPositions, [
        [
          [Tag.PosType, 'TQ'],
          [Tag.LongQty, quantityUnits > 0 ? size : '0'],
          [Tag.ShortQty, quantityUnits < 0 ? size : '0'],
        ],
      ])
      if (out.rules.requires('AP', Tag.NoPosAmt))
        out.group(Tag.NoPosAmt, [
          [
            [Tag.PosAmtType, 'FMTM'],
            [Tag.PosAmt, '0'],
          ],
        ])
      out.send()
    }
  }

  /** CollateralInquiry (BB): cash by currency. */
  balances(message: FixMessage): void {
    const { out, ids } = this.#parts
    const id = message.string(Tag.CollInquiryID) ?? ''
    const account = this.#account(message)
    const rows = [...account.cash]
    out.begin('BG')
    out.string(Tag.CollInquiryID, id)
    out.int(Tag.CollInquiryStatus, 1)
    out.int(Tag.CollInquiryResult, 0)
    out.int(Tag.TotNumReports, rows.length)
    out.string(Tag.Account, account.name)
    out.send()
    for (const [index, [currency, total]] of rows.entries()) {
      out.begin('BA')
      out.string(Tag.CollRptID, ids.next())
      out.string(Tag.CollInquiryID, id)
      out.int(Tag.CollStatus, 3)
      out.int(Tag.TotNumReports, rows.length)
      out.flag(Tag.LastRptRequested, index === rows.length - 1)
      out.string(Tag.Account, account.name)
      out.string(Tag.Currency, currency)
      out.string(Tag.TotalNetValue, unitsToText(total, MONEY_SCALE))
      out.string(Tag.CashOutstanding, unitsToText(total, MONEY_SCALE))
      out.string(Tag.MarginExcess, unitsToText(account.available(currency), MONEY_SCALE))
      out.send()
    }
  }

  #account(message: FixMessage): VenueAccount {
    return this.#parts.market.account(message.string(Tag.Account) ?? this.#parts.clientName)
  }
}
