import { spawnSync } from 'node:child_process'
import * as fs from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { nodeFileSystem } from '../core/node-file-system.js'
import { readJournal } from './read-journal.js'
import { openSegmentJournal } from './segment-journal.js'

let root = ''
beforeEach(() => {
  root = fs.mkdtempSync(join(tmpdir(), 'tradewire-'))
})
afterEach(() => {
  fs.rmSync(root, { recursive: true, force: true })
})

describe('a journal on a real disk', () => {
  const scheduler = {
    after(delayMs: number, callback: () => void) {
      const timer = setTimeout(callback, delayMs)
      return { cancel: () => clearTimeout(timer) }
    },
  }

  for (const durability of ['none', 'os', 'fsync'] as const) {
    it(`keeps what ${durability} promises over a close and a reopen`, async () => {
      const directory = join(root, 'journal')
      for (let life = 0; life < 3; life++) {
        const journal = openSegmentJournal({
          fileSystem: nodeFileSystem,
          directory,
          durability,
          scheduler,
          segmentBytes: 20_000,
          preallocateBytes: 4_096,
        })
        const waiting: Promise<void>[] = []
        for (let n = 0; n < 400; n++) {
          const writer = journal.begin(1)
          writer.u32(life * 400 + n)
          writer.string(`order ${n}`)
          journal.commit()
          if (n % 8 === 0) journal.flush()
          if (n % 40 === 0) waiting.push(journal.durable())
        }
        await Promise.all(waiting)
        await journal.close()
        expect(journal.counters()).toMatchObject({ records: 400, failures: 0 })
        let next = 0
        readJournal(nodeFileSystem, directory, (_type, _seq, record) => {
          expect(record.u32()).toBe(next++)
        })
        expect(next).toBe((life + 1) * 400)
      }
      const names = fs.readdirSync(directory)
      expect(names.length).toBeGreaterThan(1)
      for (const name of names) expect(fs.statSync(join(directory, name)).mode & 0o777).toBe(0o600)
    })
  }

  it('writes nothing any more when its claim is gone: another process may have taken it for dead', async () => {
    const directory = join(root, 'journal')
    const failures: string[] = []
    const journal = openSegmentJournal({
      fileSystem: nodeFileSystem,
      directory,
      scheduler,
      onFailure: ({ error }) => failures.push(error.code),
    })
    journal.begin(1).u32(1)
    journal.commit()
    journal.flush()
    for (const name of fs.readdirSync(directory)) if (name.startsWith('journal.lock')) fs.rmSync(join(directory, name))
    await expect.poll(() => failures, { timeout: 5_000 }).toEqual(['TW_JOURNAL_FENCED'])
    const next = openSegmentJournal({ fileSystem: nodeFileSystem, directory, scheduler })
    const before = fs.readdirSync(directory)
    journal.begin(1).u32(2)
    journal.commit()
    expect(() => journal.flush()).toThrow(expect.objectContaining({ code: 'TW_JOURNAL_FAILED' }))
    expect(journal.tryResume()).toBe(false)
    await expect(journal.close()).rejects.toMatchObject({ code: 'TW_JOURNAL_FAILED' })
    expect(fs.readdirSync(directory)).toEqual(before)
    expect(next.recovery.records).toBe(1)
    await next.close()
  })

  it('survives the death of the process behind flush()', () => {
    const directory = join(root, 'journal')
    const script = `
      const { openSegmentJournal } = await import(${JSON.stringify(new URL('./segment-journal.ts', import.meta.url).href)})
      const { nodeFileSystem } = await import(${JSON.stringify(new URL('../core/node-file-system.ts', import.meta.url).href)})
      const scheduler = { after: () => ({ cancel() {} }) }
      const journal = openSegmentJournal({ fileSystem: nodeFileSystem, directory: ${JSON.stringify(directory)}, scheduler })
      for (let n = 0; n < 500; n++) { journal.begin(1).u32(n); journal.commit(); journal.flush() }
      for (let n = 500; n < 600; n++) { journal.begin(1).u32(n); journal.commit() }
      process.kill(process.pid, 'SIGKILL')`
    const child = spawnSync(process.execPath, ['--import', 'tsx', '--input-type=module', '-e', script])
    expect([child.signal, child.stderr.toString()]).toEqual(['SIGKILL', ''])
    const journal = openSegmentJournal({ fileSystem: nodeFileSystem, directory, scheduler })
    expect(journal.recovery).toMatchObject({ records: 500, droppedBytes: 0 })
    return journal.close()
  })
})
