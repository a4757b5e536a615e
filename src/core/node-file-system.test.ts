import { spawn } from 'node:child_process'
import * as fs from 'node:fs'
import { hostname, tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { errnoOf } from './file-system.js'
import { nodeFileSystem } from './node-file-system.js'

let root = ''
beforeEach(() => {
  root = fs.mkdtempSync(join(tmpdir(), 'tradewire-'))
})
afterEach(() => {
  fs.rmSync(root, { recursive: true, force: true })
})

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text)
const text = (content: Uint8Array): string => new TextDecoder().decode(content)

function errno(run: () => unknown): string {
  try {
    run()
  } catch (error) {
    return errnoOf(error)
  }
  return 'none'
}

describe('nodeFileSystem', () => {
  it('writes, reads, truncates and syncs at positions, in files only their owner may read', async () => {
    const path = join(root, 'data')
    const file = nodeFileSystem.open(path, 'create')
    expect(fs.statSync(path).mode & 0o777).toBe(0o600)
    expect(file.write(bytes('_hello_'), 1, 5, 0)).toBe(5)
    expect(file.write(bytes('world'), 0, 5, 5)).toBe(5)
    await file.dataSync()
    file.dataSyncNow()
    expect(file.size()).toBe(10)
    const buffer = new Uint8Array(20)
    expect(file.read(buffer, 3, 17, 5)).toBe(5)
    expect(text(buffer.subarray(3, 8))).toBe('world')
    expect(file.read(buffer, 0, 20, 10)).toBe(0)
    file.truncate(5)
    const syncing = file.dataSync()
    file.close()
    file.close()
    await syncing
    expect(text(nodeFileSystem.readFile(path))).toBe('hello')
    const again = nodeFileSystem.open(path, 'write')
    again.write(bytes('J'), 0, 1, 0)
    again.close()
    expect(text(nodeFileSystem.readFile(path))).toBe('Jello')
  })

  it('names the operation, the path and the system error', async () => {
    const path = join(root, 'absent')
    expect(errno(() => nodeFileSystem.open(path, 'read'))).toBe('ENOENT')
    expect(errno(() => nodeFileSystem.open(root, 'create'))).toBe('EEXIST')
    expect(errno(() => nodeFileSystem.list(path))).toBe('ENOENT')
    expect(errno(() => nodeFileSystem.remove(path))).toBe('ENOENT')
    expect(errno(() => nodeFileSystem.rename(path, `${path}2`))).toBe('ENOENT')
    expect(errno(() => nodeFileSystem.readFile(path))).toBe('ENOENT')
    expect(errno(() => nodeFileSystem.syncDirectory(path))).toBe('ENOENT')
    expect(errno(() => nodeFileSystem.writeFileAtomic(join(path, 'x'), bytes('x')))).toBe('ENOENT')
    expect(() => nodeFileSystem.readFile(path)).toThrow(/cannot read .*absent: ENOENT/)
    await expect(async () => {
      for await (const _ of nodeFileSystem.openReadable(path));
    }).rejects.toMatchObject({ code: 'TW_FILE', details: { errno: 'ENOENT' } })
    const file = nodeFileSystem.open(join(root, 'data'), 'create')
    file.close()
    expect(errno(() => file.size())).not.toBe('none')
  })

  it('makes, lists, renames and removes', () => {
    const directory = join(root, 'a', 'b')
    nodeFileSystem.makeDirectory(directory)
    nodeFileSystem.makeDirectory(directory)
    nodeFileSystem.writeFileAtomic(join(directory, 'y'), bytes('1'))
    nodeFileSystem.writeFileAtomic(join(directory, 'x'), bytes('2'))
    nodeFileSystem.writeFileAtomic(join(directory, 'y'), bytes('3'))
    expect(nodeFileSystem.list(directory)).toEqual(['x', 'y'])
    expect(text(nodeFileSystem.readFile(join(directory, 'y')))).toBe('3')
    nodeFileSystem.rename(join(directory, 'x'), join(directory, 'z'))
    nodeFileSystem.remove(join(directory, 'y'))
    nodeFileSystem.syncDirectory(directory)
    expect(nodeFileSystem.list(directory)).toEqual(['z'])
    expect(nodeFileSystem.exists(join(directory, 'z'))).toBe(true)
    expect(nodeFileSystem.exists(join(directory, 'y'))).toBe(false)
  })

  it('streams a file in chunks and closes it when the reader stops early', async () => {
    const content = Uint8Array.from({ length: 700_000 }, (_, index) => index & 255)
    fs.writeFileSync(join(root, 'big'), content)
    let at = 0
    let chunks = 0
    for await (const chunk of nodeFileSystem.openReadable(join(root, 'big'))) {
      chunks++
      expect(Buffer.compare(chunk, content.subarray(at, at + chunk.length))).toBe(0)
      at += chunk.length
    }
    expect([at, chunks > 1]).toEqual([content.length, true])
    for await (const chunk of nodeFileSystem.openReadable(join(root, 'big'))) {
      expect(chunk.length).toBeGreaterThan(0)
      break
    }
  })
})

describe('lock', () => {
  it('is exclusive, within a process and over instances, until released', () => {
    const path = join(root, 'lock')
    const lock = nodeFileSystem.lock(path)
    expect(() => nodeFileSystem.lock(path)).toThrow(expect.objectContaining({ code: 'TW_JOURNAL_LOCKED' }))
    expect(() => nodeFileSystem.lock(path)).toThrow(new RegExp(`process ${process.pid} on host`))
    nodeFileSystem.lock(join(root, 'lock2')).release()
    lock.release()
    lock.release()
    nodeFileSystem.lock(path).release()
    expect(fs.readdirSync(root)).toEqual([])
    expect(errno(() => nodeFileSystem.lock(join(root, 'no', 'lock')))).toBe('ENOENT')
  })

  it('respects a live process and takes over from a dead one', async () => {
    const path = join(root, 'lock')
    const child = spawn(process.execPath, ['-e', 'console.log(1); setInterval(() => {}, 1000)'])
    await new Promise((resolve) => child.stdout.once('data', resolve))
    const started = `${fs.readFileSync('/proc/sys/kernel/random/boot_id', 'latin1').trim()}/${startTick(child.pid as number)}`
    const claim = { pid: child.pid, host: hostname(), started }
    fs.writeFileSync(`${path}.child`, JSON.stringify(claim))
    expect(() => nodeFileSystem.lock(path)).toThrow(expect.objectContaining({ code: 'TW_JOURNAL_LOCKED' }))
    expect(fs.readdirSync(root)).toEqual(['lock.child'])
    const exited = new Promise((resolve) => child.once('exit', resolve))
    child.kill('SIGKILL')
    await exited
    const lock = nodeFileSystem.lock(path)
    expect(fs.readdirSync(root).length).toBe(1)
    lock.release()
  })

  it('is not fooled by a process id that was given to another process', () => {
    const path = join(root, 'lock')
    const claim = { pid: process.pid, host: hostname(), started: 'an-earlier-boot/123' }
    fs.writeFileSync(`${path}.old`, JSON.stringify(claim))
    nodeFileSystem.lock(path).release()
    expect(fs.readdirSync(root)).toEqual([])
  })

  const boot = () => fs.readFileSync('/proc/sys/kernel/random/boot_id', 'latin1').trim()
  const hidden = (change: object = {}) =>
    JSON.stringify({ pid: 1, host: hostname(), started: `${boot()}/77`, namespace: 'pid:[1]', ...change })

  it('judges what cannot be seen from here by when its claim was touched: other containers, claims that a power cut emptied', () => {
    const path = join(root, 'lock')
    for (const content of [hidden(), hidden({ host: 'another container' }), hidden({ pid: process.pid }), '']) {
      fs.writeFileSync(`${path}.hidden`, content)
      expect(() => nodeFileSystem.lock(path)).toThrow(expect.objectContaining({ code: 'TW_JOURNAL_LOCKED' }))
      if (content !== '') expect(() => nodeFileSystem.lock(path)).toThrow(/in another container; try again in 15 s/)
      const before = new Date(Date.now() - 20_000)
      fs.utimesSync(`${path}.hidden`, before, before)
      nodeFileSystem.lock(path).release()
      expect(fs.readdirSync(root)).toEqual([])
    }
  })

  it('touches its claim, and tells its holder when it is gone', async () => {
    const path = join(root, 'lock')
    const lock = nodeFileSystem.lock(path)
    let lost = 0
    lock.onLost = () => lost++
    const before = new Date(Date.now() - 20_000)
    fs.utimesSync(lock.path, before, before)
    await expect.poll(() => Date.now() - fs.statSync(lock.path).mtimeMs, { timeout: 5_000 }).toBeLessThan(10_000)
    expect(lost).toBe(0)
    fs.rmSync(lock.path)
    await expect.poll(() => lost, { timeout: 5_000 }).toBe(1)
    lock.release()
    await new Promise((resolve) => setTimeout(resolve, 1_200))
    expect(lost).toBe(1)
  })

  it('lets its holder know that it is gone before anything more is done, after a standstill', () => {
    const lock = nodeFileSystem.lock(join(root, 'lock'))
    const lost = vi.fn()
    lock.onLost = lost
    fs.rmSync(lock.path)
    expect([lock.isHeld, lost.mock.calls.length]).toEqual([true, 0])
    const now = Date.now()
    const clock = vi.spyOn(Date, 'now').mockReturnValue(now + 6_000)
    try {
      expect([lock.isHeld, lock.isHeld, lost.mock.calls.length]).toEqual([false, false, 1])
    } finally {
      clock.mockRestore()
    }
    const next = nodeFileSystem.lock(join(root, 'lock'))
    expect(next.isHeld).toBe(true)
    next.release()
    expect(next.isHeld).toBe(false)
  })

  it('respects claims of other hosts and claims it cannot read', () => {
    const path = join(root, 'lock')
    fs.writeFileSync(`${path}.other`, JSON.stringify({ pid: 1, host: 'another-host', started: '' }))
    expect(() => nodeFileSystem.lock(path)).toThrow(/host another-host; stop it, or remove/)
    fs.writeFileSync(`${path}.other`, 'half a cl')
    expect(() => nodeFileSystem.lock(path)).toThrow(/host unknown/)
  })
})

const startTick = (pid: number): string => {
  const stat = fs.readFileSync(`/proc/${pid}/stat`, 'latin1')
  return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19]
}
