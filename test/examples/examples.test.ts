/**
 * Every example ends by itself, quietly, with the outcome it is there to show. Without recorded data: each must stand on
 * its own.
 */
import { readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { root, run } from '../../scripts/support/run.js'

/** What the output of each example must contain. An example without an entry fails: say what it is there to show. */
const outcomes: Readonly<Record<string, readonly RegExp[]>> = {
  'basic-trading': [
    /buy 100 MARKET: FILLED, 100 filled at [\d.]+/,
    /sell 100 LIMIT: CANCELED/,
    /buy 5000 MARKET: DENIED, 0 filled \(MAX_ORDER_QTY\)/,
    /one order: true/,
    /1 order canceled, 0 left open/,
    /Profit -?[\d.]+ USD, equity [\d.]+ USD\s*$/,
  ],
  'market-data': [/ACME bar: open [\d.]+ high [\d.]+/, /\d+ events; ring and tables hold [\d.]+ MB\s*$/],
  'mean-reversion': [/[\d,]+ events, [\d,]+ orders, [\d,]+ round trips, \d+ % of them won before fees\s*$/],
  backtest: [/orders, fills +[\d,]+, [1-9]/, /plot: .+\.svg\s*$/],
  'custom-connector': [
    /FILLED 100 at 100.2: found when the connection was back/,
    /2 connections, 1 loss, 3 orders, profit 18.00 USD after fees/,
  ],
  dashboard: [
    /^00:00:0\d quality [\d.]+, [1-9]\d* events\/s, dropped 0, \d+ fills/m,
    /^connection +state +quality +upd\/s/m,
    /^ACME +[\d.]+ +[\d.]+ +[1-9]\d*/m,
    /P&L -?[\d.]+ taken/,
    /^alpha: [\d.]+/m,
  ],
  failover: [/together +[\d,]+ +0\.00 %/, /\d+ breaks, each marked in the data \(\d+ failover/],
  'zmq-bridge': [
    /an order above the bridge's limit: REJECTED \(MAX_ORDER_QTY\)/,
    /[\d,]+ quotes over \d+ streams, [1-9]\d* orders filled/,
    /frames lost: 0/,
    /bridge: [1-9]\d* events in [1-9]\d* frames\s*$/,
  ],
  execution: [/twap +FILLED +20000 +[1-9]\d*/, /vwap +FILLED +20000 +[1-9]\d*/, /plot: .+\.svg/],
  'bracket-trading': [/[1-9]\d* brackets, P&L -?[\d.]+, 0 alerts of a position without protection\s*$/],
  'smart-routing': [/first venue alone +20 +12,000 +[1-9]\d*/, /three venues +20 +12,000 +[1-9]\d*/],
  'fix-loopback': [/FILLED 100 at 100\.01: resent when the line was back/, /\d+ logons, 3 orders/],
  'ibkr-paper': [/buy 10 MARKET: FILLED/, /buy 10 LIMIT: CANCELED/, /Profit -?[\d.]+ USD\s*$/],
  'ibkr-market-data': [/AAPL +[1-9]\d*/, /[1-9]\d* updates, 0 errors, 7 streams/],
  knight: [
    /25 children sent, 2,500 filled/,
    /beyond the parent: 0 lots; messages of the unknown generator: 40 of at most 40\s*$/,
  ],
  'risk-day': [
    /refused: POSITION_VALUE/,
    /critical: dailyLoss is HALTED/,
    /refused: BREAKER/,
    /REDUCING by ann/,
    /sell 5,000: REDUCING/,
    /sell 150: passes/,
    /kill switch by ann/,
    /left open: 0 orders, 0 shares\s*$/,
  ],
  'cost-report': [
    /market slices +2 +\d+ +100\.0 %/,
    /risk: deny, MAX_ORDER_NOTIONAL/,
    /settles \d{4}-\d\d-\d\d/,
    /\d+ entries, intact, 0 lost/,
    /report: .+\.html\s*$/,
  ],
  'worker-strategy': [
    /[1-9][\d,]* quotes went to the worker, 0 events were left out/,
    /[1-9][\d,]* orders came back, [1-9][\d,]* are filled/,
    /position -?\d+ ACME, profit -?[\d.]+ USD\s*$/,
  ],
  demo: [/all [\d,]+ fields are equal\s*$/],
}

const entries = new Map<string, string>()
for (const entry of readdirSync(join(root, 'examples'), { withFileTypes: true })) {
  const path = join('examples', entry.name)
  if (entry.isFile() && entry.name.endsWith('.ts')) entries.set(entry.name.slice(0, -3), path)
  else if (entry.isDirectory() && readdirSync(join(root, path)).includes('main.ts'))
    entries.set(entry.name, join(path, 'main.ts'))
}

describe('examples', () => {
  it.each([...entries])('%s shows what it is there to show', async (name, file) => {
    const absent = join(tmpdir(), 'tradewire-no-such-folder')
    const { exitCode, output } = await run('tsx', [file], { timeoutMs: 150_000, env: { TRADEWIRE_DATA: absent } })
    expect(exitCode, output).toBe(0)
    const expected = outcomes[name]
    expect(expected, `outcomes of ${name}`).toBeDefined()
    for (const pattern of expected ?? []) expect(output).toMatch(pattern)
    const plot = /plot: (.+\.svg)/.exec(output)?.[1]
    if (plot !== undefined) expectPlot(plot, name === 'backtest')
    const report = /report: (.+\.html)/.exec(output)?.[1]
    if (report !== undefined) expectReport(report)
  })

  it.each(['knight', 'risk-day'])('%s takes no arguments, and says so in one line', async (name) => {
    const file = entries.get(name) as string
    const { exitCode, output } = await run('tsx', [file, '--speed', '3'], { timeoutMs: 60_000 })
    expect([exitCode, output.trim()]).toEqual([1, `${name} takes no arguments, got --speed 3`])
  })
})

/** The page has tables and plots, loads nothing, and shows no number that is none. */
function expectReport(path: string): void {
  const html = readFileSync(path, 'utf8')
  expect(html.match(/<svg /g)?.length).toBeGreaterThanOrEqual(3)
  expect(html).not.toMatch(/NaN|Infinity|undefined|<script|https?:/)
  rmSync(join(path, '..'), { recursive: true })
}

/** The plot is a drawing, of a back test with a curve and trades, and no number in it is none. */
function expectPlot(path: string, isBacktest: boolean): void {
  const svg = readFileSync(path, 'utf8')
  expect(svg).toMatch(/^<svg [\s\S]+<\/svg>\s*$/)
  expect(svg).toContain('<path ')
  if (isBacktest) expect(svg.match(/<polyline/g)).toHaveLength(2)
  expect(svg).not.toMatch(/NaN|Infinity|undefined/)
  rmSync(join(path, '..'), { recursive: true })
}
