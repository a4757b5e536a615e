/** One connector's way to the market: a line, the venue behind it, and what was sent over it. */
import type { Link } from './link.js'
import type { SentOrders } from './sent-orders.js'
import type { Venue } from './venue.js'

/** A line with both its ends. */
export interface Line {
  readonly link: Link
  readonly venue: Venue
  readonly sent: SentOrders
}
