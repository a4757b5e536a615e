/** What is worth telling somebody. */

/** How urgent: `critical` stops trading or loses money, `warning` is near a limit or out of order, `info` is for the record. */
export const severities = ['info', 'warning', 'critical'] as const
/** How urgent. */
export type AlertSeverity = (typeof severities)[number]

/** One alert. The same cause again counts it up; it does not make another one. */
export interface Alert {
  readonly id: number
  /** What it is about, such as `breaker` or `limit`. */
  readonly kind: string
  /** Tells causes of a kind apart, such as the name of the breaker. */
  readonly key: string
  readonly severity: AlertSeverity
  readonly message: string
  /** How often the cause came since it was raised. */
  readonly count: number
  /** Epoch microseconds. */
  readonly firstUs: number
  readonly lastUs: number
  /** Who has seen it; undefined while nobody has. */
  readonly acknowledgedBy: string | undefined
  /** Whether the cause still stands. */
  readonly isOpen: boolean
}

/** Where alerts go. `send` may be asynchronous; what it throws is tried again, a bounded number of times. */
export interface AlertSink {
  readonly name: string
  send(alert: Alert): void | Promise<void>
}
