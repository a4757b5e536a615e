/** What all commands share: exit codes, how errors are told, how options are read. */
import { type ParseArgsConfig, parseArgs } from 'node:util'
import { messageOf, TradewireError } from '../../src/core/errors.js'

/** How a command ends. */
export const exitCodes = {
  ok: 0,
  /** The journal is damaged, or would be refused. */
  damaged: 1,
  /** The command line is wrong. */
  usage: 2,
  /** It could not be read or written, or somebody else has it. */
  failed: 3,
} as const

/** Where a command writes. */
export interface Console {
  out(text: string): void
  error(text: string): void
}

/** A command line that makes no sense. */
export class UsageError extends Error {}

/** Tells an error; returns the exit code for it. */
export function explain(error: unknown, console: Console, asJson: boolean): number {
  const code = error instanceof TradewireError ? error.code : error instanceof UsageError ? 'USAGE' : 'ERROR'
  const details = error instanceof TradewireError ? error.details : {}
  if (asJson) console.error(JSON.stringify({ error: { code, message: messageOf(error), details } }))
  else console.error(`tradewire: ${messageOf(error)}`)
  if (code === 'USAGE') return exitCodes.usage
  return code === 'TW_JOURNAL_CORRUPT' || code === 'TW_JOURNAL_VERSION' ? exitCodes.damaged : exitCodes.failed
}

/** Reads options strictly. @throws UsageError. */
export function optionsOf<O extends NonNullable<ParseArgsConfig['options']>>(args: readonly string[], options: O) {
  try {
    return parseArgs({ args: [...args], allowPositionals: true, strict: true, options })
  } catch (error) {
    throw new UsageError(messageOf(error), { cause: error })
  }
}

/**
 * A point in a journal: the number of a record, or a moment as an ISO date and time in UTC or with an offset.
 *
 * @throws UsageError.
 */
export function pointOf(name: string, text: string): { seq: number } | { tsUs: number } {
  if (/^\d{1,15}$/.test(text)) return { seq: Number(text) }
  const hasZone = /(Z|[+-]\d\d:?\d\d)$/i.test(text)
  const ms = /^\d{4}-\d\d-\d\d/.test(text) ? Date.parse(hasZone || !text.includes('T') ? text : `${text}Z`) : Number.NaN
  if (Number.isNaN(ms))
    throw new UsageError(
      `--${name} is ${JSON.stringify(text)}, neither the number of a record nor a time such as 2026-03-02T14:30:00Z`,
    )
  // A time without a fraction of its own takes what happened within its millisecond.
  return { tsUs: ms * 1_000 + 999 }
}

/** A moment as text; empty for none. */
export function timeText(tsUs: number | undefined): string {
  if (tsUs === undefined || !Number.isFinite(tsUs)) return ''
  const micros = String(Math.round(tsUs % 1_000)).padStart(3, '0')
  return new Date(Math.floor(tsUs / 1_000)).toISOString().replace('Z', `${micros}Z`)
}

/** Rows under each other, numbers to the right. */
export function table(head: readonly string[], rows: readonly (readonly (string | number)[])[]): string {
  const texts = [head, ...rows].map((row) => row.map(String))
  const widths = head.map((_, column) => Math.max(...texts.map((row) => (row[column] ?? '').length)))
  return texts
    .map((row, index) =>
      row
        .map((text, column) => {
          const isNumber = index > 0 && typeof rows[index - 1]?.[column] === 'number'
          return isNumber ? text.padStart(widths[column] as number) : text.padEnd(widths[column] as number)
        })
        .join('  ')
        .trimEnd(),
    )
    .join('\n')
}
