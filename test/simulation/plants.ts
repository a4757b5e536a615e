/**
 * Bugs that can be planted, to prove that the checks have teeth. Each is one that trading systems really had; each acts
 * through the world around the production code (its disk, its line, its strategy), never inside it.
 */

/** Names of the bugs, and what each does. */
export const plants = {
  send_before_journal: 'the journal is written a moment after the order was sent',
  unordered_journal: 'of two journal writes the later one reaches the disk first',
  blind_resend: 'what was not answered when the line broke is sent again after the reconnect',
  no_dedupe: 'an execution that is reported twice counts twice',
  timeout_rejects: 'an order that is not answered in time is taken for rejected',
  late_fill_dropped: 'an execution of an order that was canceled is thrown away',
  released_at_disconnect: 'a broken connection gives back what its open orders had reserved',
  forgotten_is_new: 'an execution of an order that was forgotten is booked once more when the venue tells it again',
  blind_failover: 'what was not answered when a line broke is sent again over another line',
} as const

/** A bug to plant. */
export type Plant = keyof typeof plants

/** Names of all bugs. */
export const plantNames = Object.keys(plants) as Plant[]
