/**
 * Profit and loss by what fills have in common: venue, algorithm, or any name the host gives. Each name has positions of its
 * own, so that the figures of all names add up to the total whatever was bought here and sold there.
 *
 * It follows the order events of a running system from the moment it is made; the system's own portfolio, with accounts,
 * strategies and instruments, is what survives a restart.
 */
import { Decimal } from '../model/decimal.js'
import type { Instrument } from '../model/instrument.js'
import type { RateSource } from './base-currency.js'
import { Portfolio } from './portfolio.js'
import { type NamedPnl, portfolioSnapshot } from './snapshot.js'
import type { SplitRatio } from './splitting.js'
import type { MarkSource } from './valuation.js'

/** What is read of an order event: those of `system.orders.events` fit. */
export interface AttributedEvent {
  readonly type: string
  readonly order: {
    readonly clientOrderId: string
    readonly snapshot: {
      readonly instrument: string
      readonly connector: string
      readonly tag?: string
      readonly strategy: string
    }
  }
  readonly side: 'buy' | 'sell'
  readonly quantityUnits: number
  readonly priceUnits: number
  readonly feeUnits: number
  readonly feeCurrency: string | undefined
  readonly execId: unknown
  readonly tsEventUs: number
}

/** What is read of a stock split. */
export interface AttributedSplit {
  /** Id. */
  readonly instrument: string
  readonly ratio: SplitRatio
  readonly cashInLieu?: Decimal
  readonly tsUs: number
}

/** Options of an attribution. */
export interface AttributionOptions {
  /** `system.orders.events`. */
  readonly events: {
    on(event: 'order', listener: (event: AttributedEvent) => void): () => void
    on(event: 'split', listener: (event: AttributedSplit) => void): () => void
  }
  /** `system.instruments`. */
  readonly instruments: { get(id: string): Instrument }
  readonly baseCurrency: string
  readonly marks: MarkSource
  readonly rates?: RateSource
  /** The name a fill counts for; its connector unless given. */
  readonly nameOf?: (event: AttributedEvent) => string
}

/** Fills remembered for busts and corrections. */
const maxTrades = 65_536

/** Profit and loss by name. */
export class Attribution {
  /** Busts and corrections of fills that are not remembered any more. */
  missed = 0
  readonly #portfolio: Portfolio
  readonly #options: AttributionOptions
  readonly #account: number
  readonly #trades = new Map<string, number>()
  readonly #stops: readonly (() => void)[]

  constructor(options: AttributionOptions) {
    this.#options = options
    this.#portfolio = new Portfolio({
      baseCurrency: options.baseCurrency,
      marks: options.marks,
      historyTrades: maxTrades,
      ...(options.rates === undefined ? {} : { rates: options.rates }),
    })
    this.#account = this.#portfolio.accounts.intern('all')
    this.#stops = [
      options.events.on('order', (event) => this.#take(event)),
      options.events.on('split', (event) => this.#split(event)),
    ]
  }

  /** Stops following. The figures stay. */
  stop(): void {
    for (const stop of this.#stops) stop()
  }

  /** Figures by name in the base currency; absent where a price or a rate is missing. */
  byName(tsUs: number): NamedPnl[] {
    return portfolioSnapshot(this.#portfolio, tsUs).byStrategy
  }

  /** Signed position of a name in an instrument. */
  position(name: string, instrumentId: string): Decimal {
    const instrument = this.#options.instruments.get(instrumentId)
    const index = this.#portfolio.strategies.find(name)
    return instrument.quantityFromUnits(
      index < 0 ? 0 : this.#portfolio.quantityUnits(this.#account, index, instrument.index),
    )
  }

  #take(event: AttributedEvent): void {
    const { type } = event
    if (type === 'filled') this.#fill(event)
    else if (type === 'fill_busted' || type === 'fill_corrected') {
      const trade = this.#trades.get(keyOf(event))
      const isDone =
        trade !== undefined &&
        (type === 'fill_busted'
          ? this.#portfolio.bustFill(trade, event.tsEventUs)
          : this.#portfolio.correctFill(trade, event.quantityUnits, event.priceUnits, event.tsEventUs))
      if (!isDone) this.missed++
    }
  }

  /** Names share what rounding leaves of all of them together, over all accounts. */
  #split({ instrument: id, ratio, cashInLieu, tsUs }: AttributedSplit): void {
    const instrument = this.#options.instruments.get(id)
    const price = cashInLieu?.times(new Decimal(10).pow(instrument.priceScale)).toNumber()
    this.#portfolio.applySplit(instrument, ratio.numerator, ratio.denominator, tsUs, price)
  }

  #fill(event: AttributedEvent): void {
    const { snapshot } = event.order
    const instrument = this.#options.instruments.get(snapshot.instrument)
    const name = this.#options.nameOf?.(event) ?? snapshot.connector
    const strategy = this.#portfolio.strategies.intern(name)
    const side = event.side === 'buy' ? 1 : -1
    const { quantityUnits, priceUnits, tsEventUs } = event
    const trade = this.#portfolio.applyFill(
      this.#account,
      strategy,
      instrument,
      side,
      quantityUnits,
      priceUnits,
      tsEventUs,
    )
    if (event.feeCurrency !== undefined && Number.isSafeInteger(event.feeUnits)) {
      const currency = this.#portfolio.currencies.intern(event.feeCurrency)
      this.#portfolio.applyFee(this.#account, strategy, instrument, currency, event.feeUnits, trade, tsEventUs)
    }
    if (this.#trades.size >= maxTrades) this.#trades.delete(this.#trades.keys().next().value as string)
    this.#trades.set(keyOf(event), trade)
  }
}

function keyOf({ order, execId }: AttributedEvent): string {
  return `${order.clientOrderId} ${String(execId)}`
}
