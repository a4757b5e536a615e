/** Executions of a system against those that a second, independent line tells; positions and balances that drift. */
import { describe, expect, it } from 'vitest'
import { EchoConnector } from '../../test/support/echo-connector.js'
import { buy, startEcho } from '../../test/support/echo-system.js'
import type { Drift } from '../oms/drift.js'
import type { DropCopyExecution } from '../oms/drop-copy/drop-copy-execution.js'
import type { DropCopyReport } from '../oms/drop-copy/drop-copy-report.js'
import type { VenueFillReport } from '../orders/venue-reports.js'
import { TradingSystem, type TradingSystemOptions } from './trading-system.js'

/** A system with a venue, `copy` its drop copy. */
async function withCopy(options: TradingSystemOptions = {}, lines: Record<string, string> = { echo: 'copy' }) {
  const copy = new EchoConnector()
  const venue = new EchoConnector()
  const echo = await startEcho(
    {
      dropCopy: { lines, graceMs: 2_000, everyMs: 500, ...options.dropCopy },
      ...options,
      connectors: { echo: venue, ...(Object.values(lines).includes('copy') ? { copy } : {}) },
    },
    { venue },
  )
  const drifts: Drift[] = []
  const reports: DropCopyReport[] = []
  echo.system.events.on('drift', (drift) => drifts.push(drift))
  echo.system.events.on('dropCopy', (report) => reports.push(report))
  const order = echo.system.orders.submit(buy())
  venue.reports.accepted(order.number, 'v1', echo.time.wallUs())
  /** The venue tells us of an execution, the drop copy tells of it, or both. */
  const fill = (exec: string, by: 'venue' | 'copy' | 'both', quantity = 10, price = 1_000_000) => {
    const nowUs = echo.time.wallUs()
    for (const line of [venue, copy])
      if (by === 'both' || (by === 'venue') === (line === venue))
        line.reports.filled(order.number, exec, quantity, price, 0, 'USD', 1, nowUs)
  }
  const held = () => echo.system.portfolio.totalQuantityUnits(0, 0)
  return { ...echo, copy, order, fill, drifts, reports, held }
}

describe('a drop copy', () => {
  it('that tells the same is silent, and books nothing twice', async () => {
    const { system, time, fill, drifts, held, copy } = await withCopy()
    fill('a', 'both')
    fill('b', 'both')
    await time.advanceMsAsync(10_000)
    expect(held()).toBe(20)
    expect(drifts).toEqual([])
    const report = system.dropCopy.compare('echo')
    expect(report).toMatchObject({ connector: 'echo', isUp: true, matched: 2, waiting: 0, differences: [] })
    expect(report.lines).toEqual([
      'echo: 2 executions told alike, 0 told otherwise or by one side only, 0 settled since, 0 waiting',
    ])
    expect(copy.orderCapabilities).toBeUndefined()
    expect(system.orders.submit(buy({ connector: 'copy' })).status).toBe('DENIED')
    await system.stop()
  })

  it('that tells an execution which the books lack makes the system ask the venue, which books it', async () => {
    const { system, venue, time, fill, drifts, reports, held, order, anomalies } = await withCopy()
    fill('lost', 'copy')
    venue.venue.fills = [
      {
        ...{ exec: 'lost', clientOrderId: order.clientOrderId, venueOrderId: 'v1', instrument: 0, account: 'PAPER' },
        ...{ side: 'buy', quantityUnits: 10, priceUnits: 1_000_000, liquidity: 1, tsUs: time.wallUs() },
      },
    ]
    venue.venue.orders = [venue.report(order.number, { venueOrderId: 'v1', cumulativeUnits: 10 })]
    await time.advanceMsAsync(1_400)
    expect(drifts, 'within the grace').toEqual([])
    expect(held()).toBe(0)
    await time.advanceMsAsync(1_200)
    expect(drifts).toMatchObject([
      { kind: 'missing_here', connector: 'echo', instrument: 'IBM.XNYS', clientOrderId: order.clientOrderId },
    ])
    expect(drifts[0]?.message).toContain('lost: buy 10 IBM.XNYS at 100')
    expect(anomalies).toContain('DROP_COPY_MISSING_HERE')
    expect(system.orders.statistics().anomaliesByKind).toMatchObject({ DROP_COPY_MISSING_HERE: 1 })
    await time.advanceMsAsync(8_000)
    expect(held()).toBe(10)
    expect(reports.at(-1)).toMatchObject({ differences: [], resolved: 1, matched: 1 })
    expect(drifts).toHaveLength(1)
    expect(system.drift).toMatchObject({ total: 1, halted: 0, byKind: { missing_here: 1 } })
    await system.stop()
  })

  it('that does not tell an execution which the books hold, or tells it otherwise, is drift', async () => {
    const { system, time, fill, drifts, venue, copy, order } = await withCopy()
    fill('ours', 'venue')
    fill('e', 'venue', 10, 1_000_000)
    fill('e', 'copy', 12, 1_010_000)
    await time.advanceMsAsync(20_000)
    expect(drifts.map(({ kind }) => kind).sort()).toEqual(['differs', 'missing_there'])
    const report = system.dropCopy.compare('echo')
    expect(report.differences).toMatchObject([
      {
        kind: 'differs',
        fields: ['quantity', 'price'],
        ours: { execId: 'e', quantity: '10', price: '100' },
        theirs: { execId: 'e', quantity: '12', price: '101' },
      },
      { kind: 'missing_there', ours: { execId: 'ours', clientOrderId: order.clientOrderId, isInferred: false } },
    ])
    expect(report.lines.slice(1).join('\n')).toMatch(/told otherwise \(quantity, price\).*not told by the drop copy/s)
    // A correction of the venue brings the one, a late word of the drop copy the other.
    venue.reports.corrected(order.number, 'e', 'e-2', 12, 1_010_000, true, time.wallUs())
    copy.reports.filled(order.number, 'ours', 10, 1_000_000, 0, 'USD', 1, time.wallUs())
    await time.advanceMsAsync(2_000)
    expect(system.dropCopy.compare('echo')).toMatchObject({ matched: 2, resolved: 2, differences: [] })
    expect(drifts).toHaveLength(2)
    await system.stop()
  })

  it('follows corrections and busts on either side', async () => {
    const { system, time, fill, drifts, venue, copy, order, held } = await withCopy()
    fill('a', 'both')
    fill('b', 'both')
    await time.advanceMsAsync(3_000)
    venue.reports.busted(order.number, 'a', true, time.wallUs())
    copy.reports.busted(order.number, 'a', true, time.wallUs())
    copy.reports.corrected(order.number, 'b', 'b-2', 10, 990_000, true, time.wallUs())
    await time.advanceMsAsync(10_000)
    expect(held()).toBe(10)
    expect(drifts).toMatchObject([{ kind: 'differs' }])
    venue.reports.corrected(order.number, 'b', 'b-2', 10, 990_000, true, time.wallUs())
    await time.advanceMsAsync(3_000)
    expect(system.dropCopy.compare('echo').differences).toEqual([])
    await system.stop()
  })

  it('halts the instrument where the host wants that', async () => {
    const { system, time, fill, drifts } = await withCopy({
      dropCopy: { lines: { echo: 'copy' }, graceMs: 1_000, everyMs: 500, onDifference: 'halt' },
    })
    fill('a', 'venue')
    await time.advanceMsAsync(3_000)
    expect(drifts).toMatchObject([{ kind: 'missing_there', isHalted: true }])
    expect(system.orders.submit(buy()).reason).toBe('HALTED')
    expect(system.drift.halted).toBe(1)
    await system.stop()
  })

  it('is not believed to have been silent while its line was down, and is asked for what it missed', async () => {
    const { system, time, fill, drifts, copy, order } = await withCopy()
    copy.drop()
    fill('a', 'venue')
    fill('b', 'venue')
    const missed = (exec: string): VenueFillReport => ({
      ...{ exec, clientOrderId: order.clientOrderId, instrument: 0, account: 'PAPER', side: 'buy' },
      ...{ quantityUnits: 10, priceUnits: 1_000_000, liquidity: 1, tsUs: time.wallUs() },
    })
    copy.venue.fills = [missed('a')]
    Object.assign(copy, { connect: async () => Promise.reject(new Error('down')) })
    await time.advanceMsAsync(60_000)
    expect(system.dropCopy.compare('echo')).toMatchObject({ isUp: false, waiting: 2 })
    expect(drifts).toEqual([])
    Object.assign(copy, { connect: async () => {} })
    await time.advanceMsAsync(120_000)
    expect(drifts).toMatchObject([{ kind: 'missing_there' }])
    expect(drifts[0]?.message).toContain('b: buy 10')
    await system.stop()
  })

  it('that tells what cannot be right harms nothing', async () => {
    const { system, time, copy, anomalies, drifts } = await withCopy()
    const fill = { exec: 'x', instrument: 99, account: 'PAPER', side: 'buy', quantityUnits: 1, priceUnits: 1 }
    for (const change of [{}, { instrument: 0, quantityUnits: Number.NaN }, { instrument: 0, exec: {} }, { side: 1 }])
      copy.reports.externalFill(copy.source, {
        ...fill,
        liquidity: 0,
        tsUs: 1,
        ...change,
      } as unknown as VenueFillReport)
    await time.advanceMsAsync(5_000)
    expect(anomalies).toEqual(['BAD_REPORT', 'BAD_REPORT', 'BAD_REPORT', 'BAD_REPORT'])
    expect(drifts).toEqual([])
    await system.stop()
  })

  it('survives a restart: what the journal holds of earlier lives is known', async () => {
    const first = await withCopy()
    first.fill('a', 'both')
    await first.time.advanceMsAsync(3_000)
    await first.time.runUntil(first.system.stop())
    const venue = new EchoConnector()
    const copy = new EchoConnector()
    const drifts: Drift[] = []
    const told: VenueFillReport = {
      ...{ exec: 'a', clientOrderId: first.order.clientOrderId, instrument: 0, account: 'PAPER', side: 'buy' },
      ...{ quantityUnits: 10, priceUnits: 1_000_000, liquidity: 1, tsUs: first.time.wallUs() - 4_000_000 },
    }
    const unknown = { ...told, exec: 'never booked', clientOrderId: 'someone else', venueOrderId: 'w' }
    copy.venue.fills = [told, unknown]
    venue.venue.fills = [told]
    venue.venue.orders = [
      {
        ...{
          clientOrderId: first.order.clientOrderId,
          venueOrderId: 'v1',
          instrument: 0,
          account: 'PAPER',
          side: 'buy',
        },
        ...{ type: 'LIMIT', timeInForce: 'DAY', quantityUnits: 100, priceUnits: 1_000_000, cumulativeUnits: 10 },
        ...{ state: 'working', tsUs: told.tsUs },
      },
    ]
    const system = await first.time.runUntil(
      TradingSystem.create({
        ...{ mode: 'simulation', journal: 'journal', onClose: 'leave', time: first.time },
        fileSystem: first.disk.mount(),
        connectors: { echo: venue, copy },
        dropCopy: { lines: { echo: 'copy' }, graceMs: 1_000, everyMs: 500 },
      }),
    )
    system.events.on('drift', (drift) => drifts.push(drift))
    await first.time.runUntil(system.start())
    await first.time.advanceMsAsync(5_000)
    expect(drifts).toMatchObject([{ kind: 'missing_here', clientOrderId: 'someone else' }])
    expect(system.dropCopy.compare('echo').matched).toBe(1)
    await system.stop()
  })
})

describe('a list of the host', () => {
  const line = (change: Partial<DropCopyExecution> & { execId: string }): DropCopyExecution => ({
    ...{ symbol: 'IBM', side: 'buy', quantity: '10', price: '100', tsEventUs: 1 },
    ...change,
  })

  it('is compared with what the table holds of its period, without any option', async () => {
    const { system, time, venue, order, fill, drifts } = await withCopy({ dropCopy: { lines: {} } })
    const atUs = time.wallUs()
    fill('a', 'venue')
    fill('b', 'venue')
    await time.advanceMsAsync(10)
    venue.reports.filled(order.number, 'later', 10, 1_000_000, 0, 'USD', 1, atUs + 10_000)
    const list = [line({ execId: 'a', tsEventUs: atUs }), line({ execId: 'c', price: 99.5, tsEventUs: atUs })]
    const report = system.dropCopy.compareList('echo', list)
    expect(report.matched).toBe(1)
    expect(report.differences.map(({ kind, ours, theirs }) => [kind, (ours ?? theirs)?.execId])).toEqual([
      ['missing_here', 'c'],
      ['missing_there', 'b'],
    ])
    expect(drifts).toHaveLength(2)
    expect(system.dropCopy.compareList('echo', list, { sinceUs: 0, untilUs: atUs + 10_000 }).differences).toHaveLength(
      3,
    )
    expect(system.dropCopy.compareList('echo', []).differences).toEqual([])
    await system.stop()
  })

  it('is refused by the field that is wrong, and for a connector that is not compared', async () => {
    const { system } = await withCopy({}, { echo: 'own' })
    const wrong: [string, object][] = [
      ['execId', { execId: '' }],
      ['symbol', { symbol: 7 }],
      ['side', { side: 'long' }],
      ['quantity', { quantity: '0' }],
      ['price', { price: 'x' }],
      ['tsEventUs', { tsEventUs: Number.NaN }],
      ['account', { account: 1 }],
      ['clientOrderId', { clientOrderId: '' }],
      ['venueOrderId', { venueOrderId: {} }],
    ]
    for (const [field, change] of wrong)
      expect(
        () => system.dropCopy.take('echo', [{ ...line({ execId: 'a' }), ...change }] as DropCopyExecution[]),
        field,
      ).toThrow(field)
    expect(() => system.dropCopy.take('echo', [line({ execId: 'a', symbol: 'NONE' })])).toThrow(/NONE/)
    expect(() => system.dropCopy.take('none', [])).toThrow(/dropCopy\.lines/)
    expect(() => system.dropCopy.compare('none')).toThrow(/"none" has no drop copy/)
    await system.stop()
  })

  it('can be handed in piece by piece: only what lies within them is missing', async () => {
    const { system, venue, time, fill, drifts } = await withCopy({}, { echo: 'own' })
    const atUs = time.wallUs()
    fill('a', 'venue')
    await time.advanceMsAsync(5_000)
    fill('b', 'venue')
    await time.advanceMsAsync(5_000)
    expect(drifts).toEqual([])
    // What the venue is asked for, once x is missing.
    Object.assign(venue.capabilities.orders as object, { fullHistory: false })
    system.dropCopy.take('echo', [line({ execId: 'x', tsEventUs: atUs })], { sinceUs: 0 })
    await time.advanceMsAsync(5_000)
    expect(drifts.map(({ kind }) => kind).sort()).toEqual(['missing_here', 'missing_there'])
    system.dropCopy.take('echo', [
      line({ execId: 'a', tsEventUs: atUs }),
      line({ execId: 'b', tsEventUs: atUs + 5_000_000 }),
    ])
    await time.advanceMsAsync(1_000)
    expect(system.dropCopy.compare('echo')).toMatchObject({
      matched: 2,
      resolved: 1,
      differences: [{ kind: 'missing_here' }],
    })
    await system.stop()
  })
})

describe('options of drop copies', () => {
  it('that lead nowhere are refused', async () => {
    const refused = (lines: Record<string, string>) =>
      TradingSystem.start({
        mode: 'simulation',
        connectors: { echo: new EchoConnector(), copy: new EchoConnector() },
        dropCopy: { lines },
      })
    await expect(refused({ none: 'own' })).rejects.toThrow(/dropCopy\.lines\.none.*names no connector/)
    await expect(refused({ echo: 'nobody' })).rejects.toThrow(/"nobody"/)
    await expect(refused({ echo: 'echo' })).rejects.toThrow(/its own drop copy/)
    await expect(refused({ echo: 'copy', copy: 'own' })).rejects.toThrow(/has none itself/)
  })
})

describe('drift', () => {
  const account = (position: number, total: string) => ({
    positions: [{ account: 'PAPER', instrument: 0, quantityUnits: position }],
    balances: [{ account: 'PAPER', currency: 'USD', total, locked: '0' }],
  })

  it('of a balance is told every time it moves, counted, and halts the account where that is wanted', async () => {
    const { system, venue } = await startEcho({ reconciliation: { onDrift: 'halt', balanceTolerance: 1 } })
    const drifts: Drift[] = []
    system.events.on('drift', (drift) => drifts.push(drift))
    venue.venue.account = { ...account(0, '50000') }
    await system.reconcile()
    venue.venue.account = { ...account(0, '50000.90') }
    await system.reconcile()
    expect(drifts).toEqual([])
    for (const total of ['49990', '49990', '49980']) {
      venue.venue.account = { ...account(0, total) }
      await system.reconcile()
    }
    expect(drifts).toMatchObject([
      { kind: 'balance', currency: 'USD', account: 'PAPER', isHalted: true },
      { kind: 'balance', isHalted: true },
    ])
    expect(drifts[0]?.message).toContain('-10.9')
    expect(system.orders.submit(buy()).reason).toBe('HALTED')
    expect(system.drift).toMatchObject({ total: 2, halted: 2, byKind: { balance: 2, position: 0 } })
    await system.stop()
  })

  it('of a position is told once, with what was done about it', async () => {
    const { system, venue, time } = await startEcho()
    const drifts: Drift[] = []
    system.events.on('drift', (drift) => drifts.push(drift))
    venue.venue.account = account(7, '0')
    for (let i = 0; i < 5; i++) {
      await time.advanceMsAsync(6_000)
      await system.reconcile()
    }
    expect(drifts).toMatchObject([{ kind: 'position', account: 'PAPER', instrument: 'IBM.XNYS', isHalted: true }])
    expect(drifts[0]?.message).toContain('is 0 here and 7 at the venue')
    await system.stop()
  })
})
