/**
 * Trading statuses of the venue's instruments: SecurityStatusRequest (e) is answered by SecurityStatus (f),
 * TradingSessionStatusRequest (g) by TradingSessionStatus (h), now and, where that is asked for, whenever a phase changes.
 */
import type { FixMessage } from '../../connectors/fix/codec/message.js'
import type { Outgoing } from '../../connectors/fix/connector/outgoing.js'
import type { Symbology } from '../../connectors/fix/connector/symbology.js'
import { Tag } from '../../connectors/fix/dictionary/tags.js'
import type { Listing } from '../../connectors/sim/listing.js'
import type { SimulatedVenue } from '../../connectors/sim/venue.js'
import type { Time } from '../../core/time.js'
import { TradingStatus } from '../../ring/kinds.js'

/** Requests that one session may have open. */
const MAX_STREAMS = 10_000
/** TradingSessionID (336): the venue has one trading session, the day. */
const DAY = '1'

/** SecurityTradingStatus (326) by phase; what a version may have instead. */
const securityStatus: Readonly<Record<TradingStatus, readonly [string, string]>> = {
  [TradingStatus.closed]: ['18', '18'],
  [TradingStatus.preOpen]: ['21', '1'],
  [TradingStatus.open]: ['17', '17'],
  [TradingStatus.halted]: ['2', '2'],
  [TradingStatus.auction]: ['22', '1'],
}

/** TradSesStatus (340) by phase. */
const sessionStatus: Readonly<Record<TradingStatus, string>> = {
  [TradingStatus.closed]: '3',
  [TradingStatus.preOpen]: '4',
  [TradingStatus.open]: '2',
  [TradingStatus.halted]: '1',
  [TradingStatus.auction]: '5',
}

/** What a desk works with. */
export interface StatusDeskParts {
  readonly market: SimulatedVenue
  readonly out: Outgoing
  readonly symbology: Symbology
  readonly time: Time
  isUp(): boolean
}

/** Serves the status requests of one session. */
export class VenueStatusDesk {
  readonly #parts: StatusDeskParts
  /** Requests that last, by their id: a listing, or the trading session. */
  readonly #streams = new Map<string, Listing | 'session'>()
  readonly #endTape: () => void

  constructor(parts: StatusDeskParts) {
    this.#parts = parts
    this.#endTape = parts.market.addTape({
      quote: () => {},
      trade: () => {},
      level: () => {},
      phase: (listing) => this.#onPhase(listing),
    })
  }

  /** The session is down: what it asked for ends with it. */
  clear(): void {
    this.#streams.clear()
  }

  close(): void {
    this.clear()
    this.#endTape()
  }

  /** SecurityStatusRequest (e). */
  onSecurityRequest(message: FixMessage): void {
    const { symbology, market } = this.#parts
    const id = message.string(Tag.SecurityStatusReqID) ?? ''
    const instrument = symbology.read(message)
    const listing = instrument === undefined ? undefined : market.listing(instrument.id)
    if (message.equals(Tag.SubscriptionRequestType, '2')) this.#streams.delete(id)
    else if (listing === undefined) this.#unknown(id, message)
    else {
      if (message.equals(Tag.SubscriptionRequestType, '1') && this.#streams.size < MAX_STREAMS)
        this.#streams.set(id, listing)
      this.#security(id, listing)
    }
  }

  /** TradingSessionStatusRequest (g). */
  onSessionRequest(message: FixMessage): void {
    const id = message.string(Tag.TradSesReqID) ?? ''
    if (message.equals(Tag.SubscriptionRequestType, '2')) {
      this.#streams.delete(id)
      return
    }
    if (message.equals(Tag.SubscriptionRequestType, '1') && this.#streams.size < MAX_STREAMS)
      this.#streams.set(id, 'session')
    this.#session(id)
  }

  #onPhase(listing: Listing): void {
    if (!this.#parts.isUp()) return
    for (const [id, stream] of this.#streams) {
      if (stream === 'session') this.#session(id)
      else if (stream === listing) this.#security(id, listing)
    }
  }

  #security(id: string, { instrument, phase }: Listing): void {
    const { out, symbology, time } = this.#parts
    const [value, instead] = securityStatus[phase]
    out.begin('f')
    out.string(Tag.SecurityStatusReqID, id)
    symbology.write(instrument, (tag, text) => out.string(tag, text))
    out.string(Tag.SecurityTradingStatus, out.rules.allowsValue(Tag.SecurityTradingStatus, value) ? value : instead)
    out.timestamp(Tag.TransactTime, time.wallUs())
    out.send()
  }

  /** A request for an instrument that is not listed. */
  #unknown(id: string, message: FixMessage): void {
    const { out } = this.#parts
    out.begin('f')
    out.string(Tag.SecurityStatusReqID, id)
    for (const tag of [Tag.Symbol, Tag.SecurityID, Tag.SecurityIDSource]) out.string(tag, message.string(tag))
    out.string(Tag.SecurityTradingStatus, '20')
    out.string(Tag.Text, 'unknown symbol')
    out.send()
  }

  /** The session is open while anything trades. */
  #session(id: string): void {
    const { out, market } = this.#parts
    const phases = market.listings.map(({ phase }) => phase)
    const phase = phases.includes(TradingStatus.open) ? TradingStatus.open : (phases[0] ?? TradingStatus.closed)
    out.begin('h')
    out.string(Tag.TradSesReqID, id)
    out.string(Tag.TradingSessionID, DAY)
    out.string(Tag.TradSesStatus, sessionStatus[phase])
    out.send()
  }
}
