/**
 * Every recorded file of a known format: it plays to its end in order of receive time, without a bad row, and gives the
 * same events however its bytes arrive.
 */
import { readdirSync } from 'node:fs'
import { expect, it } from 'vitest'
import type { FileSystem } from '../../src/core/file-system.js'
import type { IngestRing } from '../../src/ring/ingest-ring.js'
import type { RingHandlers } from '../../src/ring/kinds.js'
import { describeShared, sharedFolder } from '../support/shared.js'
import { inChunks, play } from './support.js'

const root = sharedFolder('data')

/** Folds every column of every event into one number. */
function digest() {
  const state = { hash: 0, events: 0, lastRecvUs: 0, backwards: 0 }
  const bits = new Float64Array(1)
  const words = new Int32Array(bits.buffer)
  const mix = (value: number) => {
    bits[0] = value
    state.hash = Math.imul(Math.imul(state.hash ^ words[0], 0x01000193) ^ words[1], 0x01000193)
  }
  const columns = (of: (ring: IngestRing) => object) => (ring: IngestRing, from: number, to: number) => {
    const kind = of(ring) as Record<string, unknown> & { tsRecvUs: Float64Array }
    for (let row = from; row < to; row++) {
      state.events++
      if (kind.tsRecvUs[row] < state.lastRecvUs) state.backwards++
      state.lastRecvUs = kind.tsRecvUs[row]
      for (const [name, column] of Object.entries(kind)) {
        if (ArrayBuffer.isView(column) && !name.startsWith('level') && name !== 'firstLevel')
          mix((column as Float64Array)[row])
      }
      if (kind !== (ring.books as object)) continue
      const { books } = ring
      for (let i = 0; i < books.levelCount[row]; i++) {
        const at = ((books.firstLevel[row] % (books.levelMask + 1)) + i) & books.levelMask
        mix(books.levelPrice[at])
        mix(books.levelSize[at])
        mix(books.levelOrderId[at] + books.levelSide[at] + books.levelAction[at])
      }
    }
  }
  const handlers: RingHandlers = {
    onQuotes: columns((ring) => ring.quotes),
    onTrades: columns((ring) => ring.trades),
    onBooks: columns((ring) => ring.books),
    onBars: columns((ring) => ring.bars),
    onStatuses: columns((ring) => ring.statuses),
    onNotes: columns((ring) => ring.notes),
  }
  return { state, handlers }
}

describeShared('Every recorded file', 'data', () => {
  const folders = readdirSync(root, { withFileTypes: true }).filter((entry) => entry.isDirectory())

  it('lies in a folder', () => expect(folders.length).toBeGreaterThan(0))

  it.each(folders.map(({ name }) => [name]))('%s plays in order, and the same in any chunks', async (name) => {
    const runs: unknown[] = []
    const systems: (FileSystem | undefined)[] = [undefined, inChunks(1_021)]
    for (const fileSystem of systems) {
      const { state, handlers } = digest()
      const { counters, files } = await play(
        `${root}/${name}`,
        handlers,
        fileSystem === undefined ? {} : { fileSystem },
      )
      expect(files.length).toBeGreaterThan(0)
      expect(counters.badRows + state.backwards).toBe(0)
      expect(state.events).toBeGreaterThan(0)
      expect(counters.events).toBe(state.events)
      runs.push({ ...state, counters })
    }
    expect(runs[1]).toEqual(runs[0])
  })
})
