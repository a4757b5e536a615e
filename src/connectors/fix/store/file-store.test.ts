import { describe, expect, it } from 'vitest'
import { TradewireError } from '../../../core/errors.js'
import { SimulatedDisk } from '../../../testing/simulated-disk.js'
import { recordsOffset } from './file-layout.js'
import { FileStore, type FileStoreOptions } from './file-store.js'
import { messageFileName } from './generations.js'
import { inspectStore, readStoredMessages } from './inspect.js'
import { MemoryStore } from './memory-store.js'
import { type MessageStore, storeName } from './message-store.js'

const FOLDER = 'fix/session'
const bytesOf = (text: string) => new TextEncoder().encode(text)
const textOf = (bytes: Uint8Array, start: number, end: number) => new TextDecoder().decode(bytes.subarray(start, end))

function open(disk: SimulatedDisk, options: FileStoreOptions = {}): FileStore {
  return new FileStore(disk.mount(), FOLDER, options)
}

/** Keeps a text; an empty one keeps the number only. */
function keep(store: MessageStore, text: string): void {
  const bytes = bytesOf(`..${text}..`)
  store.append(bytes, 2, bytes.length - 2)
}

function readAll(store: MessageStore, from = 1, to = Number.MAX_SAFE_INTEGER, limit = 7): [number, string][] {
  const found: [number, string][] = []
  let next = from
  while (next <= Math.min(to, store.nextOutgoing - 1)) {
    const goOn = store.read(next, to, limit, (number, buffer, start, end) =>
      found.push([number, textOf(buffer, start, end)]),
    )
    expect(goOn).toBeGreaterThan(next)
    next = goOn
  }
  return found
}

describe.each([
  ['memory', () => new MemoryStore()],
  ['file', () => open(new SimulatedDisk({ seed: 1 }))],
])('a store in %s', (_name, make) => {
  it('begins at 1 and counts what is kept', () => {
    const store = make()
    expect([store.nextOutgoing, store.nextIncoming]).toEqual([1, 1])
    keep(store, 'one')
    keep(store, '')
    keep(store, 'three')
    expect(store.nextOutgoing).toBe(4)
    expect(readAll(store)).toEqual([
      [1, 'one'],
      [3, 'three'],
    ])
    expect(readAll(store, 2, 2)).toEqual([])
    expect(store.counters.messages).toBe(2)
  })

  it('finds any range of many messages', () => {
    const store = make()
    for (let i = 1; i <= 500; i++) keep(store, i % 3 === 0 ? '' : `m${i}`)
    const numbers = Array.from({ length: 500 }, (_, i) => i + 1).filter((i) => i % 3 !== 0)
    for (const [from, to] of [
      [1, 500],
      [63, 66],
      [64, 64],
      [130, 400],
      [499, 900],
    ] as const) {
      const expected = numbers.filter((i) => i >= from && i <= to).map((i) => [i, `m${i}`])
      expect(readAll(store, from, to)).toEqual(expected)
    }
    keep(store, 'later')
    expect(readAll(store, 500)).toEqual([
      [500, 'm500'],
      [501, 'later'],
    ])
  })

  it('forgets everything at a reset', () => {
    const store = make()
    keep(store, 'one')
    store.setNextIncoming(9)
    store.reset(77)
    expect([store.nextOutgoing, store.nextIncoming, store.createdUs]).toEqual([1, 1, 77])
    expect(readAll(store)).toEqual([])
    keep(store, 'anew')
    expect(readAll(store)).toEqual([[1, 'anew']])
  })

  it('takes numbers by hand, forwards and backwards', () => {
    const store = make()
    keep(store, 'one')
    store.setNextOutgoing(10)
    keep(store, 'ten')
    expect(readAll(store)).toEqual([
      [1, 'one'],
      [10, 'ten'],
    ])
    store.setNextOutgoing(5)
    keep(store, 'five')
    expect(store.nextOutgoing).toBe(6)
    expect(readAll(store)).toEqual([[5, 'five']])
    store.skip()
    keep(store, 'seven')
    expect(readAll(store)).toEqual([
      [5, 'five'],
      [7, 'seven'],
    ])
  })

  it('jumps a long hole', () => {
    const store = make()
    keep(store, 'one')
    store.setNextOutgoing(2_000_000_000)
    keep(store, 'far')
    expect(readAll(store)).toEqual([
      [1, 'one'],
      [2_000_000_000, 'far'],
    ])
  })
})

describe('a memory store', () => {
  it('keeps the latest messages that fit', () => {
    const store = new MemoryStore({ maxBytes: 10 })
    for (const text of ['aaaa', 'bbbb', 'cccc']) keep(store, text)
    expect(readAll(store)).toEqual([
      [2, 'bbbb'],
      [3, 'cccc'],
    ])
    expect(() => new MemoryStore({ maxBytes: 0 })).toThrow(TradewireError)
  })
})

describe('a file store', () => {
  it('goes on where a crashed process stopped', () => {
    const disk = new SimulatedDisk({ seed: 1 })
    const store = open(disk)
    store.reset(5)
    for (let i = 0; i < 200; i++) keep(store, `m${i}`)
    store.setNextIncoming(42)
    store.commit()
    disk.crash({ powerCut: false })
    const next = open(disk)
    expect([next.nextOutgoing, next.nextIncoming, next.createdUs]).toEqual([201, 42, 5])
    expect(readAll(next)).toHaveLength(200)
    keep(next, 'more')
    expect(readAll(next, 201)).toEqual([[201, 'more']])
  })

  it('is locked while it is open', () => {
    const disk = new SimulatedDisk({ seed: 1 })
    const store = open(disk)
    expect(() => open(disk)).toThrow(expect.objectContaining({ code: 'TW_JOURNAL_LOCKED' }))
    store.close()
    store.close()
    open(disk).close()
  })

  it('keeps messages larger than its buffer, and refuses those beyond its bound', () => {
    const store = open(new SimulatedDisk({ seed: 1 }))
    const large = 'x'.repeat(60_000)
    keep(store, large)
    keep(store, 'small')
    expect(readAll(store)).toEqual([
      [1, large],
      [2, 'small'],
    ])
    expect(() => keep(store, 'x'.repeat(1_100_000))).toThrow(expect.objectContaining({ code: 'TW_CAPACITY' }))
    expect(store.nextOutgoing).toBe(3)
  })

  it('cut anywhere, goes on from the last whole message', () => {
    const whole = new SimulatedDisk({ seed: 1 })
    const store = open(whole)
    for (const text of ['one', '', 'three']) keep(store, text)
    store.setNextIncoming(7)
    store.close()
    const path = `${FOLDER}/${messageFileName(1)}`
    const content = whole.readFile(path)
    for (let size = recordsOffset; size <= content.length; size++) {
      const disk = new SimulatedDisk({ seed: 1 })
      disk.makeDirectory(FOLDER)
      disk.install(path, content.slice(0, size))
      const cut = open(disk)
      const kept = [...readAll(cut).map(([, text]) => text)].join()
      expect(['', 'one', 'one,three']).toContain(kept)
      expect(cut.nextIncoming).toBe(7)
      keep(cut, 'next')
      expect(readAll(cut).at(-1)?.[1]).toBe('next')
    }
  })

  it('with any bit flipped, never returns a wrong message', () => {
    const whole = new SimulatedDisk({ seed: 1 })
    const store = open(whole)
    for (const text of ['one', 'two', 'three']) keep(store, text)
    store.close()
    const path = `${FOLDER}/${messageFileName(1)}`
    const content = whole.readFile(path)
    const right = new Map([
      [1, 'one'],
      [2, 'two'],
      [3, 'three'],
    ])
    for (let bit = recordsOffset * 8; bit < content.length * 8; bit += 3) {
      const disk = new SimulatedDisk({ seed: 1 })
      disk.makeDirectory(FOLDER)
      disk.install(path, content)
      disk.flipBit(path, bit)
      const isLast = readable(disk).every(([number, text]) => right.get(number) === text)
      expect(isLast).toBe(true)
    }
  })

  it('damaged in the middle is refused, unless gaps are accepted', () => {
    const disk = new SimulatedDisk({ seed: 1 })
    const store = open(disk)
    for (const text of ['one', 'two', 'three']) keep(store, text)
    store.close()
    disk.flipBit(`${FOLDER}/${messageFileName(1)}`, (recordsOffset + 43 + 41) * 8)
    expect(() => open(disk)).toThrow(expect.objectContaining({ code: 'TW_JOURNAL_CORRUPT' }))
    const lenient = open(disk, { damaged: 'gap-fill' })
    expect(lenient.nextOutgoing).toBe(4)
    expect(readAll(lenient)).toEqual([
      [1, 'one'],
      [3, 'three'],
    ])
    expect(lenient.counters.damagedReads).toBeGreaterThan(0)
  })

  it('a disk that is full costs no number, and what follows is whole', () => {
    const disk = new SimulatedDisk({ seed: 1 })
    const store = open(disk)
    keep(store, 'one')
    disk.limitSpace(20)
    expect(() => keep(store, 'two')).toThrow(expect.objectContaining({ code: 'TW_FILE' }))
    expect(store.nextOutgoing).toBe(2)
    disk.heal()
    keep(store, 'two')
    disk.crash({ powerCut: false })
    expect(readAll(open(disk))).toEqual([
      [1, 'one'],
      [2, 'two'],
    ])
  })

  it('after any failing call holds what it said it kept', () => {
    for (let call = 1; ; call++) {
      const disk = new SimulatedDisk({ seed: call })
      disk.failCall(call, call % 2 === 0 ? 'EIO' : 'ENOSPC')
      const said: string[] = []
      tryTo(() => {
        const store = open(disk)
        for (const text of ['one', 'two', 'three']) {
          tryTo(() => {
            keep(store, text)
            said.push(text)
          })
        }
        tryTo(() => store.setNextIncoming(8))
        tryTo(() => store.commit())
        tryTo(() => store.close())
      })
      const hasFired = disk.injected > 0
      disk.heal()
      disk.crash({ powerCut: false })
      const kept = readAll(open(disk)).map(([, text]) => text)
      expect(kept).toEqual(said)
      if (!hasFired) break
    }
  })

  it('does not trust a file again whose sync failed', () => {
    const disk = new SimulatedDisk({ seed: 1 })
    const store = open(disk, { sync: 'always' })
    keep(store, 'one')
    store.setNextIncoming(4)
    disk.failSync(1)
    expect(() => keep(store, 'two')).toThrow(expect.objectContaining({ code: 'TW_FILE' }))
    expect([store.nextOutgoing, store.nextIncoming]).toEqual([2, 4])
    keep(store, 'two again')
    disk.crash({ powerCut: true })
    const next = open(disk)
    expect([next.nextOutgoing, next.nextIncoming]).toEqual([3, 4])
    expect(readAll(next)).toEqual([[2, 'two again']])
  })

  it('with sync, survives a power cut', () => {
    for (let seed = 1; seed <= 30; seed++) {
      const disk = new SimulatedDisk({ seed })
      const store = open(disk, { sync: 'always' })
      for (const text of ['one', 'two', 'three']) keep(store, text)
      store.setNextIncoming(5)
      store.commit()
      disk.crash({ powerCut: true })
      const next = open(disk)
      expect(readAll(next)).toHaveLength(3)
      expect(next.nextIncoming).toBe(5)
    }
  })

  it('without sync, a power cut leaves a beginning of what was kept', () => {
    for (let seed = 1; seed <= 60; seed++) {
      const disk = new SimulatedDisk({ seed })
      const store = open(disk, { damaged: 'gap-fill' })
      for (let i = 1; i <= 20; i++) keep(store, `m${i}`)
      disk.crash({ powerCut: true })
      const next = open(disk, { damaged: 'gap-fill' })
      for (const [number, text] of readAll(next)) expect(text).toBe(`m${number}`)
    }
  })

  it('keeps files of earlier resets as told', () => {
    const disk = new SimulatedDisk({ seed: 1 })
    const store = open(disk, { keepGenerations: 2 })
    for (let i = 1; i <= 5; i++) {
      keep(store, `m${i}`)
      store.reset(i)
    }
    const names = disk.list(FOLDER).filter((name) => name.endsWith('.twfix'))
    expect(names).toEqual([4, 5, 6].map(messageFileName))
    expect(() => open(new SimulatedDisk({ seed: 1 }), { keepGenerations: -1 })).toThrow(TradewireError)
  })

  it('a file that was begun and never finished is removed', () => {
    const disk = new SimulatedDisk({ seed: 1 })
    const store = open(disk)
    keep(store, 'one')
    store.close()
    disk.install(`${FOLDER}/${messageFileName(2)}`, new Uint8Array(10))
    expect(readAll(open(disk))).toEqual([[1, 'one']])
  })

  it('reads its numbers again', () => {
    const store = open(new SimulatedDisk({ seed: 1 }))
    keep(store, 'one')
    store.setNextIncoming(4)
    store.refresh()
    expect([store.nextOutgoing, store.nextIncoming]).toEqual([2, 4])
    expect(() => store.setNextIncoming(0)).toThrow(TradewireError)
  })

  it('can be looked into beside its owner, without secrets', () => {
    const disk = new SimulatedDisk({ seed: 1 })
    const store = open(disk)
    keep(store, '8=FIX.4.4\u000135=A\u0001554=secret\u000110=000\u0001')
    keep(store, 'two')
    const [report] = inspectStore(disk, FOLDER)
    expect(report).toMatchObject({
      generation: 1,
      nextOutgoing: 3,
      nextIncoming: 1,
      messages: 2,
      tailBytes: 0,
      damaged: [],
    })
    const texts = readStoredMessages(disk, FOLDER)
    expect(texts[0]).toEqual({ number: 1, text: '8=FIX.4.4|35=A|554=***|10=000|' })
    expect(readStoredMessages(disk, FOLDER, { from: 2 })).toHaveLength(1)
    expect(readStoredMessages(disk, FOLDER, { limit: 1 })).toHaveLength(1)
    disk.makeDirectory('empty')
    expect(readStoredMessages(disk, 'empty')).toEqual([])
  })
})

describe('names', () => {
  it('are files, whatever is in them', () => {
    expect(storeName(['FIX.4.4', 'A/B', 'é-x'])).toBe('FIX.4.4-A%2FB-%C3%A9%2Dx')
    expect(storeName(['a-b', 'c'])).not.toBe(storeName(['a', 'b-c']))
  })
})

function readable(disk: SimulatedDisk): [number, string][] {
  try {
    return readAll(open(disk))
  } catch (error) {
    expect(error).toMatchObject({ code: 'TW_JOURNAL_CORRUPT' })
    return []
  }
}

function tryTo(call: () => unknown): void {
  try {
    call()
  } catch (error) {
    if (!(error instanceof TradewireError)) throw error
  }
}
