/**
 * The order books of a system: one for each instrument and source that sends books. For sources that send no quotes, the best
 * prices go into the ring as quotes, so that strategies, the quote cache and the references of risk have them all the same.
 *
 *   ring ─► books ─► system.books
 *              └─► best prices ─► ring, for sources without quotes
 */
import { type BookDefinition, BookStore } from '../market/book-store.js'
import type { IngestRing } from '../ring/ingest-ring.js'
import type { Surroundings } from './compose.js'
import type { ConnectorHub } from './connector-hub.js'

/** Keeps the books of a system where its configuration wants them; the store is there in any case. */
export function composeBooks(
  { config, core, resources, problem }: Surroundings,
  ring: IngestRing,
  connectors: Pick<ConnectorHub, 'follow'>,
): BookStore {
  const dataOf = (source: number) => core.connectors[source]?.capabilities.data ?? []
  const define = (instrument: number, source: number): BookDefinition => {
    const { priceIncrement: priceStep } = core.instruments.at(instrument).definition
    const data = dataOf(source)
    return data.includes('orders') && !data.includes('book') ? { kind: 'level3' } : { kind: 'level2', priceStep }
  }
  const publishQuote: IngestRing['publishQuote'] = (instrument, source, ...quote) =>
    dataOf(source).includes('quotes') || ring.publishQuote(instrument, source, ...quote)
  const sourceOf = (name: string) => core.connectors.findIndex((connector) => connector?.name === name)
  const store = new BookStore({ define, quotes: { publishQuote }, sourceOf })
  if (config.books !== true) return store
  const consumer = ring.addConsumer({
    name: 'books',
    // A change that is left out makes all later ones wrong.
    policy: 'backpressure',
    handlers: { onBooks: store.applyBatch, onNotes: store.applyNotes },
    onError: (error) => problem('books', error),
  })
  connectors.follow((connector) => {
    connector.events.on('state', ({ from }) => {
      if (from === 'ready') store.clearSource(connector.source)
    })
  })
  resources.defer(() => consumer.close())
  return store
}
