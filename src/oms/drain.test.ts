/** The end of trading: what is asked of the venue, how long its answers are awaited, and what is said of the rest. */
import { describe, expect, it } from 'vitest'
import { buy, type EchoSystem, startEcho } from '../../test/support/echo-system.js'
import { readJournal } from '../journal/read-journal.js'
import { recoverState } from '../system/recover-state.js'
import { differences } from '../system/state.js'
import type { DrainOptions, DrainReport } from './drain.js'
import { RecordType } from './records.js'

async function working(count: number): Promise<EchoSystem & { numbers: number[] }> {
  const echo = await startEcho({ risk: { duplicates: false } })
  const numbers = Array.from({ length: count }, () => echo.system.orders.submit(buy()).number)
  for (const number of numbers) echo.venue.reports.accepted(number, number, 1)
  return { ...echo, numbers }
}

/** Starts a drain, lets `meanwhile` answer, and moves the clock until it is over. */
async function drained(
  { system, time }: EchoSystem,
  options: Partial<DrainOptions> = {},
  meanwhile: () => void = () => {},
): Promise<DrainReport> {
  const report = system.orders.drain({ time, policy: 'cancel', ...options })
  meanwhile()
  return await time.runUntil(report)
}

function drainRecords({ disk }: EchoSystem): number[][] {
  const found: number[][] = []
  readJournal(disk, 'journal', (type, _seq, record) => {
    if (type !== RecordType.drained) return
    record.f64()
    record.u8()
    found.push(Array.from({ length: record.u32() }, () => record.f64()))
  })
  return found
}

describe('drain', () => {
  it('waits for the outcome of the cancels, and says that nothing is left', async () => {
    const echo = await working(3)
    const report = await drained(echo, {}, () => {
      for (const number of echo.numbers) echo.venue.reports.canceled(number, 0, '', 2)
    })
    expect(report).toMatchObject({ canceled: 3, leftOpen: [], isTimedOut: false, elapsedMs: 0 })
    expect(echo.anomalies).toEqual([])
    expect(drainRecords(echo)).toEqual([[]])
    await echo.system.stop()
  })

  it('waits no longer than it may, names what stays open, and puts it on record', async () => {
    const echo = await working(3)
    const [first = 0, second = 0, third = 0] = echo.numbers
    const report = await drained(echo, { timeoutMs: 2_000 }, () => {
      echo.venue.reports.canceled(first, 0, '', 2)
      echo.venue.reports.cancelRejected(second, 1, 'too late', 3)
    })
    expect(report).toMatchObject({ canceled: 3, isTimedOut: true, elapsedMs: 2_000 })
    expect(report.leftOpen.map(({ venueOrderId }) => venueOrderId)).toEqual([String(second), String(third)])
    expect(echo.anomalies).toEqual(['LEFT_OPEN', 'LEFT_OPEN'])
    expect(drainRecords(echo)).toEqual([[second, third]])
    expect(
      differences(echo.system.exportState(), recoverState({ fileSystem: echo.disk, directory: 'journal' }).state),
    ).toEqual([])
    await echo.system.stop()
  })

  it('does not wait for a venue that cannot be reached', async () => {
    const echo = await working(1)
    echo.venue.drop()
    const report = await drained(echo)
    expect(report).toMatchObject({ canceled: 1, isTimedOut: false, elapsedMs: 0 })
    expect(report.leftOpen).toHaveLength(1)
    expect(echo.anomalies).toEqual(['LEFT_OPEN'])
    await echo.system.stop()
  })

  it('ends at once when its signal fires', async () => {
    const echo = await working(1)
    const abort = new AbortController()
    const report = await drained(echo, { signal: abort.signal }, () => abort.abort())
    expect(report).toMatchObject({ isTimedOut: true, elapsedMs: 0 })
    const again = await drained(echo, { signal: abort.signal })
    expect(again).toMatchObject({ canceled: 0, isTimedOut: true })
    expect(echo.time.pendingTimers).toBeLessThan(5)
    await echo.system.stop()
  })

  it('takes no new orders and no changes, whatever the policy, and leaves what it should leave', async () => {
    for (const policy of ['cancel', 'leave'] as const) {
      const echo = await working(1)
      const { orders } = echo.system
      const report = drained(echo, { policy })
      expect(orders.submit(buy({ quantity: 7 })).reason).toBe('CLOSING')
      expect(orders.explain(buy()).map(({ code }) => code)).toContain('CLOSING')
      expect(() => orders.modify(echo.numbers[0] as number, { quantity: 5 })).toThrow('TW_INVALID_STATE')
      expect((await report).canceled).toBe(policy === 'cancel' ? 1 : 0)
      // A cancel that stays without an answer makes the venue be asked meanwhile.
      expect(echo.anomalies).toEqual(policy === 'cancel' ? ['RECONCILE_REQUEST_OVERDUE', 'LEFT_OPEN'] : [])
      expect(orders.cancelAll()).toBe(policy === 'cancel' ? 0 : 1)
      await echo.system.stop()
    }
  })

  it('takes back what has not left yet', async () => {
    const echo = await startEcho({ durability: 'fsync' })
    const order = echo.system.orders.submit(buy())
    const report = await drained(echo)
    expect([order.status, report.leftOpen.length, report.isTimedOut]).toEqual(['DENIED', 0, false])
    expect(echo.venue.sent).toEqual([])
    await echo.system.stop()
  })

  it('tells of at most fifty orders one by one', async () => {
    const echo = await working(60)
    echo.venue.drop()
    const report = await drained(echo)
    expect(report.leftOpen).toHaveLength(60)
    expect(echo.anomalies).toHaveLength(51)
    expect(drainRecords(echo)[0]).toHaveLength(60)
    await echo.system.stop()
  })
})
