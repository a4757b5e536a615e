/**
 * Journals of releases, kept as they were written: this release reads each of them to the same records and the same state.
 * Frames of a newer version are refused, in the same files.
 */
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { SimulatedConnector, TradingSystem } from 'tradewire'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { frameCrc, framePrefixBytes, frameVersion } from '../../src/journal/frame.js'
import { meaningOf } from './meaning.js'

const golden = join(import.meta.dirname, 'golden')
let folder: string
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'tradewire-golden-'))
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

function copyOf(name: string): string {
  const target = mkdtempSync(join(folder, 'copy-'))
  for (const file of readdirSync(join(golden, name)).filter((each) => each.endsWith('.journal')))
    cpSync(join(golden, name, file), join(target, file))
  return target
}

describe.each(readdirSync(golden))('the golden journal %s', (name) => {
  it('means what it meant', () => {
    const meaning = JSON.parse(readFileSync(join(golden, name, 'meaning.json'), 'utf8'))
    expect(meaning.records.length).toBeGreaterThan(10)
    expect(meaningOf(join(golden, name))).toEqual(meaning)
  })

  it('is one that a system goes on from', async () => {
    const journal = copyOf(name)
    await using system = await TradingSystem.start({
      mode: 'simulation',
      journal,
      connectors: { sim: new SimulatedConnector({ synthetic: {}, seed: 11 }) },
    })
    expect(system.recovery.records).toBeGreaterThan(0)
  })

  it('is refused where a newer release wrote a frame of it', async () => {
    const journal = copyOf(name)
    const path = join(journal, readdirSync(journal).sort().at(-1) as string)
    const bytes = readFileSync(path)
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    bytes[8] = frameVersion + 1
    view.setInt32(4, frameCrc(view, 0, framePrefixBytes + view.getUint32(0, true)), true)
    writeFileSync(path, bytes)
    await expect(TradingSystem.create({ mode: 'simulation', journal })).rejects.toMatchObject({
      code: 'TW_JOURNAL_VERSION',
    })
    expect(readFileSync(path), 'left as it is').toEqual(bytes)
  })
})
