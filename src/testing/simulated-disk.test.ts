import { describe, expect, it } from 'vitest'
import { errnoOf } from '../core/file-system.js'
import { SimulatedCrash, SimulatedDisk } from './simulated-disk.js'

const fill = (length: number, value: number): Uint8Array => new Uint8Array(length).fill(value)

function errno(run: () => unknown): string {
  try {
    run()
  } catch (error) {
    return errnoOf(error)
  }
  return 'none'
}

/** A disk with a durable file of 1,000 ones. */
function prepared(seed: number): SimulatedDisk {
  const disk = new SimulatedDisk({ seed })
  disk.install('d/file', fill(1_000, 1))
  return disk
}

describe('SimulatedDisk', () => {
  it('keeps everything when only the process dies', () => {
    const disk = prepared(1)
    const process = disk.mount()
    const file = process.open('d/file', 'write')
    file.write(fill(500, 2), 0, 500, 900)
    process.open('d/new', 'create').write(fill(3, 3), 0, 3, 0)
    disk.crash({ powerCut: false })
    expect(disk.list('d')).toEqual(['file', 'new'])
    expect(disk.readFile('d/file').length).toBe(1_400)
    expect(() => file.size()).toThrow(SimulatedCrash)
    expect(() => process.list('d')).toThrow(SimulatedCrash)
  })

  it('at a power cut keeps what was synced, and any part of what was not', () => {
    const outcomes = new Set<string>()
    for (let seed = 1; seed <= 200; seed++) {
      const disk = prepared(seed)
      const file = disk.open('d/file', 'write')
      file.write(fill(100, 2), 0, 100, 0)
      file.dataSyncNow()
      file.write(fill(2_000, 3), 0, 2_000, 500)
      disk.crash({ powerCut: true })
      const content = disk.readFile('d/file')
      expect(content.subarray(0, 100)).toEqual(fill(100, 2))
      expect(content.subarray(100, 500)).toEqual(fill(400, 1))
      expect(content.length).toBeGreaterThanOrEqual(1_000)
      const sectors = [...content.subarray(500)].filter((_, index) => index % 256 === 0)
      outcomes.add(sectors.join(''))
      for (const byte of content.subarray(1_000)) expect([0, 3]).toContain(byte)
    }
    expect(outcomes.size).toBeGreaterThan(8)
    expect([...outcomes].some((sectors) => /3.*[01].*3/.test(sectors))).toBe(true)
  })

  it('forgets names that their directory was not synced for', () => {
    let kept = 0
    for (let seed = 1; seed <= 40; seed++) {
      const disk = prepared(seed)
      disk.open('d/a', 'create').dataSyncNow()
      disk.syncDirectory('d')
      disk.open('d/b', 'create').dataSyncNow()
      disk.rename('d/file', 'd/moved')
      disk.crash({ powerCut: true })
      const names = disk.list('d').join()
      expect(['a,file', 'a,b,file', 'a,b,moved']).toContain(names)
      if (names !== 'a,file') kept++
    }
    expect(kept).toBeGreaterThan(5)
    expect(kept).toBeLessThan(35)
  })

  it('gives the same outcome for the same seed', () => {
    const outcome = (seed: number): Uint8Array => {
      const disk = prepared(seed)
      const file = disk.open('d/file', 'write')
      for (let at = 0; at < 20; at++) file.write(fill(700, at), 0, 700, at * 300)
      disk.crash({ powerCut: true })
      return disk.readFile('d/file')
    }
    expect(outcome(5)).toEqual(outcome(5))
    expect(outcome(5)).not.toEqual(outcome(6))
  })

  it('runs out of space in the middle of a write, and has room again when files shrink', () => {
    const disk = prepared(1)
    const file = disk.open('d/file', 'write')
    disk.limitSpace(30)
    file.write(fill(100, 2), 0, 100, 0)
    expect(file.write(fill(100, 2), 0, 100, 1_000)).toBe(30)
    expect(errno(() => file.write(fill(100, 2), 0, 100, 1_030))).toBe('ENOSPC')
    file.truncate(1_010)
    expect(file.write(fill(100, 2), 0, 100, 1_010)).toBe(20)
    disk.heal()
    expect(file.write(fill(100, 2), 0, 100, 1_030)).toBe(100)
  })

  it('loses what a failed sync covered, while reads still return it', async () => {
    let lost = 0
    for (let seed = 1; seed <= 40; seed++) {
      const disk = prepared(seed)
      const file = disk.open('d/file', 'write')
      file.write(fill(512, 2), 0, 512, 0)
      disk.failSync(1)
      await expect(file.dataSync()).rejects.toMatchObject({ details: { errno: 'EIO' } })
      expect(disk.readFile('d/file')[0]).toBe(2)
      file.dataSyncNow()
      disk.crash({ powerCut: true })
      if (disk.readFile('d/file')[0] === 1) lost++
    }
    expect(lost).toBeGreaterThan(5)
  })

  it('a sync covers what was written before it, not what is written while it runs', async () => {
    let lost = 0
    for (let seed = 1; seed <= 40; seed++) {
      const disk = prepared(seed)
      const file = disk.open('d/file', 'write')
      file.write(fill(10, 2), 0, 10, 0)
      const sync = file.dataSync()
      file.write(fill(10, 3), 0, 10, 600)
      await sync
      disk.crash({ powerCut: true })
      expect(disk.readFile('d/file')[0]).toBe(2)
      if (disk.readFile('d/file')[600] === 1) lost++
    }
    expect(lost).toBeGreaterThan(5)
  })

  it('fails the n-th call, or crashes there', () => {
    const disk = prepared(1)
    disk.failCall(2, 'EIO')
    expect(disk.exists('d/file')).toBe(true)
    expect(errno(() => disk.readFile('d/file'))).toBe('EIO')
    expect(disk.readFile('d/file').length).toBe(1_000)
    expect([disk.calls, disk.injected]).toEqual([3, 1])
    disk.failCall(1, 'crash')
    expect(() => disk.list('d')).toThrow(SimulatedCrash)
    expect(() => disk.list('d')).toThrow(SimulatedCrash)
    disk.crash({ powerCut: false })
    expect(disk.list('d')).toEqual(['file'])
  })

  it('releases locks at a crash, and only then or when told', () => {
    const disk = prepared(1)
    const lock = disk.lock('d/lock')
    expect(() => disk.lock('d/lock')).toThrow(expect.objectContaining({ code: 'TW_JOURNAL_LOCKED' }))
    disk.crash({ powerCut: false })
    const next = disk.lock('d/lock')
    lock.release()
    expect(() => disk.lock('d/lock')).toThrow(expect.objectContaining({ code: 'TW_JOURNAL_LOCKED' }))
    next.release()
    disk.lock('d/lock')
  })

  it('flips bits, replaces files whole and streams them', async () => {
    const disk = prepared(1)
    disk.flipBit('d/file', 8 * 7 + 1)
    expect(disk.readFile('d/file')[7]).toBe(3)
    expect(() => disk.flipBit('d/file', 8_000)).toThrow(expect.objectContaining({ code: 'TW_OUT_OF_RANGE' }))
    disk.writeFileAtomic('d/file', fill(100_000, 9))
    disk.crash({ powerCut: true })
    let bytes = 0
    for await (const chunk of disk.openReadable('d/file')) bytes += chunk.length
    expect(bytes).toBe(100_000)
    disk.remove('d/file')
    expect(errno(() => disk.open('d/file', 'read'))).toBe('ENOENT')
    expect(errno(() => disk.list('nowhere'))).toBe('ENOENT')
  })
})
