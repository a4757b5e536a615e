/** The WebSocket connector passes the conformance kit over real sockets, as far as a connector without orders can. */

import { WebSocketConnector } from '../../src/connectors/websocket/index.js'
import { describeConformance } from '../../src/testing/conformance/index.js'
import { passing } from '../support/conformance.js'
import { SmallVenue, smallFeed } from './small-venue.js'

describeConformance(passing, 'WebSocketConnector', {
  venue: () => new SmallVenue().open(),
  create: ({ url }, settings) => new WebSocketConnector({ url, feed: smallFeed, ...settings }),
})
