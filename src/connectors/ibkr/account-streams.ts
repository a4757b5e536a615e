/** Values, portfolio and profits of accounts as TWS sends them by itself: asked for by a host that shows or watches them. */
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

/** Profit of an account; NaN where TWS does not know yet. */
export interface IbkrPnl {
  readonly account: string
  readonly daily: number
  readonly unrealized: number
  readonly realized: number
}

/** What is told. */
export interface AccountStreamEvents {
  value: IbkrAccountValue
  pnl: IbkrPnl
}

/** How it speaks to TWS. */
export interface AccountStreamParts {
  send(request: (api: TwsApi) => void): void
  nextRequest(): number
  isConnected(): boolean
}

/** The account streams of one connector. Asked for anew by the host after a reconnect: see the `ready` event. */
export class AccountStreams {
  readonly events = new TypedEmitter<AccountStreamEvents>()
  readonly #parts: AccountStreamParts
  readonly #values = new Map<string, IbkrAccountValue>()
  readonly #pnl = new Map<number, string>()

  constructor(parts: AccountStreamParts) {
    this.#parts = parts
  }

  /** Values as they were told last. */
  values(account: string): IbkrAccountValue[] {
    return [...this.#values.values()].filter((value) => value.account === account)
  }

  /** TWS sends the values of one account at a time: the one asked for last. @throws TradewireError `TW_NOT_READY`. */
  watchValues(account: string): void {
    this.#require()
    this.#parts.send((api) => api.reqAccountUpdates(true, account))
  }

  /** Profit of an account, once a second. Returns the way to stop. @throws TradewireError `TW_NOT_READY`. */
  watchPnl(account: string, modelCode = ''): () => void {
    this.#require()
    const reqId = this.#parts.nextRequest()
    this.#pnl.set(reqId, account)
    this.#parts.send((api) => api.reqPnL(reqId, account, modelCode))
    return () => {
      if (this.#pnl.delete(reqId) && this.#parts.isConnected()) this.#parts.send((api) => api.cancelPnL(reqId))
    }
  }

  connectionEnded(): void {
    this.#pnl.clear()
  }

  /** Takes the messages that are for it. */
  receive(id: number, cursor: FieldCursor): void {
    if (id === Incoming.accountValue) {
      cursor.skip()
      const [key, value, currency, account] = [cursor.text(), cursor.text(), cursor.text(), cursor.text()] as [
        string,
        string,
        string,
        string,
      ]
      const told = { account, key, value, currency }
      this.#values.set(`${account}/${key}/${currency}`, told)
      this.events.emit('value', told)
    } else if (id === Incoming.pnl) {
      const account = this.#pnl.get(cursor.int())
      if (account === undefined) return
      this.events.emit('pnl', {
        account,
        daily: cursor.number(),
        unrealized: cursor.number(),
        realized: cursor.number(),
      })
    }
  }

  #require(): void {
    if (!this.#parts.isConnected())
      throw new TradewireError('TW_NOT_READY', 'The connector is not ready: wait for its ready event')
  }
}
