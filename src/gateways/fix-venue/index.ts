/** The FIX venue: paper trading and tests over the wire. */
export { type FaultyMessage, type MessageFault, VenueFaults } from './faults.js'
export { FixVenue, type FixVenueOptions, type FixVenueSession } from './fix-venue.js'
export { TappedConnection, TappedNetwork } from './tapped-network.js'
