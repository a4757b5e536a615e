/** What the examples print with: numbers, tables, progress on long work, and errors that a person can act on. */
import { TradewireError, type TradingSystem } from 'tradewire'

/** A number with thousands separators and a fixed number of digits behind the point. */
export function number(value: number, digits = 0): string {
  if (!Number.isFinite(value)) return '-'
  return value.toLocaleString('en-US', { minimumFractionDigits: digits, maximumFractionDigits: digits })
}

/** A duration in the unit that suits its size. */
export function duration(nanoseconds: number): string {
  if (!Number.isFinite(nanoseconds)) return '-'
  if (nanoseconds < 1_000) return `${number(nanoseconds)} ns`
  if (nanoseconds < 1_000_000) return `${number(nanoseconds / 1_000, 1)} us`
  if (nanoseconds < 1_000_000_000) return `${number(nanoseconds / 1_000_000, 2)} ms`
  return `${number(nanoseconds / 1_000_000_000, 2)} s`
}

/** An epoch time in microseconds as UTC text. */
export function utc(tsUs: number): string {
  return Number.isFinite(tsUs) ? new Date(tsUs / 1_000).toISOString().replace('T', ' ').slice(0, 19) : '-'
}

/** Lines of a table: the first column to the left, the others to the right. */
export function table(rows: readonly (readonly string[])[], indent = '  '): string {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => (row[column] ?? '').length)))
  const cell = (text: string, column: number) =>
    column === 0 ? text.padEnd(widths[column] ?? 0) : text.padStart(widths[column] ?? 0)
  return rows.map((row) => `${indent}${row.map(cell).join('  ')}`.trimEnd()).join('\n')
}

/** One line of progress: rewritten in place on a terminal, a new line every few seconds elsewhere. */
export class Progress {
  readonly #isTerminal = process.stderr.isTTY === true
  readonly #startedMs = performance.now()
  #shownMs = performance.now()
  #isShown = false

  /** Shows where the work is. Cheap to call often; the text is only made when it is shown. */
  show(text: () => string): void {
    const nowMs = performance.now()
    if (nowMs - this.#shownMs < (this.#isTerminal ? 100 : 3_000)) return
    this.#shownMs = nowMs
    const line = `${text()}, ${number((nowMs - this.#startedMs) / 1_000, 1)} s`
    process.stderr.write(this.#isTerminal ? `\r\x1b[K${line}` : `${line}\n`)
    this.#isShown = true
  }

  /** Wipes the line. */
  end(): void {
    if (this.#isShown && this.#isTerminal) process.stderr.write('\r\x1b[K')
  }
}

/** A signal that fires on Ctrl-C, once: a second Ctrl-C ends the process as usual. */
export function stopOnInterrupt(): AbortSignal {
  const controller = new AbortController()
  process.once('SIGINT', () => controller.abort())
  process.once('SIGTERM', () => controller.abort())
  return controller.signal
}

/** Runs a program. What a person can mend is told in one line, without a stack trace; the exit code is 1 then. */
export async function main(program: () => Promise<void>): Promise<void> {
  try {
    await program()
  } catch (error) {
    const isUsage = error instanceof TypeError && 'code' in error && String(error.code).startsWith('ERR_PARSE_ARGS')
    if (error instanceof TradewireError || error instanceof UsageError || isUsage)
      console.error((error as Error).message)
    else console.error(error)
    process.exitCode = 1
  }
}

/** For an example that takes no arguments: whoever gives some expects them to change something. */
export function refuseArguments(example: string): void {
  const given = process.argv.slice(2)
  if (given.length > 0) throw new UsageError(`${example} takes no arguments, got ${given.join(' ')}`)
}

/** Shows what goes wrong inside a running system: a hook that throws ends nothing, so it would pass unnoticed. */
export function showProblems(system: TradingSystem): void {
  let shown = 0
  system.events.on('problem', ({ where, error }) => {
    process.exitCode = 1
    if (shown++ < 5) console.error(`problem in ${where}:`, error)
  })
}

/** A wrong argument on the command line. */
export class UsageError extends Error {}

/** The arguments of an example that takes so many at most; their names are for the message. */
export function positional(...names: readonly [string, ...string[]]): readonly string[] {
  const given = process.argv.slice(2)
  const wrong = given.find((text, at) => text.startsWith('--') || at >= names.length)
  if (wrong === undefined) return given
  throw new UsageError(`Unknown argument '${wrong}': this example takes ${names.join(' ')}`)
}

/** A whole number that was given as text, or what stands for it where nothing was. */
export function wholeArgument(
  name: string,
  text: string | undefined,
  otherwise: number,
  least: number,
  most: number,
): number {
  if (text === undefined) return otherwise
  const value = text.trim() === '' ? Number.NaN : Number(text)
  if (Number.isSafeInteger(value) && value >= least && value <= most) return value
  throw new UsageError(`${name} must be a whole number from ${least} to ${most}, got '${text}'`)
}
