/** Streams of market data by symbol: which connectors bring them. */
import type { BaseConnector } from '../connector/base-connector.js'
import type { DataKind } from '../connector/capabilities.js'
import type { Subscription } from '../connector/subscriptions.js'
import type { InstrumentRegistry } from '../model/instrument-registry.js'
import type { ConnectorHub } from './connector-hub.js'
import type { RoutingDesk } from './routing-desk.js'
import { requireSymbols } from './symbol-list.js'

/** See the file's header. */
export class Streams {
  readonly #instruments: InstrumentRegistry
  readonly #hub: ConnectorHub
  readonly #routing: RoutingDesk

  constructor(instruments: InstrumentRegistry, hub: ConnectorHub, routing: RoutingDesk) {
    this.#instruments = instruments
    this.#hub = hub
    this.#routing = routing
  }

  /**
   * Acts on each stream at the connector that is named, or else at all sources of the instrument's feed, or else at the first
   * connector that has such data. @throws TradewireError `TW_UNKNOWN_INSTRUMENT`, `TW_INVALID_ARGUMENT`, and what `act` throws.
   */
  async each(
    symbols: readonly string[],
    kinds: readonly DataKind[],
    connector: string | undefined,
    act: (source: BaseConnector, stream: Subscription) => Promise<void>,
  ): Promise<void> {
    requireSymbols(symbols)
    for (const symbol of symbols)
      for (const kind of kinds) {
        const stream = { kind, instrument: this.#instruments.get(symbol).index }
        const sources = connector === undefined ? this.#routing.sourcesOf(stream) : [this.#hub.get(connector)]
        // Nobody has it: the first connector's refusal says so.
        for (const source of sources.length === 0 ? [this.#hub.get()] : sources) await act(source, stream)
      }
  }
}
