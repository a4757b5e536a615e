/** What risk controls kept and cannot be read: the start is refused, with the record and what is wrong with it. */
import { describe, expect, it } from 'vitest'
import { EchoConnector } from '../../test/support/echo-connector.js'
import { buy, type EchoSystem, startEcho } from '../../test/support/echo-system.js'
import { RealTime } from '../core/real-time.js'
import type { RecordReader } from '../journal/record-reader.js'
import { openSegmentJournal } from '../journal/segment-journal.js'
import { RecordType } from '../oms/records.js'
import { riskMemoryName } from '../oms/risk-memory.js'
import { readRiskDecision, readRiskMemory } from './risk-memory-shape.js'
import type { TradingSystemOptions } from './trading-system.js'

const options: TradingSystemOptions = {
  capital: 100_000,
  breakers: {},
  risk: { global: { maxDailyLoss: '1000', maxOrdersPerDay: 5 } },
}

const who = { actor: 'ann', reason: 'test' }

type Write = (append: (type: number, ...texts: string[]) => void) => void

/** What the memory of a system that traded is made of. */
async function saved(): Promise<Record<string, unknown>> {
  const { system, venue, time, disk } = await startEcho(options)
  const order = system.orders.submit(buy())
  venue.reports.filled(order.number, 'e1', 100, 1_000_000, 0, 'USD', 1, 2)
  time.advanceMs(2_000)
  system.risk.limits.addGroupLimit({ name: 'g', symbols: ['IBM'] }, { type: 'openOrders', limit: 5 }, who)
  system.risk.limits.override({ maxOrderQuantity: 50 }, { ...who, untilUs: time.wallUs() + 3_600_000_000 })
  system.setTradingState('group', 'g', 'REDUCING', 'ann', 'test')
  // The process dies: after an orderly end all of it would lie in one snapshot.
  venue.drop()
  await venue.stop()
  disk.crash({ powerCut: false })
  let memory = ''
  const journal = open(disk, (type, _seq, record) => {
    if (type === RecordType.strategyState && record.string() === riskMemoryName) memory = record.string()
  })
  await journal.close()
  return JSON.parse(memory)
}

function open(
  disk: EchoSystem['disk'],
  onRecord: (type: number, seq: number, record: RecordReader) => void = () => {},
) {
  return openSegmentJournal({ scheduler: new RealTime(), fileSystem: disk.mount(), directory: 'journal', onRecord })
}

/** The error of a start over a journal in which something was written beside what the system wrote. */
async function startOver(write: Write) {
  const first = await startEcho(options)
  await first.system.stop()
  const journal = open(first.disk)
  let seq = 0
  write((type, ...texts) => {
    const writer = journal.begin(type)
    for (const text of texts) writer.string(text)
    seq = journal.commit()
  })
  journal.flush()
  await journal.close()
  const error = await startEcho(options, { time: first.time, disk: first.disk, venue: new EchoConnector() }).then(
    ({ system }) => system.stop().then(() => undefined),
    (thrown) => thrown,
  )
  return { error, seq }
}

const remember = (memory: unknown) => (append: Parameters<Write>[0]) =>
  append(RecordType.strategyState, riskMemoryName, typeof memory === 'string' ? memory : JSON.stringify(memory))
const decide = (decision: unknown) => (append: Parameters<Write>[0]) =>
  append(RecordType.riskDecision, typeof decision === 'string' ? decision : JSON.stringify(decision))

describe('what risk controls kept', () => {
  it('is taken as it was written', async () => {
    const { error } = await startOver(remember(await saved()))
    expect(error).toBeUndefined()
  })

  it('refuses the start where it is no JSON, naming the record and what to do', async () => {
    for (const write of [remember('{"closed":tr'), remember(''), decide('{"change"')]) {
      const { error, seq } = await startOver(write)
      expect(error).toMatchObject({ code: 'TW_JOURNAL_CORRUPT' })
      expect(error.message).toMatch(new RegExp(`^Record ${seq}: .*is no JSON.*copy of the journal`))
    }
  })

  it('refuses the start where a part of it has another form, naming the part', async () => {
    const memory = await saved()
    const limits = memory.limits as object
    const faults: [part: unknown, field: RegExp][] = [
      [[], /what was kept must be an object, got a list/],
      [null, /what was kept must be an object, got null/],
      [{ ...memory, closed: 'yes' }, /closed must be true or false/],
      [{ ...memory, capital: 100 }, /capital must be a decimal number as text, got 100/],
      [{ ...memory, limits: 5 }, /limits must be an object, got 5/],
      [{ ...memory, limits: { ...limits, version: '7' } }, /limits\.version must be a whole number/],
      [{ ...memory, limits: { version: 2, patch: {} } }, /limits\.override must be an object, got nothing/],
      [{ ...memory, limits: { ...limits, override: { patch: {} } } }, /limits\.override\.untilUs must be a number/],
      [{ ...memory, limitChanges: {} }, /limitChanges must be a list, got an object/],
      [{ ...memory, limitChanges: [{ kind: 'change' }] }, /limitChanges\.0\.version/],
      [{ ...memory, resets: [{ name: 'dailyLoss' }] }, /resets\.0\.actor must be text, got nothing/],
      [{ ...memory, losses: [['global', '1,5', '0', '']] }, /losses\.0\.1 must be a decimal number as text/],
      [{ ...memory, losses: [['global', '0']] }, /losses\.0 must be a list of 4/],
      [{ ...memory, groups: { g: 'CLOSED' } }, /groups\.g must be a trading state, got "CLOSED"/],
      [{ ...memory, daily: { day: 5, counts: [] } }, /daily\.day must be text/],
      [
        { ...memory, daily: { day: '2026-01-05', counts: [['global', 0, 1, null, 1]] } },
        /daily\.counts\.0\.3 must be a number/,
      ],
      [
        { ...memory, daily: { day: '2026-01-05', counts: [['global', -1, 1, 1, 1]] } },
        /daily\.counts\.0\.1 must be a whole/,
      ],
      [{ ...memory, books: { global: [[0, 0]] } }, /books\.global\.0 must be a list of 3/],
      [{ ...memory, books: [[[0, 0, 'x']]] }, /books\.0\.0\.2 must be a number/],
    ]
    for (const [part, field] of faults) expect(() => readRiskMemory(JSON.stringify(part))).toThrow(field)
    const decisions: [part: unknown, field: RegExp][] = [
      ['text', /what was kept must be an object/],
      [{ change: { version: 2 }, saved: { version: 2 } }, /saved\.patch must be an object, got nothing/],
      [{ groupState: { group: 'g', state: 'OPEN' } }, /groupState\.state must be a trading state/],
    ]
    for (const [part, field] of decisions) expect(() => readRiskDecision(JSON.stringify(part))).toThrow(field)
    // What has the right form and is no limit is refused where it is put into force.
    const writes = [
      remember({ ...memory, losses: [['global', 'x', '0', '']] }),
      remember({ ...memory, limits: { ...limits, patch: { maxOrderQuantity: 'many' } } }),
      decide({ groupState: { group: 'g', state: 'OPEN' } }),
    ]
    for (const write of writes) {
      const { error, seq } = await startOver(write)
      expect(error).toMatchObject({ name: 'TradewireError', details: { seq } })
      expect(error.message).toMatch(new RegExp(`^Record ${seq}: `))
    }
  })

  it('by a strategy refuses the start in the same way', async () => {
    const { error, seq } = await startOver((append) => append(RecordType.strategyState, 'mine', '{"position":1'))
    expect(error).toMatchObject({ code: 'TW_JOURNAL_CORRUPT' })
    expect(error.message).toContain(`Record ${seq}: what strategy "mine" kept cannot be taken: it is no JSON`)
  })

  it('by breakers halts them, and the system with them', async () => {
    const first = await startEcho(options)
    await first.system.stop()
    const journal = open(first.disk)
    const writer = journal.begin(RecordType.strategyState)
    writer.string(riskMemoryName)
    writer.string(JSON.stringify({ ...(await saved()), breakers: 'gone' }))
    journal.commit()
    journal.flush()
    await journal.close()
    const { system } = await startEcho(options, { time: first.time, disk: first.disk, venue: new EchoConnector() })
    expect([system.gate.states.get('global'), system.orders.submit(buy()).reason]).toEqual(['HALTED', 'BREAKER'])
    await system.stop()
  })
})
