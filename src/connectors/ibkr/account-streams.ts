/**
 * Values, holdings and profits of accounts as TWS sends them by itself: asked for by a host that shows or watches them. What
 * is watched goes on over every connection until it is stopped.
 */
import { TypedEmitter } from '../../core/emitter.js'
import { TradewireError } from '../../core/errors.js'
import type { FieldCursor } from './field-cursor.js'
import { Incoming } from './messages.js'
import type { TwsApi } from './transport.js'

/** One value of an account, such as `NetLiquidation`. Decimal text. */
export interface IbkrAccountValue {
  readonly account: string
  readonly key: string
  readonly value: string
  readonly currency: string
}

/** What an account holds of a contract, valued by TWS; numbers in the contract's currency, NaN where TWS does not know yet. */
export interface IbkrHolding {
  readonly account: string
  readonly conId: number
  readonly symbol: string
  readonly localSymbol: string
  readonly secType: string
  readonly currency: string
  /** Decimal text; negative is short. */
  readonly quantity: string
  readonly price: number
  readonly value: number
  /** Of one contract: price times multiplier. */
  readonly averageCost: number
  readonly unrealized: number
  readonly realized: number
}

/** Profit of an account; NaN where TWS does not know yet. */
export interface IbkrPnl {
  readonly account: string
  readonly daily: number
  readonly unrealized: number
  readonly realized: number
}

/** Profit of one position of an account. */
export interface IbkrPositionPnl extends IbkrPnl {
  readonly conId: number
  /** Decimal text; negative is short. */
  readonly quantity: string
  readonly value: number
}

/** What is told. */
export interface AccountStreamEvents {
  value: IbkrAccountValue
  holding: IbkrHolding
  pnl: IbkrPnl
  positionPnl: IbkrPositionPnl
}

/** How it speaks to TWS. */
export interface AccountStreamParts {
  /** Sends a request in its turn: these streams count like any other message. */
  send(request: (api: TwsApi) => void): void
  nextRequest(): number
  isConnected(): boolean
}

/** A stream of profits that somebody wants. */
interface PnlWatch {
  readonly account: string
  readonly modelCode: string
  /** 0 for the whole account. */
  readonly conId: number
  reqId: number
}

/** The account streams of one connector. */
export class AccountStreams {
  readonly events = new TypedEmitter<AccountStreamEvents>()
  readonly #parts: AccountStreamParts
  readonly #values = new Map<string, IbkrAccountValue>()
  readonly #holdings = new Map<string, IbkrHolding>()
  readonly #watches = new Set<PnlWatch>()
  readonly #byRequest = new Map<number, PnlWatch>()
  /** The account whose values come. */
  #watched: string | undefined

  constructor(parts: AccountStreamParts) {
    this.#parts = parts
  }

  /** Values as they were told last. */
  values(account: string): IbkrAccountValue[] {
    return [...this.#values.values()].filter((value) => value.account === account)
  }

  /** Holdings as they were told last; those of quantity 0 were closed. */
  holdings(account: string): IbkrHolding[] {
    return [...this.#holdings.values()].filter((holding) => holding.account === account)
  }

  /**
   * Values and holdings of an account, every three minutes and when a position changes. TWS sends those of one account at a
   * time: the one asked for last. Returns the way to stop. @throws TradewireError `TW_NOT_READY`.
   */
  watchValues(account: string): () => void {
    this.#require()
    this.#watched = account
    this.#parts.send((api) => api.reqAccountUpdates(true, account))
    return () => {
      if (this.#watched !== account) return
      this.#watched = undefined
      if (this.#parts.isConnected()) this.#parts.send((api) => api.reqAccountUpdates(false, account))
    }
  }

  /** Profit of an account, once a second. Returns the way to stop. @throws TradewireError `TW_NOT_READY`. */
  watchPnl(account: string, modelCode = ''): () => void {
    return this.#watch({ account, modelCode, conId: 0, reqId: 0 })
  }

  /** Profit of one position, once a second. Returns the way to stop. @throws TradewireError `TW_NOT_READY`. */
  watchPositionPnl(account: string, conId: number, modelCode = ''): () => void {
    return this.#watch({ account, modelCode, conId, reqId: 0 })
  }

  #watch(watch: PnlWatch): () => void {
    this.#require()
    this.#watches.add(watch)
    this.#ask(watch)
    return () => {
      if (!this.#watches.delete(watch)) return
      this.#byRequest.delete(watch.reqId)
      if (this.#parts.isConnected()) this.#cancel(watch)
    }
  }

  #ask(watch: PnlWatch): void {
    const { account, modelCode, conId } = watch
    const reqId = this.#parts.nextRequest()
    watch.reqId = reqId
    this.#byRequest.set(reqId, watch)
    if (conId === 0) this.#parts.send((api) => api.reqPnL(reqId, account, modelCode))
    else this.#parts.send((api) => api.reqPnLSingle(reqId, account, modelCode, conId))
  }

  #cancel({ conId, reqId }: PnlWatch): void {
    if (conId === 0) this.#parts.send((api) => api.cancelPnL(reqId))
    else this.#parts.send((api) => api.cancelPnLSingle(reqId))
  }

  /** The connection is there, or its data were lost: everything that is watched is asked for anew. */
  resume(): void {
    if (!this.#parts.isConnected()) return
    const watched = this.#watched
    if (watched !== undefined) this.#parts.send((api) => api.reqAccountUpdates(true, watched))
    for (const watch of this.#watches) {
      if (this.#byRequest.delete(watch.reqId)) this.#cancel(watch)
      this.#ask(watch)
    }
  }

  connectionEnded(): void {
    this.#byRequest.clear()
  }

  /** Takes the messages that are for it. */
  receive(id: number, cursor: FieldCursor): void {
    if (id === Incoming.accountValue) this.#value(cursor)
    else if (id === Incoming.portfolioValue) this.#holding(cursor)
    else if (id === Incoming.pnl) {
      const watch = this.#byRequest.get(cursor.int())
      if (watch === undefined) return
      const [daily, unrealized, realized] = [cursor.number(), cursor.number(), cursor.number()] as const
      this.events.emit('pnl', { account: watch.account, daily, unrealized, realized })
    } else if (id === Incoming.pnlSingle) {
      const watch = this.#byRequest.get(cursor.int())
      if (watch === undefined) return
      const quantity = cursor.text()
      const [daily, unrealized, realized, value] = [cursor.number(), cursor.number(), cursor.number(), cursor.number()]
      const { account, conId } = watch
      this.events.emit('positionPnl', { account, conId, quantity, daily, unrealized, realized, value })
    }
  }

  #value(cursor: FieldCursor): void {
    cursor.skip()
    const [key, value, currency, account] = [cursor.text(), cursor.text(), cursor.text(), cursor.text()]
    const told = { account, key, value, currency }
    this.#values.set(`${account}/${key}/${currency}`, told)
    this.events.emit('value', told)
  }

  #holding(cursor: FieldCursor): void {
    cursor.skip()
    const conId = cursor.int()
    const [symbol, secType] = [cursor.text(), cursor.text()]
    cursor.skip(5) // expiry to exchange
    const [currency, localSymbol] = [cursor.text(), cursor.text()]
    cursor.skip()
    const quantity = cursor.text()
    const [price, value, averageCost] = [cursor.number(), cursor.number(), cursor.number()]
    const [unrealized, realized] = [cursor.number(), cursor.number()]
    const account = cursor.text()
    const amounts = { quantity, price, value, averageCost, unrealized, realized }
    const holding = { account, conId, symbol, localSymbol, secType, currency, ...amounts }
    this.#holdings.set(`${account}/${conId}`, holding)
    this.events.emit('holding', holding)
  }

  #require(): void {
    if (!this.#parts.isConnected())
      throw new TradewireError('TW_NOT_READY', 'The connector is not ready: wait for its ready event')
  }
}
