/**
 * Where a dashboard is drawn. On a terminal a frame takes the place of the one before; elsewhere (a pipe, a log, TERM=dumb)
 * a line is printed now and then, and one frame at the end.
 *
 * Only codes that every terminal of the last forty years knows: home, erase line, erase below, hide and show the cursor, and
 * eight colours unless NO_COLOR is set. Lines end before the last column, so that nothing wraps.
 */

/** What a screen writes to; `process.stdout` is one. */
export interface Output {
  readonly isTTY?: boolean
  readonly columns?: number
  readonly rows?: number
  write(text: string): unknown
}

/** Colours of a frame; without colours they leave text as it is. */
export interface Paint {
  good(text: string): string
  bad(text: string): string
  dim(text: string): string
  strong(text: string): string
}

/** See the file's header. */
export class Screen {
  readonly isLive: boolean
  readonly paint: Paint
  readonly #output: Output
  readonly #isColored: boolean
  #isOpen = false

  constructor(output: Output, environment: Readonly<Record<string, string | undefined>>) {
    this.#output = output
    const { TERM: terminal = '', NO_COLOR: noColor = '' } = environment
    this.isLive = output.isTTY === true && terminal !== 'dumb' && terminal !== ''
    this.#isColored = this.isLive && noColor === ''
    const color = (code: number) => (text: string) => (this.#isColored ? `\x1b[${code}m${text}\x1b[0m` : text)
    this.paint = { good: color(32), bad: color(31), dim: color(2), strong: color(1) }
  }

  /** Columns and rows of a frame: those of the terminal, 80 x 24 elsewhere. */
  get size(): { columns: number; rows: number } {
    const { columns = 80, rows = 24 } = this.#output
    return this.isLive ? { columns: Math.max(20, columns), rows: Math.max(5, rows) } : { columns: 80, rows: 24 }
  }

  /** Draws a frame over the one before. */
  draw(lines: readonly string[]): void {
    const { columns, rows } = this.size
    // The last row stays free: a line end there would scroll.
    const shown = lines.slice(0, rows - 1).map((line) => cut(line, columns - 1))
    const start = this.#isOpen ? '\x1b[H' : '\x1b[?25l\x1b[2J\x1b[H'
    this.#isOpen = true
    this.#output.write(`${start}${shown.map((line) => `${line}\x1b[K\r\n`).join('')}\x1b[J`)
  }

  /** Prints a line, where there is no terminal to draw on. */
  print(line: string): void {
    this.#output.write(`${line}\n`)
  }

  /** Gives the terminal back as it was: the last frame stays, the cursor shows below it. */
  close(): void {
    if (!this.#isOpen) return
    this.#isOpen = false
    this.#output.write('\x1b[0m\x1b[?25h')
  }
}

/** Cuts a line to so many columns; colours count nothing, and are closed. */
export function cut(line: string, columns: number): string {
  let shown = 0
  let at = 0
  while (at < line.length) {
    if (line[at] === '\x1b') {
      at = line.indexOf('m', at) + 1
      continue
    }
    if (shown === columns) return `${line.slice(0, at)}${line.includes('\x1b') ? '\x1b[0m' : ''}`
    shown++
    at++
  }
  return line
}
