/** The demo as a person runs it: its proof, its answers to bad input, its end on Ctrl-C. */
import { spawn } from 'node:child_process'
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { root, run } from '../../scripts/support/run.js'
import { describeShared, sharedFolder } from '../support/shared.js'

const demo = (...args: string[]) => run('tsx', ['examples/demo/main.ts', ...args], { timeoutMs: 150_000 })

let folder = ''
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'tradewire-demo-test-'))
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

/** A file of quotes, one every 100 ms, with `lines` put in after the first ten. */
function quotes(name: string, ...lines: string[]): string {
  const definition = {
    id: 'ABC.XTST',
    symbol: 'ABC',
    venue: 'XTST',
    assetClass: 'equity',
    currency: 'USD',
    priceIncrement: '0.01',
    sizeIncrement: '1',
  }
  const rows = Array.from({ length: 3_000 }, (_, index) => {
    const cents = 10_000 + ((index * 7919) % 13) - 6
    return `${1_700_000_000_000_000 + index * 100_000},ABC.XTST,${cents / 100},${(cents + 2) / 100},300,300`
  })
  rows.splice(10, 0, ...lines)
  const path = join(folder, name)
  const header = [
    `# ${JSON.stringify({ tradewire: 1, instruments: [definition] })}`,
    'ts_event_us,instrument,bid,ask,bid_size,ask_size',
  ]
  writeFileSync(path, `${[...header, ...rows].join('\n')}\n`)
  return path
}

describe('npm run demo', () => {
  it('trades a synthetic market and proves its recovery', async () => {
    const { exitCode, output } = await demo('--duration', '60', '--json')
    expect(exitCode, output).toBe(0)
    const result = JSON.parse(output)
    expect(result.proof.isEqual).toBe(true)
    expect(result.proof.fields).toBeGreaterThan(1_000)
    expect(result.proof.sections.every((section: { differences: string[] }) => section.differences.length === 0)).toBe(
      true,
    )
    expect(result.events).toBeGreaterThan(1_000)
    expect(result.orders).toBeGreaterThan(10)
    expect(result.fills).toBeGreaterThan(0)
    expect(result.latency.submitToAck.clock).toBe('virtual')
    expect(result.latency.tickToHandler.clock).toBe('real')
  })

  it('gives the same orders, fills and profit for the same seed, and others for another', async () => {
    const [first, again, other] = await Promise.all(
      ['4', '4', '5'].map((seed) => demo('--duration', '30', '--json', '--seed', seed)),
    )
    const facts = (output = '') => {
      const { orders, cancels, fills, denials, pnl, positions, events } = JSON.parse(output)
      return { orders, cancels, fills, denials, pnl, positions, events }
    }
    expect(facts(first?.output)).toEqual(facts(again?.output))
    expect(facts(first?.output)).not.toEqual(facts(other?.output))
  })

  it('replays a file, and keeps the journal where it was told to', async () => {
    const journal = join(folder, 'journal')
    const { exitCode, output } = await demo('--data', quotes('good.csv'), '--journal', journal)
    expect(exitCode, output).toBe(0)
    expect(output).toMatch(/all [\d,]+ fields are equal\s*$/)
    expect(readdirSync(journal).length).toBeGreaterThan(0)
    const again = await demo('--journal', journal)
    expect(again.exitCode).toBe(1)
    expect(again.output).toContain('is not empty')
  })

  it('names file and line of a bad row, and skips it only when asked', async () => {
    const path = quotes('bad.csv', '1700000000950000,ABC.XTST,ten,100.02,300,300')
    const refused = await demo('--data', path)
    expect(refused.exitCode).toBe(1)
    expect(refused.output).toContain(`${path}, line 13`)
    expect(refused.output).not.toContain('    at ')
    const skipped = await demo('--data', path, '--skip-bad-rows')
    expect(skipped.exitCode, skipped.output).toBe(0)
    expect(skipped.output).toMatch(/Bad rows +1 skipped/)
  })

  it('tells what is wrong with a file without a stack trace', async () => {
    const unknown = join(folder, 'notes.txt')
    writeFileSync(unknown, 'this is\nno market data\n')
    for (const args of [
      ['--data', unknown],
      ['--data', join(folder, 'absent.csv')],
      ['--seed', 'x'],
      ['--sed', '1'],
    ]) {
      const { exitCode, output } = await demo(...args)
      expect(exitCode, output).toBe(1)
      expect(output.trim().length).toBeGreaterThan(10)
      expect(output).not.toContain('    at ')
    }
  })

  it('ends in an orderly way on Ctrl-C', async () => {
    const child = spawn(process.execPath, ['--import', 'tsx', 'examples/demo/main.ts', '--duration', '10000000'], {
      cwd: root,
    })
    let output = ''
    child.stdout.on('data', (chunk) => {
      output += String(chunk)
    })
    child.stderr.once('data', () => child.kill('SIGINT')) // the first line of progress
    const exitCode = await new Promise((resolve) => child.on('close', resolve))
    expect(exitCode, output).toBe(0)
    expect(output).toContain('(interrupted)')
    expect(output).toMatch(/all [\d,]+ fields are equal\s*$/)
  })
})

describeShared('npm run demo on recorded data', 'data', () => {
  it('replays the beginning of every set that has quotes', async () => {
    let replayed = 0
    for (const set of readdirSync(sharedFolder('data'), { withFileTypes: true })) {
      if (!set.isDirectory()) continue
      const { exitCode, output } = await demo(
        '--data',
        join(sharedFolder('data'), set.name),
        '--duration',
        '900',
        '--skip-bad-rows',
      )
      if (output.includes('has no quotes') || output.includes('TW_UNKNOWN_FORMAT')) continue
      expect(exitCode, `${set.name}: ${output}`).toBe(0)
      expect(output).toMatch(/all [\d,]+ fields are equal\s*$/)
      replayed++
    }
    expect(replayed).toBeGreaterThan(0)
  }, 240_000)
})
