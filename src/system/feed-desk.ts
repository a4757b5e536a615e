/**
 * What happens to the feeds of a system: the events of its connectors' streams, and the quality of their data, gathered
 * into one kind of event.
 *
 *   connectors ── stream, gap, health ──┐
 *   ring ── quality monitor ── issues ──┴──► FeedEvent ──► system.events 'feed', strategies' onFeed
 */
import type { BaseConnector } from '../connector/base-connector.js'
import type { DataKind } from '../connector/capabilities.js'
import type { StreamEvent } from '../connector/connector-events.js'
import { DataQualityMonitor } from '../market/quality/quality-monitor.js'
import { StreamKind } from '../market/quality/quality-options.js'
import type { IngestRing } from '../ring/ingest-ring.js'
import type { Surroundings } from './compose.js'
import type { ConnectorHub } from './connector-hub.js'
import type { FeedEvent } from './feed-event.js'

export type { FeedEvent } from './feed-event.js'

/** Kinds of data whose silence can be judged. */
const judged: Partial<Record<DataKind, StreamKind>> = {
  quotes: StreamKind.quotes,
  trades: StreamKind.trades,
  book: StreamKind.book,
  orders: StreamKind.book,
  bars: StreamKind.bars,
}

/** Watches the feeds of a system. The monitor is there in any case; where it is switched off it sees nothing. */
export function composeFeedDesk(
  { config, core, time, resources, problem }: Surroundings,
  ring: IngestRing,
  connectors: Pick<ConnectorHub, 'follow'>,
  onEvent: (event: FeedEvent) => void,
): DataQualityMonitor {
  const { quality = config.mode === 'simulation' ? false : {} } = config
  const startUs = time.wallUs()
  const startNs = time.monotonicNs()
  // Wall time that does not jump: silence is measured by it.
  const steadyUs = () => startUs + Math.floor((time.monotonicNs() - startNs) / 1_000)
  const monitor = new DataQualityMonitor({
    ...(quality === false ? {} : quality),
    clock: steadyUs,
    connectorName: (source) => core.names.connector(source) ?? `source ${source}`,
    symbolOf: (instrument) => core.instruments.at(instrument)?.id ?? `instrument ${instrument}`,
  })
  connectors.follow((connector) => forward(connector, onEvent))
  if (quality === false) return monitor
  connectors.follow((connector) => watch(connector, monitor))
  monitor.events.on('issue', (event) => onEvent({ type: 'quality', ...event }))
  const onError = (error: unknown) => problem('data quality', error)
  const consumer = ring.addConsumer({ name: 'quality', policy: 'dropOldest', handlers: monitor.handlers, onError })
  const timer = time.every(monitor.thresholds.checkIntervalMs, () => monitor.advance(steadyUs()))
  resources.defer(() => {
    timer.cancel()
    consumer.close()
  })
  return monitor
}

function forward({ events }: BaseConnector, onEvent: (event: FeedEvent) => void): void {
  events.on('stream', (event) => onEvent({ type: 'stream', ...event }))
  events.on('gap', (event) => onEvent({ type: 'gap', ...event }))
  events.on('health', (event) => onEvent({ type: 'health', ...event }))
}

/** Streams that were asked for are expected; those of a connection that is down are judged by that alone. */
function watch(connector: BaseConnector, monitor: DataQualityMonitor): void {
  if (connector.capabilities.data.length === 0) return
  const { events, source } = connector
  events.on('state', ({ to }) => monitor.setConnected(source, to === 'ready'))
  events.on('stream', ({ kind, instrument, state }: StreamEvent) => {
    const stream = judged[kind]
    if (stream === undefined) return
    if (state === 'asked' || state === 'live') monitor.expect(source, instrument, stream)
    else if (state !== 'stale') monitor.forget(source, instrument, stream)
  })
}
