/** `npm run fix:inspect`: what it tells of stores and logs, what it hides, and what it refuses. */
import { spawnSync } from 'node:child_process'
import { appendFileSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { FixEncoder } from '../../src/connectors/fix/codec/encoder.js'
import { FileStore } from '../../src/connectors/fix/store/file-store.js'
import { FileMessageLog } from '../../src/connectors/fix/store/message-log.js'
import { nodeFileSystem } from '../../src/core/node-file-system.js'

const folder = mkdtempSync(join(tmpdir(), 'tradewire-inspect-'))
const script = resolve(import.meta.dirname, '..', '..', 'scripts', 'fix-inspect.ts')
const storePath = join(folder, 'stores', 'FIX.4.4-ME-VENUE')
afterAll(() => rmSync(folder, { recursive: true, force: true }))

function inspect(...args: string[]): { output: string; errors: string; code: number | null } {
  const env = { ...process.env, INIT_CWD: folder }
  const done = spawnSync(process.execPath, ['--import', 'tsx', script, ...args], { encoding: 'utf8', env })
  return { output: done.stdout, errors: done.stderr, code: done.status }
}

function message(number: number, text: string): Uint8Array {
  const encoder = new FixEncoder({ beginString: 'FIX.4.4' })
  encoder.begin('B')
  encoder.int(34, number)
  encoder.string(554, 'hush')
  encoder.string(58, text)
  encoder.end()
  return encoder.copy()
}

beforeAll(() => {
  const store = new FileStore(nodeFileSystem, storePath)
  const log = new FileMessageLog(nodeFileSystem, join(folder, 'log'), 'session')
  for (let number = 1; number <= 5; number++) {
    const bytes = message(number, `text ${number}`)
    store.append(bytes, 0, bytes.length)
    log.outgoing(1_700_000_000_000_000, bytes, 0, bytes.length)
  }
  store.setNextIncoming(9)
  store.close()
  log.close()
})

describe('fix:inspect', () => {
  it('lists the stores of a folder with their numbers', () => {
    const { output, code } = inspect('stores')
    expect(output).toContain('FIX.4.4-ME-VENUE')
    expect(output).toMatch(/next out 6, next in 9, 5 messages kept/)
    expect([code, output.includes('8=FIX')]).toEqual([0, false])
  })

  it('prints a range of messages without secrets', () => {
    const { output } = inspect(storePath, '--messages', '--from', '2', '--to', '3')
    expect(output).toMatch(/^ {2}2 .*58=text 2/m)
    expect(output).toMatch(/^ {2}3 .*58=text 3/m)
    expect(output).not.toMatch(/text 1|text 4|hush/)
  })

  it('prints lines of a log', () => {
    const [file] = readdirSync(join(folder, 'log'))
    const { output } = inspect('--log', join('log', file as string), '--grep', 'text 4')
    expect(output.trim().split('\n')).toHaveLength(1)
    expect(output).toContain('554=***')
  })

  it('tells of damage', () => {
    for (const file of readdirSync(storePath)) appendFileSync(join(storePath, file), 'half a record')
    expect(inspect(storePath).output).toMatch(/bytes of an unfinished write|damaged/)
  })

  it('refuses what it cannot do', () => {
    expect(inspect().code).toBe(2)
    expect(inspect('nowhere')).toMatchObject({ code: 2, errors: expect.stringContaining('nowhere') })
    expect(inspect(storePath, '--messages', '--from', 'x')).toMatchObject({
      code: 2,
      errors: expect.stringContaining('--from'),
    })
  })
})
