/** The dashboard on terminals of all kinds: 80 x 24, no colours where none are wanted, the terminal given back, Ctrl-C. */
import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { frame, summary } from '../../examples/dashboard/frame.js'
import type { Readings } from '../../examples/dashboard/readings.js'
import { cut, type Output, Screen } from '../../examples/dashboard/screen.js'
import { root } from '../../scripts/support/run.js'

function terminal(size: { columns?: number; rows?: number } = { columns: 80, rows: 24 }) {
  const written: string[] = []
  const output: Output = { isTTY: true, ...size, write: (text) => written.push(text) }
  return { output, written, text: () => written.join('') }
}

/** Text without the codes that move the cursor and colour. */
const esc = String.fromCharCode(27)
const codes = new RegExp(`${esc}\\[[?\\d;]*[A-Za-z]`, 'g')
const plain = (text: string) => text.replaceAll(codes, '')

function readings(change: Partial<Readings> = {}): Readings {
  const connection = { state: 'ready', quality: 99.5, perSecond: 123_456, p50Ms: 0.12, p99Ms: 12_345.67 }
  const counts = { gaps: 12, missed: 123_456, reconnects: 3, stale: 0 }
  const symbol = {
    bid: 64_239.1,
    ask: 64_239.9,
    digits: 1,
    perSecond: 1_000,
    ageMs: 12,
    position: -100,
    unrealized: -12.5,
  }
  return {
    elapsedMs: 3_725_000,
    quality: 87.25,
    eventsPerSecond: 1_234_567,
    dropped: 12,
    conflated: 1_234_567,
    queued: 3,
    connections: Array.from({ length: 8 }, (_, i) => ({
      name: `connector-with-a-name-${i}`,
      ...connection,
      ...counts,
    })),
    symbols: Array.from({ length: 40 }, (_, i) => ({ symbol: `SYMBOL${i}`, ...symbol })),
    ordersOpen: 12,
    fills: 345,
    realized: -1_234.5,
    unrealized: Number.NaN,
    equity: 1_000_000,
    problems: 0,
    issues: Array(8).fill('12:00:00 connector-with-a-name-1 SYMBOL.VENUE crossed begin: 101.25 / 100.75 and so on'),
    ...change,
  }
}

describe('a frame', () => {
  it.each([
    [80, 24],
    [132, 50],
    [60, 15],
  ])('fits %d x %d', (columns, rows) => {
    const { output, text } = terminal({ columns, rows })
    const screen = new Screen(output, { TERM: 'xterm' })
    screen.draw(frame(readings(), screen.paint, screen.size))
    const lines = plain(text()).split('\r\n')
    expect(lines.length).toBeLessThanOrEqual(rows)
    expect(Math.max(...lines.map((line) => line.length))).toBeLessThan(columns)
  })

  it('of 80 x 24 shows everything, the foot included', () => {
    const { output, text } = terminal()
    const screen = new Screen(output, { TERM: 'xterm-256color' })
    screen.draw(frame(readings(), screen.paint, screen.size))
    for (const part of [
      'data quality',
      '01:02:05',
      'SYMBOL0',
      'and 3 more',
      'P&L -1234.50 taken, - open',
      'Ctrl-C ends',
    ])
      expect(plain(text())).toContain(part)
  })

  it('of a system without anything says so by dashes', () => {
    const { output, text } = terminal()
    const screen = new Screen(output, { TERM: 'vt100' })
    const empty = readings({ connections: [], symbols: [], issues: [], quality: Number.NaN, equity: Number.NaN })
    screen.draw(frame(empty, screen.paint, screen.size))
    expect(plain(text())).toContain('equity -')
    expect(text()).not.toContain('NaN')
    expect(summary(empty)).not.toContain('NaN')
  })
})

describe('a screen', () => {
  it('has no colours with NO_COLOR, and only old codes in any case', () => {
    const { output, text } = terminal()
    const screen = new Screen(output, { TERM: 'xterm', NO_COLOR: '1' })
    screen.draw(frame(readings(), screen.paint, screen.size))
    screen.close()
    const used = new Set(text().match(codes))
    expect([...used].sort()).toEqual(['\x1b[0m', '\x1b[2J', '\x1b[?25h', '\x1b[?25l', '\x1b[H', '\x1b[J', '\x1b[K'])
  })

  it('gives the terminal back once', () => {
    const { output, written } = terminal()
    const screen = new Screen(output, { TERM: 'xterm' })
    screen.close()
    expect(written).toEqual([])
    screen.draw(['one'])
    screen.draw(['two'])
    screen.close()
    screen.close()
    expect(written.filter((text) => text.includes('\x1b[?25h'))).toHaveLength(1)
  })

  it.each([
    ['a pipe', { isTTY: false }, { TERM: 'xterm' }],
    ['a dumb terminal', { isTTY: true }, { TERM: 'dumb' }],
    ['no TERM', { isTTY: true }, {}],
  ])('is no live one on %s: no codes at all', (_name, kind, environment) => {
    const screen = new Screen({ ...kind, write: () => undefined }, environment)
    expect([screen.isLive, screen.size, screen.paint.bad('x')]).toEqual([false, { columns: 80, rows: 24 }, 'x'])
  })

  it('cuts lines by what is seen of them', () => {
    expect(cut('\x1b[31mabcdef\x1b[0m', 3)).toBe('\x1b[31mabc\x1b[0m')
    expect(cut('abc', 3)).toBe('abc')
    expect(cut('', 3)).toBe('')
  })
})

describe('the program', () => {
  it('ends cleanly on Ctrl-C, with a last frame and the report', async () => {
    const child = spawn(
      process.execPath,
      ['--import', 'tsx', join('examples', 'dashboard', 'main.ts'), '--seconds', '60'],
      {
        cwd: root,
        stdio: ['ignore', 'pipe', 'pipe'],
      },
    )
    let output = ''
    let errors = ''
    child.stderr.on('data', (chunk: Buffer) => {
      errors += chunk.toString()
    })
    const isInterrupted = new Promise<void>((resolve) => {
      child.stdout.on('data', (chunk: Buffer) => {
        output += chunk.toString()
        if (!child.killed && output.includes('00:00:01 ')) {
          child.kill('SIGINT')
          resolve()
        }
      })
    })
    await isInterrupted
    const code = await new Promise((resolve) => child.on('exit', (exitCode, signal) => resolve(exitCode ?? signal)))
    expect(errors).toBe('')
    expect(code).toBe(0)
    expect(output).toContain('Data quality')
    expect(output).not.toContain('\x1b')
  }, 60_000)

  it('refuses a time that is none', async () => {
    const child = spawn(
      process.execPath,
      ['--import', 'tsx', join('examples', 'dashboard', 'main.ts'), '--seconds', 'x'],
      { cwd: root },
    )
    const code = await new Promise((resolve) => child.on('exit', resolve))
    expect(code).toBe(1)
  }, 60_000)
})
