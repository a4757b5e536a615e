/** `tradewire/websocket`: market data over WebSocket from any venue that speaks JSON. Needs the package `ws`. */
export type { WebSocketConnectorOptions } from './connector-options.js'
export type {
  FeedBar,
  FeedBook,
  FeedLevel,
  FeedNumber,
  FeedQuote,
  FeedRequest,
  FeedStream,
  FeedTrade,
  FeedWriter,
  WebSocketFeed,
} from './feed.js'
export { type BinanceDepth, type BinanceFeedOptions, binanceFeed } from './feeds/binance.js'
export { coinbaseFeed } from './feeds/coinbase.js'
export { type KrakenFeedOptions, krakenFeed } from './feeds/kraken.js'
export { type KrakenV2FeedOptions, krakenV2Feed } from './feeds/kraken-v2.js'
export { WebSocketConnector } from './websocket-connector.js'
