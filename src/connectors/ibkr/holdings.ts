/**
 * What TWS holds: orders, executions, positions and cash, asked for at every connection so that they agree with ours, and again
 * after its servers were away. Contracts that come up for the first time are asked about before their orders are told.
 */
import { type Time, withTimeout } from '../../core/time.js'
import type { Instrument } from '../../model/instrument.js'
import type {
  VenueAccountReport,
  VenueBalanceReport,
  VenueFillReport,
  VenueOrderReport,
  VenuePositionReport,
} from '../../orders/venue-reports.js'
import type { ContractDesk } from './contract-desk.js'
import type { FieldCursor } from './field-cursor.js'
import type { IbkrContext } from './ibkr-context.js'
import type { ToldExecution, ToldOrder, ToldPosition } from './messages.js'
import { type OrderReporter, type ToldStatus, unitsOf } from './order-reporter.js'
import { BoundedMap } from './own-orders.js'
import { utcText } from './tws-times.js'

/** TWS has to tell within this time what happened while its servers were away. */
const recoveryTimeoutMs = 30_000

/** Cash by currency, as a tag of the account summary. */
const ledgerTags = '$LEDGER:ALL'

interface LedgerLine {
  readonly account: string
  readonly tag: string
  readonly value: string
  readonly currency: string
}

/** The books of the accounts of one connector, as TWS tells them. */
export class Holdings {
  readonly #time: Time
  readonly #options: IbkrContext['options']
  readonly #line: IbkrContext['line']
  readonly #contracts: IbkrContext['contracts']
  readonly #desk: ContractDesk
  readonly #reporter: OrderReporter
  /** The last status of each order, by permanent id: newer than what a list under way says. */
  readonly #statuses = new BoundedMap<string, ToldStatus>(20_000)

  constructor({ host, options, line, contracts }: IbkrContext, desk: ContractDesk, reporter: OrderReporter) {
    this.#time = host.time
    this.#options = options
    this.#line = line
    this.#contracts = contracts
    this.#desk = desk
    this.#reporter = reporter
  }

  /** Remembers what TWS said of an order last. */
  noteStatus(told: ToldStatus): void {
    this.#statuses.set(told.permId, told)
  }

  /** Open and completed orders. */
  async orders(signal: AbortSignal): Promise<VenueOrderReport[]> {
    const reporter = this.#reporter
    const open = await this.#line.askOrLose<ToldOrder>('orders', signal, (api) => api.reqAllOpenOrders())
    const completed = await this.#line.paced('query', 1, signal, () =>
      this.#line.askOrLose<ToldOrder>('completed', signal, (api) => api.reqCompletedOrders(false)),
    )
    const found = new Map<string, VenueOrderReport>()
    for (const told of completed) {
      const instrument = await this.#desk.instrumentFor(told.contract, signal)
      if (instrument !== undefined) found.set(told.permId, reporter.orderReport(told, told.filled, instrument))
    }
    for (const told of open) {
      const instrument = await this.#desk.instrumentFor(told.contract, signal)
      if (instrument === undefined) continue
      reporter.recognise(told, instrument)
      const status = this.#statuses.get(told.permId)
      // Over since it was listed: the newer word counts.
      const now = status !== undefined && isOver(status.status) ? { ...told, status: status.status } : told
      if (!found.has(told.permId)) found.set(told.permId, reporter.orderReport(now, status?.filled ?? '', instrument))
    }
    return [...found.values()].filter(({ account }) => this.#isMine(account))
  }

  /** Executions since a time; all of the day for 0. */
  async fills(sinceUs: number, signal: AbortSignal): Promise<VenueFillReport[]> {
    const filter = sinceUs > 0 ? { time: utcText(sinceUs) } : {}
    const told = await this.#line.ask<ToldExecution>(signal, (api, reqId) => api.reqExecutions(reqId, filter))
    const known: { told: ToldExecution; instrument: Instrument }[] = []
    for (const each of told) {
      const instrument = await this.#desk.instrumentFor(each.contract, signal)
      if (instrument !== undefined && this.#isMine(each.account)) known.push({ told: each, instrument })
    }
    return this.#reporter.listed(known, sinceUs)
  }

  /** Executions and orders of the time without servers, as reports: TWS does not repeat them by itself. */
  async sinceRecovery(): Promise<void> {
    await withTimeout(this.#time, { timeoutMs: recoveryTimeoutMs, what: 'recovery after 1100' }, (signal) =>
      this.#recover(signal),
    )
  }

  async #recover(signal: AbortSignal): Promise<void> {
    const reporter = this.#reporter
    const reqId = this.#line.nextRequest()
    const told = await this.#line.paced('query', 1, signal, () =>
      this.#line.questions.ask<ToldExecution>(reqId, signal, () =>
        this.#line.send((api) => api.reqExecutions(reqId, {})),
      ),
    )
    for (const each of told) reporter.execution(each)
    reporter.flush()
    await this.#line.paced('query', 1, signal, () =>
      this.#line.askInTurn('orders', signal, (api) => api.reqAllOpenOrders()),
    )
  }

  /** Positions and cash. */
  async accountState(signal: AbortSignal): Promise<VenueAccountReport> {
    const held = await this.#line.askOrLose<ToldPosition>('positions', signal, (api) => api.reqPositions())
    await this.#line.paced('query', 1, signal, async () => this.#line.send((api) => api.cancelPositions()))
    const reqId = this.#line.nextRequest()
    const ledger = await this.#line.paced('query', 1, signal, () =>
      this.#line.questions.ask<LedgerLine>(reqId, signal, () =>
        this.#line.send((api) => api.reqAccountSummary(reqId, 'All', ledgerTags)),
      ),
    )
    await this.#line.paced('query', 1, signal, async () => this.#line.send((api) => api.cancelAccountSummary(reqId)))
    const positions: VenuePositionReport[] = []
    for (const { account, contract, quantity, averageCost } of held) {
      if (!this.#isMine(account)) continue
      const instrument = await this.#desk.instrumentFor(contract, signal)
      if (instrument === undefined) continue
      const { costPerPoint } = this.#contracts.of(instrument)
      const quantityUnits = unitsOf(quantity, instrument.sizeScale)
      const averagePriceUnits = Math.round((Number(averageCost) / costPerPoint) * 10 ** instrument.priceScale)
      positions.push({
        instrument: instrument.index,
        account,
        quantityUnits,
        ...(quantityUnits === 0 ? {} : { averagePriceUnits }),
      })
    }
    return { positions, balances: this.#balances(ledger) }
  }

  #balances(ledger: readonly LedgerLine[]): VenueBalanceReport[] {
    return ledger
      .filter(
        ({ tag, currency, account }) =>
          (tag === 'CashBalance' || tag === 'TotalCashBalance') && currency !== 'BASE' && this.#isMine(account),
      )
      .filter(
        ({ account, currency }, i, all) =>
          all.findIndex((each) => each.account === account && each.currency === currency) === i,
      )
      .map(({ account, currency, value }) => ({ account, currency, total: value, locked: '0' }))
  }

  /** One line of an account summary. */
  summary(cursor: FieldCursor): void {
    cursor.skip()
    const reqId = cursor.int()
    const [account, tag, value, currency] = [cursor.text(), cursor.text(), cursor.text(), cursor.text()] as [
      string,
      string,
      string,
      string,
    ]
    this.#line.questions.add(reqId, { account, tag, value, currency } satisfies LedgerLine)
  }

  #isMine(account: string): boolean {
    const { account: wanted } = this.#options
    return wanted === undefined || account === wanted
  }
}

function isOver(status: string): boolean {
  return status === 'Filled' || status === 'Cancelled' || status === 'ApiCancelled'
}
