/** What happens to market data on their way here, as one kind of event. */
import type { ConnectorEvents, GapEvent, StreamEvent } from '../connector/connector-events.js'
import type { DataQualityEvent } from '../market/quality/quality-events.js'

/**
 * What happened to a feed. `stream`: a stream changed its state (asked, live, stale, waiting); `gap`: messages are missing;
 * `health`: a health check was answered or not; `quality`: bad data began, ended or came once.
 */
export type FeedEvent =
  | ({ type: 'stream' } & StreamEvent)
  | ({ type: 'gap' } & GapEvent)
  | ({ type: 'health' } & ConnectorEvents['health'])
  | ({ type: 'quality' } & DataQualityEvent)
