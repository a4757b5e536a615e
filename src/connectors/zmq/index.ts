/**
 * `tradewire/zmq`: market data and orders over ZeroMQ. Loads the optional packages zeromq and msgpackr.
 */
export type { CodecInstrument, ZmqCodec } from './codecs/codec.js'
export { CryptofeedCodec, type CryptofeedOptions } from './codecs/cryptofeed.js'
export { DwxCodec, dwxCommand, parseDwxReply } from './codecs/dwx.js'
export type { FeedEvents, FeedStreamReport } from './feed/feed.js'
export { type GateKind, gateKinds, type SlowCounters, type SlowPolicy } from './feed/slow-gate.js'
export type { FeedState, RecoveryMethod, StreamCounters } from './feed/stream-types.js'
export type { FollowOptions } from './follow-ring.js'
export type { GatewayOptions } from './orders/gateway-options.js'
export type { CurveKeys, ZmqLimits, ZmqSecurity } from './security.js'
export type { EventTarget } from './wire/event-objects.js'
export { ZmqConnector, type ZmqCounters } from './zmq-connector.js'
export type { ZmqConnectorOptions } from './zmq-options.js'
export { ZmqPublisher, type ZmqPublisherCounters, type ZmqPublisherOptions } from './zmq-publisher.js'
