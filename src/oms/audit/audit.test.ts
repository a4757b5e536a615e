import { describe, expect, it } from 'vitest'
import { buy, startEcho } from '../../../test/support/echo-system.js'
import type { TradewireError } from '../../core/errors.js'
import { SimulatedDisk } from '../../testing/simulated-disk.js'
import { restartEcho } from '../restart.test-support.js'
import { recordAudit } from './audit-recorder.js'
import { AuditTrail, type AuditTrailOptions } from './audit-trail.js'

function setUp(change: Partial<AuditTrailOptions> = {}) {
  const disk = new SimulatedDisk({ seed: 1 })
  const fileSystem = disk.mount()
  const options = { fileSystem, path: 'audit.log', nowUs: () => 1_000_000, ...change }
  const open = (more: Partial<AuditTrailOptions> = {}) => AuditTrail.open({ ...options, ...more })
  const text = () => Buffer.from(fileSystem.readFile('audit.log')).toString()
  const rewrite = (content: string) => fileSystem.writeFileAtomic('audit.log', Buffer.from(content))
  return { disk, open, text, rewrite }
}

/** A trail of five entries, closed. */
function filled(key?: string) {
  const parts = setUp(key === undefined ? {} : { key })
  const trail = parts.open()
  for (let i = 1; i <= 5; i++)
    trail.append({
      kind: i % 2 ? 'order.filled' : 'limits.changed',
      actor: `a${i}`,
      subject: `o${i}`,
      tsUs: i * 1e6,
      data: { i, text: 'zwölf, "x"\n=1' },
    })
  const { head } = trail
  trail.close()
  return { ...parts, head }
}

const code = (act: () => unknown) => {
  try {
    act()
  } catch (error) {
    return (error as TradewireError).code
  }
  return undefined
}

describe('an audit trail', () => {
  it('chains entries, also over a restart', () => {
    const { open, head } = filled()
    const trail = open()
    expect(trail.head).toEqual(head)
    const entry = trail.append({ kind: 'k', actor: 'me' })
    expect(entry).toMatchObject({ seq: 6, previous: head.hash, tsUs: 1_000_000, subject: '', data: null })
    expect(trail.verify()).toMatchObject({ isIntact: true, entries: 6, head: { seq: 6 } })
    expect(trail.verify(head).isIntact).toBe(true)
    expect(trail.query()).toHaveLength(6)
    trail.close()
    trail.close()
    expect(code(() => trail.append({ kind: 'k', actor: 'me' }))).toBe('TW_DISPOSED')
  })

  const lines = (content: string) => content.trimEnd().split('\n')
  it.each<[string, (content: string) => string, number]>([
    ['a changed figure', (content) => content.replace('"i":3', '"i":9'), 3],
    [
      'a changed hash',
      (content) =>
        `${lines(content)
          .map((line, i) => (i === 1 ? `0${line.slice(1)}` : line))
          .join('\n')}\n`,
      2,
    ],
    [
      'a removed entry',
      (content) =>
        `${lines(content)
          .filter((_, i) => i !== 2)
          .join('\n')}\n`,
      3,
    ],
    [
      'entries that changed places',
      (content) => {
        const [a, b, c, ...rest] = lines(content)
        return `${[a, c, b, ...rest].join('\n')}\n`
      },
      2,
    ],
    ['an entry told twice', (content) => `${[...lines(content), lines(content)[4]].join('\n')}\n`, 6],
    ['an empty line', (content) => content.replace('\n', '\n\n'), 2],
    ['a removed first entry', (content) => `${lines(content).slice(1).join('\n')}\n`, 1],
  ])('finds %s', (_, tamper, line) => {
    const { open, text, rewrite } = filled()
    const original = text()
    const trail = open()
    rewrite(tamper(original))
    trail.close()
    expect(text()).not.toBe(original)
    try {
      open()
      expect.unreachable()
    } catch (error) {
      expect((error as TradewireError).code).toBe('TW_AUDIT_BROKEN')
      expect((error as TradewireError).details.line).toBe(line)
    }
  })

  it('finds a chain that was cut or made anew by its anchor alone', () => {
    const { open, text, rewrite, head } = filled()
    rewrite(`${lines(text()).slice(0, 3).join('\n')}\n`)
    const cut = open()
    expect(cut.verify().isIntact).toBe(true)
    expect(cut.verify(head)).toMatchObject({ isIntact: false, entries: 3, fault: { line: 4 } })
    cut.append({ kind: 'forged', actor: 'x' })
    cut.append({ kind: 'forged', actor: 'x' })
    expect(cut.verify().isIntact).toBe(true)
    expect(cut.verify(head).isIntact).toBe(false)
    cut.close()
  })

  it('cannot be made anew without its key', () => {
    const { open } = filled('secret')
    expect(code(() => open({ key: 'guess' }))).toBe('TW_AUDIT_BROKEN')
    const { open: openPlain } = filled()
    expect(code(() => openPlain({ key: 'secret' }))).toBe('TW_AUDIT_BROKEN')
    open().close()
  })

  it('cuts off what a crash tore, and says so', () => {
    const { open, text, rewrite } = filled()
    rewrite(`${text()}0123456789abc`)
    const trail = open()
    expect(trail.query({ kind: 'trail.repaired' })).toMatchObject([{ seq: 6, data: { tornBytes: 13 } }])
    expect(trail.verify().isIntact).toBe(true)
    trail.close()
  })

  it('belongs to one process at a time', () => {
    const { open } = filled()
    const trail = open()
    expect(code(() => open())).toBe('TW_JOURNAL_LOCKED')
    trail.close()
    open().close()
  })

  it('takes back what a full disk cut off, and goes on when there is room', () => {
    const { disk, open } = filled()
    const trail = open()
    disk.limitSpace(0)
    expect(code(() => trail.append({ kind: 'k', actor: 'a' }))).toBe('TW_FILE')
    disk.heal()
    trail.append({ kind: 'k', actor: 'a' })
    expect(trail.verify()).toMatchObject({ isIntact: true, entries: 6 })
    trail.close()
  })

  it('is asked by time, kind, actor and subject', () => {
    const { open } = filled()
    const trail = open()
    const seqs = (filter: object) => trail.query(filter).map(({ seq }) => seq)
    expect(seqs({ kind: 'order.*' })).toEqual([1, 3, 5])
    expect(seqs({ kind: 'limits.changed' })).toEqual([2, 4])
    expect(seqs({ fromUs: 2e6, throughUs: 4e6 })).toEqual([2, 3, 4])
    expect(seqs({ actor: 'a4' })).toEqual([4])
    expect(seqs({ subject: 'o5' })).toEqual([5])
    expect(seqs({ limit: 2 })).toEqual([1, 2])
    trail.close()
  })

  it('is exported as JSON and as CSV without formulas', () => {
    const { open } = filled()
    const trail = open()
    trail.append({ kind: 'k', actor: '=HYPERLINK("x")' })
    expect(JSON.parse(trail.export('json', { limit: 1 }))).toMatchObject([{ seq: 1, data: { i: 1 } }])
    const rows = trail.export('csv').split('\r\n')
    expect(rows[0]).toBe('seq,time,kind,actor,subject,data,previous,hash')
    expect(rows[1]).toContain('1,1970-01-01T00:00:01.000Z,order.filled,a1,o1,"{""i"":1')
    expect(rows[6]).toContain(`"'=HYPERLINK(""x"")"`)
    trail.close()
  })

  it('refuses what is no entry', () => {
    const trail = setUp({ maxLineBytes: 500 }).open()
    const loop: { self?: unknown } = {}
    loop.self = loop
    expect(code(() => trail.append({ kind: 'k', actor: 'a', data: loop }))).toBe('TW_INVALID_ARGUMENT')
    expect(code(() => trail.append({ kind: 'k', actor: 'a', data: 1n }))).toBe('TW_INVALID_ARGUMENT')
    expect(code(() => trail.append({ kind: 'k', actor: 'a', data: 'x'.repeat(500) }))).toBe('TW_INVALID_ARGUMENT')
    expect(code(() => trail.append({ kind: 'k', actor: 'a', tsUs: Number.NaN }))).toBe('TW_INVALID_ARGUMENT')
    expect(trail.head.seq).toBe(0)
    trail.close()
  })

  it('reads lines that lie across its chunks', () => {
    const trail = setUp().open()
    for (let i = 0; i < 40; i++) trail.append({ kind: 'k', actor: 'ä'.repeat(10_000 + i) })
    expect(trail.verify()).toMatchObject({ isIntact: true, entries: 40 })
    expect(trail.query({ limit: 40 }).at(-1)?.actor).toHaveLength(10_039)
    trail.close()
  })
})

describe('an audit recorder', () => {
  it('puts orders, states, anomalies and refusals on the trail', async () => {
    const { open } = setUp()
    const trail = open()
    const { system, venue } = await startEcho({
      validation: { authorization: { strategies: { X: { enabled: false } } } },
    })
    const recorder = recordAudit({ events: system.orders.events, trail })
    const order = system.orders.submit(buy())
    venue.reports.accepted(order.number, 'v', 1)
    venue.reports.filled(order.number, 'e', 100, 1_000_000, 0, 'USD', 1, 2)
    system.orders.submit(buy({ strategy: 'X' }))
    system.kill({ actor: 'duty officer', reason: 'drill' })
    const kinds = trail.query().map(({ kind, actor }) => `${kind} ${actor}`)
    expect(kinds).toEqual(
      expect.arrayContaining([
        'order.submitted HOST',
        'order.accepted venue',
        'order.filled venue',
        'order.denied X',
        'validation.deny X',
        'state.kill duty officer',
      ]),
    )
    expect(trail.query({ kind: 'order.filled' })[0]).toMatchObject({
      subject: order.clientOrderId,
      data: { quantity: '100', price: '100', execId: 'e', status: 'FILLED' },
    })
    expect(trail.verify().isIntact).toBe(true)
    trail.close()
    system.orders.submit(buy({ strategy: 'X' }))
    expect(recorder.failures).toBeGreaterThan(0)
    recorder.stop()
    await system.stop()
  })
})

describe('an audit trail after a crash', () => {
  /** Numbers of the journal records that entries about orders tell of. */
  const told = (trail: AuditTrail) => trail.query({ kind: 'order.*' }).map(({ data }) => (data as { seq: number }).seq)

  it('gets from the journal what it lost, each record once, and goes on', async () => {
    const { open } = setUp()
    const first = await startEcho()
    const journal = { fileSystem: first.disk.mount(), directory: 'journal' }
    // Nothing of this reaches the trail: the recorder came too late, or the disk lost its last lines.
    const early = first.system.orders.submit(buy())
    const trail = open()
    const recorder = recordAudit({ events: first.system.orders.events, trail, journal })
    expect(recorder.refilled).toBe(1)
    first.venue.reports.accepted(early.number, 'v', 1)
    const seen = told(trail)
    recorder.stop()
    first.venue.reports.filled(early.number, 'e1', 40, 1_000_000, 0, 'USD', 1, 2)
    first.system.kill({ actor: 'duty officer', reason: 'drill' })
    trail.close()

    const second = await restartEcho(first)
    const again = open()
    expect(told(again)).toEqual(seen)
    const next = recordAudit({
      events: second.system.orders.events,
      trail: again,
      journal: { ...journal, fileSystem: second.disk.mount() },
    })
    expect(next.refilled).toBeGreaterThanOrEqual(2)
    expect(again.query({ kind: 'order.filled' })).toMatchObject([
      { actor: 'journal', subject: early.clientOrderId, data: { recovered: true } },
    ])
    expect(again.query({ kind: 'state.kill' })).toMatchObject([{ data: { recovered: true, reason: 'drill' } }])
    const seqs = told(again)
    expect(new Set(seqs).size).toBe(seqs.length)
    expect([...seqs].sort((a, b) => a - b)).toEqual(seqs)
    expect(again.verify().isIntact).toBe(true)
    // A second time there is nothing left to add.
    expect(
      recordAudit({
        events: second.system.orders.events,
        trail: again,
        journal: { ...journal, fileSystem: second.disk.mount() },
      }).refilled,
    ).toBe(0)
    again.close()
    await second.system.stop()
  })
})
