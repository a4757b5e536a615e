/** A row that does not fit its format: what decoders throw, and the error that users see. */
import { TradewireError } from '../../../../core/errors.js'

/** Thrown by decoders; the file source adds file and line, then fails or skips the row. */
export class BadRow extends Error {
  /** Name of the column or JSON member. */
  readonly column: string
  /** What is wrong with it. */
  readonly reason: string

  constructor(column: string, reason: string) {
    super(`${column}: ${reason}`)
    this.column = column
    this.reason = reason
  }
}

/** The `TW_BAD_ROW` error of a row; `line` counts from 1 and includes header lines. */
export function badRowError(path: string, line: number, bad: BadRow): TradewireError {
  return new TradewireError('TW_BAD_ROW', `${path}, line ${line}, column ${bad.column}: ${bad.reason}`, {
    details: { path, line, column: bad.column, reason: bad.reason },
  })
}
