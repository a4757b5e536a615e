/** Market data of some symbols for a callback: batches as the ring delivers them, as views that are valid during the call. */
import type { DataKind } from '../connector/capabilities.js'
import type { InstrumentRegistry } from '../model/instrument-registry.js'
import type { RingConsumer } from '../ring/consumer.js'
import type { MarketFilter } from '../ring/filter.js'
import type { IngestRing } from '../ring/ingest-ring.js'
import type { RingHandlers } from '../ring/kinds.js'
import type { TradingSystem } from '../system/trading-system.js'
import { BarView, BookView, QuoteView, StatusView, TradeView } from '../system/views.js'

/** What a subscription may be told. */
export interface StreamOptions {
  /** What the callback gets of its symbols; all unless given. What does not pass is counted in the ring's consumer. */
  filter?: MarketFilter
}

/** Gets batches. The views are valid during the call. */
export type StreamHandler<View> = (batch: Iterable<View>) => void
/** Gets batches of quotes. */
export type PriceHandler = StreamHandler<QuoteView>
/** Gets batches of trades. */
export type TradeHandler = StreamHandler<TradeView>
/** Gets batches of book messages: snapshots and changes, as the venue sends them. */
export type BookHandler = StreamHandler<BookView>
/** Gets batches of bars that a source makes itself. */
export type BarHandler = StreamHandler<BarView>
/** Gets batches of changes of the trading phase. */
export type StatusHandler = StreamHandler<StatusView>

/** A view that can be pointed at a row. */
interface RowView {
  at(ring: IngestRing, row: number): this
}

/** How a kind of data is read from the ring. */
export interface Stream<View extends RowView> {
  readonly kind: DataKind
  readonly handler: keyof RingHandlers
  /** The instrument of each row. */
  readonly instruments: (ring: IngestRing) => ArrayLike<number>
  readonly view: (instruments: InstrumentRegistry) => View
  /** Whether a later row of an instrument stands for an earlier one. */
  readonly conflates: boolean
}

/** What can be subscribed to. Of quotes the latest counts; all others are wanted one by one. */
export const streams = {
  quotes: {
    kind: 'quotes',
    handler: 'onQuotes',
    instruments: (ring) => ring.quotes.instrument,
    view: (registry) => new QuoteView(registry),
    conflates: true,
  },
  trades: {
    kind: 'trades',
    handler: 'onTrades',
    instruments: (ring) => ring.trades.instrument,
    view: (registry) => new TradeView(registry),
    conflates: false,
  },
  books: {
    kind: 'book',
    handler: 'onBooks',
    instruments: (ring) => ring.books.instrument,
    view: (registry) => new BookView(registry),
    conflates: false,
  },
  bars: {
    kind: 'bars',
    handler: 'onBars',
    instruments: (ring) => ring.bars.instrument,
    view: (registry) => new BarView(registry),
    conflates: false,
  },
  statuses: {
    kind: 'status',
    handler: 'onStatuses',
    instruments: (ring) => ring.statuses.instrument,
    view: (registry) => new StatusView(registry),
    conflates: false,
  },
} as const satisfies {
  quotes: Stream<QuoteView>
  trades: Stream<TradeView>
  books: Stream<BookView>
  bars: Stream<BarView>
  statuses: Stream<StatusView>
}

/** Calls `handler` with what a stream brings of `symbols`. @throws TradewireError `TW_UNKNOWN_INSTRUMENT`. */
export function streamConsumer<View extends RowView>(
  system: TradingSystem,
  stream: Stream<View>,
  symbols: readonly string[],
  handler: StreamHandler<View>,
  onError: (error: unknown) => void,
  filter?: MarketFilter,
): RingConsumer {
  const wanted = new Set(symbols.map((symbol) => system.instruments.get(symbol).index))
  const view = stream.view(system.instruments)
  const { overflow } = system.config
  return system.ring.addConsumer({
    name: `${stream.kind} of ${symbols.join(', ')}`,
    policy: stream.conflates ? (overflow ?? 'conflate') : overflow === 'backpressure' ? 'backpressure' : 'dropOldest',
    handlers: {
      [stream.handler]: (ring: IngestRing, from: number, to: number) => {
        const instruments = stream.instruments(ring)
        function* batch() {
          for (let row = from; row < to; row++) if (wanted.has(instruments[row] as number)) yield view.at(ring, row)
        }
        if (hasAny(instruments, wanted, from, to)) handler(batch())
      },
    },
    onError,
    ...(filter === undefined ? {} : { filter }),
  })
}

function hasAny(instruments: ArrayLike<number>, wanted: ReadonlySet<number>, from: number, to: number): boolean {
  for (let row = from; row < to; row++) if (wanted.has(instruments[row] as number)) return true
  return false
}
