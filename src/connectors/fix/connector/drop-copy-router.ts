/**
 * Messages of a drop copy session whose executions are compared with the books: they are told to the host's comparison, and
 * nothing is booked by them. What a drop copy says of orders beside executions is left to the session that trades.
 */
import type { DropCopySink } from '../../../connector/drop-copy-sink.js'
import { TradewireError } from '../../../core/errors.js'
import type { VenueFillReport } from '../../../orders/venue-reports.js'
import { type FixMessage, msgTypeCodeOf } from '../codec/message.js'
import { Tag } from '../dictionary/tags.js'
import type { FixApplication } from '../session/parts.js'
import { execKeyOf, executionKind, liquidityOf } from './execution-reader.js'
import type { ResolvedProfile } from './profile.js'
import type { ReportDesk } from './report-desk.js'
import { isSell } from './report-reader.js'
import type { Symbology } from './symbology.js'

const EXECUTION_REPORT = msgTypeCodeOf('8')

/** What a router works with. */
export interface DropCopyRouterParts {
  readonly sink: DropCopySink
  readonly desk: ReportDesk
  readonly symbology: Symbology
  readonly profile: ResolvedProfile
  /** Account of reports that name none. */
  readonly account: string
  /** The host's id behind an id on the wire; undefined for one that is not ours. */
  hostIdOf(clOrdId: string): string | undefined
  /** An execution, for venues that cannot be asked for them: then this is where a missed one is found. */
  onFill(fill: VenueFillReport): void
  onFillChanged(exec: VenueFillReport['exec'], quantityUnits: number, priceUnits: number): void
  problem(error: unknown): void
  onDown(reason: string): void
}

/** The application of a drop copy session. */
export class DropCopyRouter implements FixApplication {
  readonly #parts: DropCopyRouterParts

  constructor(parts: DropCopyRouterParts) {
    this.#parts = parts
  }

  onLogon(): void {
    this.#parts.sink.line(true)
  }

  onLogout(reason: string): void {
    this.#parts.sink.line(false)
    this.#parts.onDown(reason)
  }

  onMessage(message: FixMessage): undefined {
    if (message.msgTypeCode !== EXECUTION_REPORT) return
    try {
      this.#execution(message)
    } catch (error) {
      this.#parts.problem(error)
    }
  }

  #execution(message: FixMessage): void {
    const { sink, desk, symbology, profile, onFill, onFillChanged } = this.#parts
    const kind = executionKind(message)
    if (kind !== 'fill' && kind !== 'correct' && kind !== 'bust') return
    const instrument = symbology.read(message)
    if (instrument === undefined)
      throw new TradewireError(
        'TW_UNKNOWN_INSTRUMENT',
        `The drop copy names an unknown instrument ${message.string(Tag.Symbol)}`,
      )
    const tsUs = desk.reader.timeOf(message)
    const told = desk.reader.fillReport(message, instrument, tsUs)
    const clOrdId = message.string(Tag.ClOrdID) ?? message.string(Tag.OrigClOrdID)
    const clientOrderId = clOrdId === undefined ? undefined : this.#parts.hostIdOf(clOrdId)
    const order = clientOrderId === undefined ? {} : { clientOrderId }
    if (kind === 'fill') {
      if (told === undefined) return
      const fill = { ...told, ...order }
      onFill(fill)
      sink.executed(fill)
      return
    }
    const name = message.string(Tag.ExecRefID)
    if (name === undefined)
      throw new TradewireError('TW_INVALID_MODEL', `A ${kind} of an execution names none (ExecRefID, 19)`)
    const reference = execKeyOf(message, profile, name)
    const fill: VenueFillReport = {
      exec: execKeyOf(message, profile),
      instrument: instrument.index,
      account: message.string(Tag.Account) ?? this.#parts.account,
      side: isSell(message) ? 'sell' : 'buy',
      quantityUnits: 0,
      priceUnits: Number.NaN,
      liquidity: liquidityOf(message, profile),
      tsUs,
      ...told,
      ...order,
    }
    if (kind === 'bust') {
      onFillChanged(reference, 0, 0)
      sink.busted(reference, fill)
    } else if (told !== undefined) {
      onFillChanged(reference, told.quantityUnits, told.priceUnits)
      sink.corrected(reference, fill)
    }
  }
}
