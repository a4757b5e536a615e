/**
 * The line to TWS as everything above it uses it: requests out, questions with their answers, and the numbers that tell answers
 * apart. What was asked over a connection ends with it.
 */
import type { PacingClass } from '../../connector/pacing/pacing-options.js'
import { TradewireError } from '../../core/errors.js'
import { firstRequestId } from './order-ids.js'
import { Questions } from './questions.js'
import type { TwsApi, TwsTransport } from './transport.js'

/** What the line has from its connector. */
export interface TwsLineParts {
  /** Runs a request when the limits of TWS allow it. */
  paced<T>(kind: PacingClass, weight: number, signal: AbortSignal, request: () => Promise<T>): Promise<T>
  /** The connection cannot be used any more. */
  connectionLost(reason: string): void
}

/** A connection and what was asked over it. */
export class TwsLine {
  /** Undefined while there is no connection. */
  transport: TwsTransport | undefined
  readonly paced: TwsLineParts['paced']
  readonly #connectionLost: TwsLineParts['connectionLost']
  #questions = new Questions()
  #nextRequest = firstRequestId

  constructor({ paced, connectionLost }: TwsLineParts) {
    this.paced = paced
    this.#connectionLost = connectionLost
  }

  /** Questions of this connection. */
  get questions(): Questions {
    return this.#questions
  }

  /** Version of the protocol that TWS speaks; 0 without a connection. */
  get serverVersion(): number {
    return this.transport?.serverVersion ?? 0
  }

  /** A number for a request; never used twice on one connection. */
  nextRequest(): number {
    return this.#nextRequest++
  }

  /** @throws TradewireError `TW_NOT_CONNECTED` when there is no connection: nothing was sent. */
  send(request: (api: TwsApi) => void): void {
    if (this.transport === undefined) throw notConnected('there is none')
    this.transport.send(request)
  }

  /** Asks a question whose answer carries the number of the question. */
  ask<T>(signal: AbortSignal, request: (api: TwsApi, reqId: number) => void): Promise<T[]> {
    const reqId = this.nextRequest()
    return this.#questions.ask<T>(reqId, signal, () => this.send((api) => request(api, reqId)))
  }

  /** Asks a question whose answer carries no number, when the one before under the same key is over. */
  askInTurn<T>(key: string, signal: AbortSignal, request: (api: TwsApi) => void): Promise<T[]> {
    return this.#questions.askInTurn<T>(key, signal, () => this.send(request))
  }

  /**
   * A question whose answer carries no number. One that is not answered in time leaves an answer under way that the next
   * question would take for its own, so the connection has to go.
   */
  async askOrLose<T>(key: string, signal: AbortSignal, request: (api: TwsApi) => void): Promise<T[]> {
    const { transport } = this
    let isSent = false
    try {
      return await this.#questions.askInTurn<T>(key, signal, () => {
        isSent = true
        this.send(request)
      })
    } catch (error) {
      if (signal.aborted && isSent && transport === this.transport)
        this.#connectionLost(`TWS did not answer the question for ${key}`)
      throw error
    }
  }

  /** The connection is gone, and with it every answer that was still to come. */
  forget(): void {
    this.#questions.failAll(notConnected('the connection ended'))
    this.#questions = new Questions()
    this.#nextRequest = firstRequestId
  }
}

/** There is no connection, and why. */
export function notConnected(reason: string): TradewireError {
  return new TradewireError('TW_NOT_CONNECTED', `There is no connection to TWS: ${reason}`)
}

/** TWS refused a request, in its words. */
export function refused(code: number, text: string): TradewireError {
  return new TradewireError('TW_NOT_SUPPORTED', `TWS refused it: ${text} (${code})`, { details: { code } })
}
