/** What a session has seen and done: every message that was dropped, skipped or refused is in one of these. */

/** Counters of a session, since it was made. */
export interface SessionCounters {
  /** Messages that arrived whole. */
  received: number
  /** Application messages handed to the application. */
  delivered: number
  /** Messages sent, resends included. */
  sent: number
  /** Runs of bytes that were no message. */
  garbled: number
  /** Messages that had arrived before and were dropped. */
  duplicates: number
  /** Messages that came ahead of a gap and were kept. */
  queued: number
  /** Messages that came ahead of a gap and found no room. */
  queueOverflows: number
  /** ResendRequests sent. */
  resendRequestsSent: number
  /** ResendRequests received. */
  resendRequestsReceived: number
  /** Messages sent again. */
  resent: number
  /** Numbers skipped by gap fills that we sent. */
  gapFilled: number
  /** Orders among them that were too old to be sent again. */
  staleOrders: number
  /** Rejects sent, of the session and of the application. */
  rejectsSent: number
  /** Application messages refused because they could not be sent now. */
  sendRefusals: number
  /** Messages that went out without being kept, because the store failed. */
  unsaved: number
  /** Errors thrown by the application. */
  applicationErrors: number
  /** TestRequests sent. */
  testRequests: number
  logons: number
  disconnects: number
}

/** Counters at zero. */
export function newSessionCounters(): SessionCounters {
  return {
    received: 0,
    delivered: 0,
    sent: 0,
    garbled: 0,
    duplicates: 0,
    queued: 0,
    queueOverflows: 0,
    resendRequestsSent: 0,
    resendRequestsReceived: 0,
    resent: 0,
    gapFilled: 0,
    staleOrders: 0,
    rejectsSent: 0,
    sendRefusals: 0,
    unsaved: 0,
    applicationErrors: 0,
    testRequests: 0,
    logons: 0,
    disconnects: 0,
  }
}
