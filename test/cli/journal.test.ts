/** `tradewire journal …` against journals of real systems, sound, torn and damaged. */
import {
  appendFileSync,
  cpSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { recoverState, SimulatedConnector, type SystemState, TradingSystem } from 'tradewire'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { journalCommand } from '../../scripts/cli/journal.js'
import { explain } from '../../scripts/cli/support.js'
import { run } from '../../scripts/support/run.js'
import { nodeFileSystem } from '../../src/core/node-file-system.js'

let folder: string
let journal: string
let live: SystemState

/** Two sessions; the first ends with a snapshot, the second as a killed process does. */
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'tradewire-cli-'))
  journal = join(folder, 'journal')
  const options = () => ({
    mode: 'simulation' as const,
    journal,
    onClose: 'leave' as const,
    connectors: { sim: new SimulatedConnector({ synthetic: {}, seed: 5 }) },
  })
  const first = await TradingSystem.start(options())
  await trade(first, 'a')
  await first.stop()
  const second = await TradingSystem.start(options())
  await trade(second, 'b')
  second.setTradingState('global', '', 'REDUCING', 'operator', 'end of day')
  second.journal.tryFlush()
  live = second.exportState()
  // What a killed process leaves: everything written, no snapshot at the end.
  cpSync(journal, join(folder, 'killed'), { recursive: true })
  await second.stop()
  for (const name of readdirSync(join(folder, 'killed')))
    if (name.startsWith('journal.lock')) rmSync(join(folder, 'killed', name))
  journal = join(folder, 'killed')
})

afterAll(() => rmSync(folder, { recursive: true, force: true }))

async function trade(system: TradingSystem, head: string): Promise<void> {
  await system.run({ durationMs: 1_000 })
  for (let n = 0; n < 10; n++) {
    const price = n % 2 === 0 ? { price: '100.00' } : {}
    system.orders.submit({ symbol: 'ACME', side: 'buy', quantity: 100, clientOrderId: `${head}${n}`, ...price })
  }
  await system.run({ durationMs: 1_000 })
}

/** Runs a command in this process. */
async function cli(...args: string[]): Promise<{ code: number; out: string; err: string }> {
  const texts = { out: '', err: '' }
  const console = {
    out: (text: string) => {
      texts.out += `${text}\n`
    },
    error: (text: string) => {
      texts.err += `${text}\n`
    },
  }
  try {
    return { code: await journalCommand(args, console), ...texts }
  } catch (error) {
    return { code: explain(error, console, args.includes('--json')), ...texts }
  }
}

async function json<T>(...args: string[]): Promise<T> {
  const { out } = await cli(...args, '--json')
  return JSON.parse(out) as T
}

interface Exported {
  seq: number
  type: string
  tsUs?: number
  clientOrderId?: string
  fields: Record<string, unknown>
}

async function exported(...args: string[]): Promise<Exported[]> {
  const { out } = await cli('export', ...args, '--json')
  return out
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Exported)
}

function copy(name: string): string {
  const target = join(folder, name)
  cpSync(journal, target, { recursive: true })
  return target
}

function newestSegment(directory: string): string {
  return join(
    directory,
    readdirSync(directory)
      .filter((name) => name.startsWith('segment-'))
      .sort()
      .at(-1) as string,
  )
}

/** Flips a byte in the middle of the newest segment. */
function damage(directory: string): void {
  const path = newestSegment(directory)
  const bytes = readFileSync(path)
  const at = bytes.length >> 1
  bytes[at] = (bytes[at] as number) ^ 0x5a
  writeFileSync(path, bytes)
}

describe('list, verify, replay, export', () => {
  it('list segments, sizes and numbers of records', async () => {
    const { segments } = await json<{ segments: { records: number; hasSnapshot: boolean; lastSeq: number }[] }>(
      'list',
      journal,
    )
    expect(segments.length).toBeGreaterThanOrEqual(2)
    expect(segments.some(({ hasSnapshot }) => hasSnapshot)).toBe(true)
    expect((await cli('list', journal)).out).toContain('begins with a snapshot')
  })

  it('find a sound journal sound, and tell what a start would read', async () => {
    const { code, out } = await cli('verify', journal)
    expect(code).toBe(0)
    expect(out).toMatch(/^sound: /)
  })

  it('replay to the state that was', async () => {
    const { state } = await json<{ state: SystemState }>('replay', journal)
    expect(state).toEqual(JSON.parse(JSON.stringify(live)))
    expect((await cli('replay', journal)).out).toMatch(/a0 .*ACME.* buy .*LIMIT .*ACCEPTED .*100/)
  })

  it('replay to a record and to a moment', async () => {
    const records = await exported(journal)
    const fill = records.find(({ type }) => type === 'trade') as Exported
    const before = await json<{ state: SystemState; report: { fills: number } }>(
      'replay',
      journal,
      '--until',
      String(fill.seq - 1),
    )
    expect(before.report.fills).toBe(0)
    const there = await json<{ report: { fills: number }; journal: { lastSeq: number } }>(
      'replay',
      journal,
      '--until',
      String(fill.seq),
    )
    expect(there.report.fills).toBe(1)
    expect(there.journal.lastSeq).toBe(fill.seq)
    const moment = new Date(Math.floor((fill.tsUs as number) / 1_000)).toISOString()
    const then = await json<{ report: { fills: number } }>('replay', journal, '--until', moment)
    expect(then.report.fills).toBeGreaterThanOrEqual(1)
    const whole = records.filter(({ type }) => type === 'trade').length
    expect(then.report.fills).toBeLessThan(whole)
  })

  it('export every record in words, and the part that is asked for', async () => {
    const records = await exported(journal)
    const raw = recoverState({ fileSystem: nodeFileSystem, directory: journal, until: { seq: 1e9 } })
    expect(records.length).toBe(raw.journal.records)
    const [intent] = await exported(journal, '--type', 'intent', '--order', 'a0')
    expect(intent?.fields).toMatchObject({ side: 'buy', quantity: '100', price: '100', orderType: 'LIMIT' })
    const story = await exported(journal, '--order', 'b1')
    expect(story.map(({ type }) => type).slice(0, 3)).toEqual(['intent', 'accepted', 'trade'])
    const part = await exported(journal, '--from', '5', '--until', '8')
    expect(part.every(({ seq }) => seq >= 5 && seq <= 8)).toBe(true)
    const output = join(folder, 'records.txt')
    expect((await cli('export', journal, '--output', output)).code).toBe(0)
    expect(readFileSync(output, 'utf8').trim().split('\n')).toHaveLength(records.length)
    expect(statSync(output).mode & 0o777).toBe(0o600)
    expect((await cli('export', journal, '--output', output)).code, 'nothing is overwritten').toBe(3)
  })
})

describe('a torn or damaged journal', () => {
  it('is sound where only the last write was cut short', async () => {
    const torn = copy('torn')
    appendFileSync(newestSegment(torn), Buffer.from([40, 0, 0, 0, 1, 2, 3, 4, 5]))
    const { code, out } = await cli('verify', torn)
    expect(code).toBe(0)
    expect(out).toContain('9 bytes of a write cut short')
    expect((await cli('repair', torn)).out).toContain('nothing to repair')
  })

  it('is told apart, and left alone without --confirm', async () => {
    const bad = copy('bad')
    damage(bad)
    const before = readFileSync(newestSegment(bad))
    const verdict = await json<{ state: string; problem: { code: string; details: { path: string } } }>('verify', bad)
    expect(verdict).toMatchObject({ state: 'damaged', problem: { code: 'TW_JOURNAL_CORRUPT' } })
    expect((await cli('verify', bad)).code).toBe(1)
    expect((await cli('replay', bad)).code).toBe(1)
    const plan = await cli('repair', bad)
    expect(plan.code).toBe(1)
    expect(plan.out).toContain('nothing was changed; add --confirm')
    expect(readFileSync(newestSegment(bad))).toEqual(before)
    expect(existsSync(`${bad}.backup-1`)).toBe(false)
  })

  it('is repaired with --confirm: a prefix, a copy, ids that are new, and a system that starts on it', async () => {
    const bad = copy('repaired')
    damage(bad)
    const before = readFileSync(newestSegment(bad))
    const { dropped, session, backup } = await json<{ dropped: Exported[]; session: number; backup: string }>(
      'repair',
      bad,
      '--confirm',
    )
    expect(dropped.length).toBeGreaterThan(0)
    expect(session).toBe(3)
    expect(readFileSync(newestSegment(backup))).toEqual(before)
    expect((await cli('verify', bad)).code).toBe(0)
    const kept = await exported(bad)
    const all = await exported(journal)
    const prefix = kept.slice(0, -1)
    expect(prefix).toEqual(all.slice(0, prefix.length))
    await using system = await TradingSystem.start({
      mode: 'simulation',
      journal: bad,
      connectors: { sim: new SimulatedConnector({ synthetic: {}, seed: 5 }) },
    })
    await system.run({ durationMs: 100 })
    const order = system.orders.submit({ symbol: 'ACME', side: 'buy', quantity: 100 })
    expect(order.clientOrderId).toMatch(/^T-4-/)
  })

  it('is not repaired into nothing', async () => {
    const empty = copy('empty')
    for (const name of readdirSync(empty).filter((each) => each.startsWith('segment-'))) {
      const bytes = readFileSync(join(empty, name))
      bytes[20] = (bytes[20] as number) ^ 1
      writeFileSync(join(empty, name), bytes)
    }
    const { code, err } = await cli('repair', empty, '--confirm')
    expect(code).toBe(1)
    expect(err).toContain('nothing of the journal')
  })

  it('is refused to whom does not own it', async () => {
    const busy = copy('busy')
    damage(busy)
    const lock = nodeFileSystem.lock(join(busy, 'journal.lock'))
    try {
      const { code, err } = await cli('repair', busy, '--confirm', '--json')
      expect(code).toBe(3)
      expect(JSON.parse(err)).toMatchObject({ error: { code: 'TW_JOURNAL_LOCKED' } })
    } finally {
      lock.release()
    }
  })
})

describe('the command line', () => {
  it('says what is wrong with it', async () => {
    for (const args of [
      [],
      ['frobnicate', journal],
      ['list'],
      ['list', join(folder, 'nowhere')],
      ['list', folder],
      ['verify', journal, '--frob'],
      ['replay', journal, '--until', 'tomorrow'],
      ['export', journal, '--type', 'frob'],
      ['list', journal, journal],
    ]) {
      const { code, err, out } = await cli(...args)
      expect({ args, code, out }).toEqual({ args, code: 2, out: '' })
      expect(err).not.toBe('')
    }
    expect((await cli('--help')).code).toBe(0)
    expect((await cli('replay', journal, '--until', '0')).err).toContain('TW_INVALID_ARGUMENT')
  })

  it('runs as a program', async () => {
    const { exitCode, output } = await run('tsx', ['scripts/cli/tradewire.ts', 'journal', 'verify', journal])
    expect({ exitCode, output }).toMatchObject({ exitCode: 0 })
    expect(output).toMatch(/sound: /)
  })
})
