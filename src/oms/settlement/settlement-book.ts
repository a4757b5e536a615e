/**
 * From executions to confirmations to settlement.
 *
 * Executions of one trade date, account, strategy, instrument and side make one confirmation with their average price. A
 * bust or a correction restates it with a higher version; a confirmation that settled already is restated as an exception
 * that somebody has to deal with. What is due on a date is netted by account and instrument, and in cash by currency.
 *
 * Exact decimals; not on the order path. Bounded: beyond `maxExecutions` nothing more is taken, with an error.
 */
import type { IsoDate } from '../../calendar/civil-date.js'
import { TradewireError } from '../../core/errors.js'
import { Decimal } from '../../model/decimal.js'
import type { ExecutionReport, SettlementRecord } from '../../model/execution.js'
import type { Instrument } from '../../model/instrument.js'
import type { Side } from '../../model/order-types.js'
import { type Allocation, type AllocationShare, allocate } from './allocation.js'
import { type SettlementRules, settlementDateOf, tradeDateOf } from './settlement-date.js'

/** A confirmation of what was traded. */
export interface TradeConfirmation {
  readonly id: string
  /** 1, and one more for every restatement. */
  readonly version: number
  readonly tradeDate: IsoDate
  readonly settlementDate: IsoDate
  readonly account: string
  readonly strategy: string
  readonly instrument: string
  readonly symbol: string
  readonly side: Side
  readonly quantity: Decimal
  /** Undefined where everything was busted. */
  readonly averagePrice: Decimal | undefined
  /** Quantity x price x multiplier in `currency`. */
  readonly grossAmount: Decimal
  /** Fees in `currency`, and those in others. */
  readonly fees: Decimal
  readonly otherFees: readonly { currency: string; amount: Decimal }[]
  /** Executions whose fee is not known yet: the net amount may change. */
  readonly feesUnknown: number
  /** What is paid (negative) or received. */
  readonly netAmount: Decimal
  readonly currency: string
  readonly status: 'open' | 'settled' | 'failed' | 'busted'
  readonly executions: readonly SettlementRecord[]
}

/** What is due on a date, netted. */
export interface SettlementDue {
  readonly date: IsoDate
  /** Positive is received, negative delivered. */
  readonly securities: readonly { account: string; instrument: string; quantity: Decimal }[]
  /** Positive is received, negative paid. */
  readonly cash: readonly { account: string; currency: string; amount: Decimal }[]
}

/** Options of a book. */
export interface SettlementBookOptions extends SettlementRules {
  readonly instruments: { get(id: string): Instrument }
  /** 1,000,000 unless given. */
  readonly maxExecutions?: number
}

interface Execution {
  report: ExecutionReport
  isBusted: boolean
}

interface Confirmation {
  readonly id: string
  version: number
  readonly tradeDate: IsoDate
  readonly settlementDate: IsoDate
  readonly instrument: Instrument
  readonly account: string
  readonly strategy: string
  readonly side: Side
  readonly executions: Map<string, Execution>
  status: 'open' | 'settled' | 'failed'
}

/** Confirmations, what is due, and what settled. */
export class SettlementBook {
  /** Restatements of confirmations that had settled: for somebody to deal with. */
  readonly exceptions: { confirmationId: string; reason: string }[] = []
  /** Executions told twice. */
  duplicates = 0
  readonly #options: SettlementBookOptions
  readonly #confirmations = new Map<string, Confirmation>()
  readonly #byExecution = new Map<string, Confirmation>()

  constructor(options: SettlementBookOptions) {
    this.#options = options
  }

  /**
   * Takes an execution, a correction or a bust. The same execution counts once. Returns the confirmation as it is now.
   *
   * @throws TradewireError those of the settlement date; `TW_UNKNOWN_ORDER` for a correction or bust of an execution that is
   * not known; `TW_CAPACITY`.
   */
  book(report: ExecutionReport): TradeConfirmation {
    const key = keyOf(report, report.execId)
    if (report.kind !== 'fill') return this.#restate(report)
    const known = this.#byExecution.get(key)
    if (known !== undefined) {
      this.duplicates++
      return this.#view(known)
    }
    const { maxExecutions = 1_000_000 } = this.#options
    if (this.#byExecution.size >= maxExecutions)
      throw new TradewireError('TW_CAPACITY', `The book is full of ${maxExecutions} executions; raise maxExecutions`)
    const confirmation = this.#confirmationOf(report)
    confirmation.executions.set(key, { report, isBusted: false })
    this.#byExecution.set(key, confirmation)
    this.#changed(confirmation, `execution ${report.execId} came after settlement`)
    return this.#view(confirmation)
  }

  /** Confirmations of a trade date, or all, in the order of their first executions. */
  confirmations(tradeDate?: IsoDate): TradeConfirmation[] {
    return [...this.#confirmations.values()]
      .filter((each) => tradeDate === undefined || each.tradeDate === tradeDate)
      .map((each) => this.#view(each))
  }

  /** A confirmation by id; undefined when there is none. */
  confirmation(id: string): TradeConfirmation | undefined {
    const found = this.#confirmations.get(id)
    return found && this.#view(found)
  }

  /** What is due on a date and has not settled, netted. */
  due(date: IsoDate): SettlementDue {
    const securities = new Map<string, { account: string; instrument: string; quantity: Decimal }>()
    const cash = new Map<string, { account: string; currency: string; amount: Decimal }>()
    const pay = (account: string, currency: string, amount: Decimal) => {
      const key = `${account}\n${currency}`
      const before = cash.get(key)?.amount ?? new Decimal(0)
      cash.set(key, { account, currency, amount: before.plus(amount) })
    }
    for (const confirmation of this.#confirmations.values()) {
      if (confirmation.settlementDate !== date || confirmation.status === 'settled') continue
      const { account, instrument, side, quantity, netAmount, currency, otherFees } = this.#view(confirmation)
      const key = `${account}\n${instrument}`
      const before = securities.get(key)?.quantity ?? new Decimal(0)
      securities.set(key, {
        account,
        instrument,
        quantity: side === 'buy' ? before.plus(quantity) : before.minus(quantity),
      })
      pay(account, currency, netAmount)
      for (const fee of otherFees) pay(account, fee.currency, fee.amount.negated())
    }
    return {
      date,
      securities: [...securities.values()].filter(({ quantity }) => !quantity.isZero()),
      cash: [...cash.values()].filter(({ amount }) => !amount.isZero()),
    }
  }

  /** Says what became of a confirmation. @throws TradewireError `TW_UNKNOWN_ORDER` when there is none of this id. */
  settle(id: string, status: 'settled' | 'failed' = 'settled'): TradeConfirmation {
    const confirmation = this.#confirmations.get(id)
    if (confirmation === undefined) throw new TradewireError('TW_UNKNOWN_ORDER', `There is no confirmation ${id}`)
    confirmation.status = status
    return this.#view(confirmation)
  }

  /** Divides a confirmation among accounts; see {@link allocate}. @throws TradewireError as that, and `TW_UNKNOWN_ORDER`. */
  allocate(id: string, shares: readonly AllocationShare[]): Allocation[] {
    const confirmation = this.#confirmations.get(id)
    const view = confirmation && this.#view(confirmation)
    if (confirmation === undefined || view?.averagePrice === undefined)
      throw new TradewireError('TW_UNKNOWN_ORDER', `There is no confirmation ${id} with anything to allocate`)
    const { sizeIncrement } = confirmation.instrument.definition
    return allocate(
      {
        quantity: view.quantity,
        averagePrice: view.averagePrice,
        fees: view.fees,
        sizeIncrement,
        multiplier: confirmation.instrument.multiplier,
        feeDigits: Math.max(2, view.fees.decimalPlaces()),
      },
      shares,
    )
  }

  #restate(report: ExecutionReport): TradeConfirmation {
    const reference = report.referenceExecId ?? report.execId
    const key = keyOf(report, reference)
    const confirmation = this.#byExecution.get(key)
    const execution = confirmation?.executions.get(key)
    if (confirmation === undefined || execution === undefined)
      throw new TradewireError('TW_UNKNOWN_ORDER', `No execution ${reference} is known that could be restated`)
    if (report.kind === 'bust') {
      if (execution.isBusted) return this.#view(confirmation)
      execution.isBusted = true
    } else {
      const { price, quantity } = report
      execution.report = { ...execution.report, price, quantity, ...feeOf(report, execution.report) }
      execution.isBusted = false
    }
    this.#changed(confirmation, `${report.kind} of execution ${reference} after settlement`)
    return this.#view(confirmation)
  }

  #changed(confirmation: Confirmation, reason: string): void {
    confirmation.version++
    if (confirmation.status !== 'settled') return
    confirmation.status = 'failed'
    this.exceptions.push({ confirmationId: confirmation.id, reason })
  }

  #confirmationOf(report: ExecutionReport): Confirmation {
    const instrument = this.#options.instruments.get(report.instrument)
    const tradeDate = tradeDateOf(this.#options, instrument, report.tsEventUs)
    const strategy = report.strategy ?? ''
    const id = [tradeDate, report.account, strategy, instrument.id, report.side].join('/')
    let confirmation = this.#confirmations.get(id)
    if (confirmation === undefined) {
      confirmation = {
        id,
        version: 0,
        tradeDate,
        settlementDate: settlementDateOf(this.#options, instrument, tradeDate),
        instrument,
        account: report.account,
        strategy,
        side: report.side,
        executions: new Map(),
        status: 'open',
      }
      this.#confirmations.set(id, confirmation)
    }
    return confirmation
  }

  #view(confirmation: Confirmation): TradeConfirmation {
    const { id, version, tradeDate, settlementDate, instrument, account, strategy, side, status } = confirmation
    const currency = instrument.settlementCurrency
    const live = [...confirmation.executions.values()].filter(({ isBusted }) => !isBusted).map(({ report }) => report)
    const sum = (pick: (report: ExecutionReport) => Decimal) =>
      live.reduce((total, report) => total.plus(pick(report)), new Decimal(0))
    const quantity = sum((report) => report.quantity)
    const grossAmount = sum((report) => amountOf(report, instrument))
    const fees = sum(({ commission, commissionCurrency }) =>
      commission !== undefined && (commissionCurrency ?? currency) === currency ? commission : new Decimal(0),
    )
    const paid = side === 'buy' ? grossAmount.negated() : grossAmount
    return {
      id,
      version,
      tradeDate,
      settlementDate,
      account,
      strategy,
      instrument: instrument.id,
      symbol: instrument.symbol,
      side,
      quantity,
      averagePrice: quantity.isZero() ? undefined : sum((each) => each.price.mul(each.quantity)).div(quantity),
      grossAmount,
      fees,
      otherFees: otherFees(live, currency),
      feesUnknown: live.filter(({ commission }) => commission === undefined).length,
      netAmount: paid.minus(fees),
      currency,
      status: live.length === 0 ? 'busted' : status,
      executions: live.map((report) => ({
        execId: report.execId,
        account: report.account,
        instrument: report.instrument,
        side: report.side,
        quantity: report.quantity,
        amount: amountOf(report, instrument),
        currency,
        tradeDate,
        settlementDate,
        status: status === 'open' ? 'pending' : status,
      })),
    }
  }
}

/** Value of an execution in the settlement currency: of inverse contracts quantity x multiplier / price. */
function amountOf({ price, quantity }: ExecutionReport, { multiplier, isInverse }: Instrument): Decimal {
  const contracts = quantity.mul(multiplier)
  return isInverse ? contracts.div(price) : contracts.mul(price)
}

function otherFees(live: readonly ExecutionReport[], currency: string): { currency: string; amount: Decimal }[] {
  const fees = new Map<string, Decimal>()
  for (const { commission, commissionCurrency } of live) {
    if (commission === undefined || commissionCurrency === undefined || commissionCurrency === currency) continue
    fees.set(commissionCurrency, (fees.get(commissionCurrency) ?? new Decimal(0)).plus(commission))
  }
  return [...fees].map(([name, amount]) => ({ currency: name, amount }))
}

function feeOf(report: ExecutionReport, before: ExecutionReport): Partial<ExecutionReport> {
  const { commission = before.commission, commissionCurrency = before.commissionCurrency } = report
  return {
    ...(commission === undefined ? {} : { commission }),
    ...(commissionCurrency === undefined ? {} : { commissionCurrency }),
  }
}

/** The same execution id may be used on another account or instrument, or by another venue. */
function keyOf({ connector, account, instrument }: ExecutionReport, execId: string): string {
  return [connector, account, instrument, execId].join('\n')
}
