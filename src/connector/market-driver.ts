/** Connectors that bring their own market: replays and synthetic markets on virtual time. */

/** How far a driver goes. */
export interface DriveOptions {
  signal?: AbortSignal
  /** Stops before events at or after this wall time, epoch microseconds; to the end of the data unless given. */
  untilUs?: number
  /** Called now and then with the share done (0 to 1, NaN when the end is not known) and the wall time reached. */
  onProgress?: (share: number, tsUs: number) => void
}

/** Moves a market forward. A system has at most one driver; it owns virtual time while it runs. */
export interface MarketDriver {
  /** Plays the market until its end, `untilUs` or the abort of the signal; a later call goes on from there. */
  drive(options: DriveOptions): Promise<void>
}

/** Whether a connector drives its market itself. */
export function isMarketDriver(value: object): value is MarketDriver {
  return 'drive' in value && typeof value.drive === 'function'
}
