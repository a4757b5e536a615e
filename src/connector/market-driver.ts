/** Connectors that bring their own market: replays and synthetic markets on virtual time. */

/** How far a driver goes. */
export interface DriveOptions {
  signal?: AbortSignal
  /** Stops before events at or after this wall time, epoch microseconds; to the end of the data unless given. */
  untilUs?: number
  /** Leaves the clock at the last event instead of moving it on to `untilUs`: others have events before that. */
  staysAtLastEvent?: boolean
  /** Called now and then with the share done (0 to 1, NaN when the end is not known) and the wall time reached. */
  onProgress?: (share: number, tsUs: number) => void
}

/** Moves a market forward. It owns virtual time while it runs; where there are several, they take turns by time. */
export interface MarketDriver {
  /** Whether there is a market to drive: a connector that only follows the market of others has none. */
  readonly hasMarket: boolean
  /** Whether its market has no end of its own; false unless given. */
  readonly isEndless?: boolean
  /** Wall time of its next event, epoch microseconds; +Infinity at the end of its data. Reads on where it has to. */
  nextEventUs(): Promise<number>
  /** Plays the market until its end, `untilUs` or the abort of the signal; a later call goes on from there. */
  drive(options: DriveOptions): Promise<void>
}

/** Whether a connector drives its market itself. */
export function isMarketDriver(value: object): value is MarketDriver {
  return 'drive' in value && typeof value.drive === 'function' && 'hasMarket' in value && value.hasMarket === true
}
