import { describe, expect, it } from 'vitest'
import { MemoryJournal } from './memory-journal.js'

const held = (journal: MemoryJournal): [number, number, number][] => {
  const found: [number, number, number][] = []
  journal.replay((type, seq, record) => found.push([type, seq, record.u32()]))
  return found
}

const append = (journal: MemoryJournal, n: number, padding = 0): number => {
  const writer = journal.begin(n % 7)
  writer.u32(n)
  writer.bytes(new Uint8Array(padding))
  return journal.commit()
}

describe('MemoryJournal', () => {
  it('gives records back in order', async () => {
    const journal = new MemoryJournal()
    for (let n = 0; n < 20; n++) expect(append(journal, n)).toBe(n + 1)
    journal.flush()
    expect(journal.tryFlush()).toBe(true)
    await journal.durable()
    expect(held(journal)).toEqual(Array.from({ length: 20 }, (_, n) => [n % 7, n + 1, n]))
    expect(journal.counters()).toMatchObject({ records: 20, dropped: 0, writes: 0, syncs: 0 })
    expect(journal.lastSeq).toBe(20)
  })

  it('keeps the newest records within its bound and counts the others', () => {
    const keepBytes = 1024 * 1024
    const journal = new MemoryJournal({ keepBytes })
    for (let n = 0; n < 50_000; n++) append(journal, n, 78)
    const found = held(journal)
    const { dropped } = journal.counters()
    expect(found.length + dropped).toBe(50_000)
    expect(found.length * 104).toBeLessThanOrEqual(keepBytes)
    expect(found.length * 104).toBeGreaterThan(keepBytes / 2)
    expect(found[0]).toEqual([dropped % 7, dropped + 1, dropped])
  })

  it('takes records larger than a chunk up to its bound, within the same memory', () => {
    const journal = new MemoryJournal({ keepBytes: 1024 * 1024, maxRecordBytes: 1024 * 1024 })
    for (let n = 0; n < 20; n++) append(journal, n, 700_000)
    expect(held(journal).at(-1)).toEqual([19 % 7, 20, 19])
    expect(held(journal).length).toBeLessThan(4)
    expect(() => append(journal, 20, 2_000_000)).toThrow(expect.objectContaining({ code: 'TW_CAPACITY' }))
    expect(append(journal, 20)).toBe(21)
    expect(journal.counters()).toMatchObject({ records: 21, abandoned: 1 })
  })

  it('forgets what a snapshot sums up', () => {
    const journal = new MemoryJournal()
    append(journal, 1)
    journal.writeSnapshot((writer) => writer.u32(77))
    append(journal, 2)
    expect(held(journal)).toEqual([
      [255, 2, 77],
      [2, 3, 2],
    ])
    expect(journal.counters().dropped).toBe(1)
  })

  it('refuses bad options, bad types and use after close', async () => {
    expect(() => new MemoryJournal({ keepBytes: 0 })).toThrow(/keepBytes/)
    expect(() => new MemoryJournal({ keep: 1 } as object)).toThrow(/unknown/)
    const journal = new MemoryJournal()
    expect(() => journal.begin(240)).toThrow(expect.objectContaining({ code: 'TW_INVALID_ARGUMENT' }))
    expect(() => journal.commit()).toThrow(expect.objectContaining({ code: 'TW_INVALID_STATE' }))
    await journal.close()
    expect(journal.state).toBe('closed')
    expect(journal.tryFlush()).toBe(false)
    expect(() => journal.begin(1)).toThrow(expect.objectContaining({ code: 'TW_DISPOSED' }))
    expect(() => journal.flush()).toThrow(expect.objectContaining({ code: 'TW_DISPOSED' }))
    await expect(journal.durable()).rejects.toMatchObject({ code: 'TW_DISPOSED' })
  })
})
