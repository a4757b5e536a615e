/**
 * The session acceptance definitions of QuickFIX, every one that is found, played strictly against our acceptor over TCP; and the
 * same definitions with one value altered each, every one of which has to fail.
 */
import { spawn } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join, relative } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { describeShared, sharedFolder } from '../support/shared.js'
import { type AcceptanceAcceptor, startAcceptanceAcceptor } from './acceptance/acceptance-acceptor.js'

/** Acceptors side by side, each with a share of the files: most of the time is spent waiting for heartbeats. */
const SHARDS = 3
const folder = sharedFolder('fix')
const definitions = existsSync(join(folder, 'acceptance')) ? definitionsBelow(join(folder, 'acceptance')) : []
const temporary = mkdtempSync(join(tmpdir(), 'tradewire-fix-'))
afterAll(() => rmSync(temporary, { recursive: true, force: true }))

describeShared(
  'session acceptance definitions',
  'fix',
  () => {
    const results = new Map<string, string>()
    beforeAll(() => playAll(definitions, 'plain', results), 240_000)
    it.each(definitions.map((file) => [relative(folder, file), file]))('%s', (_name, file) => {
      expect(results.get(file)).toBe('passed')
    })
  },
  'acceptance',
)

describeShared(
  'altered acceptance definitions',
  'fix',
  () => {
    const altered = join(temporary, 'altered')
    const results = new Map<string, string>()
    let files: string[] = []
    beforeAll(async () => {
      for (const directory of new Set(definitions.map((file) => join(file, '..')))) {
        await run(['mutate.mjs'], [directory, join(altered, relative(join(folder, 'acceptance'), directory))])
      }
      files = definitionsBelow(altered)
      await playAll(files, 'altered', results)
    }, 240_000)
    it('all fail', () => {
      expect(files.length).toBeGreaterThan(0)
      expect(files.filter((file) => results.get(file) === 'passed')).toEqual([])
    })
  },
  'mutate.mjs',
)

describe('settings', () => {
  it('without a port are refused', async () => {
    await expect(startAcceptanceAcceptor(join(folder, 'at-config.mjs'))).rejects.toThrow()
  })
})

function definitionsBelow(directory: string): string[] {
  return readdirSync(directory, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith('.def'))
    .map((entry) => join(entry.parentPath, entry.name))
    .sort()
}

async function playAll(files: readonly string[], name: string, results: Map<string, string>): Promise<void> {
  const shards = Array.from({ length: SHARDS }, (_, shard) => files.filter((_file, i) => i % SHARDS === shard))
  await Promise.all(shards.map((share, shard) => playShard(share, `${name}${shard}`, results)))
}

async function playShard(files: readonly string[], name: string, results: Map<string, string>): Promise<void> {
  if (files.length === 0) return
  const place = join(temporary, name)
  mkdirSync(place)
  const port = await freePort()
  await run(['at-config.mjs'], [String(port), join(folder, 'dictionaries'), join(place, 'at.cfg')])
  const acceptor: AcceptanceAcceptor = await startAcceptanceAcceptor(join(place, 'at.cfg'))
  try {
    const json = join(place, 'results.json')
    await run(['at-runner.mjs'], ['--port', String(port), '-q', '--json', json, ...files])
    for (const { file, ok, error } of JSON.parse(readFileSync(json, 'utf8')).results)
      results.set(file, ok ? 'passed' : error)
  } finally {
    await acceptor.stop()
  }
}

/** Runs a program of the reference folder; the runner's exit code only says that something failed. */
function run([program]: readonly [string], args: readonly string[]): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [join(folder, program), ...args], { stdio: 'ignore' })
    child.once('error', reject)
    child.once('exit', () => resolve())
  })
}

function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address() as { port: number }
      server.close(() => resolve(port))
    })
  })
}
