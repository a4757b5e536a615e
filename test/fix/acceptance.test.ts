/**
 * The session acceptance definitions of QuickFIX, every one that is found, played strictly against our acceptor over TCP; and the
 * same definitions with one value altered each, every one of which has to fail.
 */
import { spawn } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { connect, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { basename, join, relative } from 'node:path'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
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
        await run('mutate.mjs', [directory, join(altered, relative(join(folder, 'acceptance'), directory))])
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

/** Versions without definitions of their own here: what does not depend on their dictionaries is the same in all of them. */
const otherVersions: readonly (readonly [name: string, beginString: string, compId: string, applVerId?: string])[] = [
  ['FIX.4.0', 'FIX.4.0', 'TW40'],
  ['FIX.4.1', 'FIX.4.1', 'TW41'],
  ['FIX.4.3', 'FIX.4.3', 'TW43'],
  ['FIX.5.0', 'FIXT.1.1', 'TW50', '7'],
  ['FIX.5.0SP1', 'FIXT.1.1', 'TW50SP1', '8'],
  ['FIX.5.0SP2', 'FIXT.1.1', 'TW50SP2', '9'],
]

describeShared(
  'acceptance definitions carried over to other versions',
  'fix',
  () => {
    const results = new Map<string, string>()
    const carried = otherVersions.flatMap(([name, ...version]) =>
      carryOver(join(temporary, 'carried', name), ...version),
    )
    beforeAll(() => playAll(carried, 'carried', results, ['--lax-time']), 240_000)
    it.each(otherVersions.map(([name]) => [name]))('%s', (name) => {
      const files = carried.filter((file) => file.startsWith(join(temporary, 'carried', name, '/')))
      expect(files.length).toBeGreaterThan(10)
      const failed = files.filter((file) => results.get(file) !== 'passed')
      expect(failed.map((file) => `${relative(temporary, file)}: ${results.get(file)}`)).toEqual([])
    })
  },
  'acceptance',
)

describeShared(
  'npm run fix:acceptor',
  'fix',
  () => {
    it('is what definitions are played against, and leaves its port when it is told to end', {
      timeout: 120_000,
    }, async () => {
      const place = join(temporary, 'command')
      mkdirSync(place)
      const port = await freePort()
      await run('at-config.mjs', [String(port), join(folder, 'dictionaries'), join(place, 'at.cfg')])
      const json = join(place, 'results.json')
      const command = `npm --prefix ${process.cwd()} run fix:acceptor -- --config ${join(place, 'at.cfg')}`
      const [first] = definitions
      const only = ['--only', basename(first as string).replace('.', '\\.'), '--connect-timeout', '60000']
      const options = ['--port', String(port), '--start', command, '-q', '--json', json, ...only]
      await run('at-runner.mjs', [...options, join(folder, 'acceptance')], place)
      const { results } = JSON.parse(readFileSync(json, 'utf8')) as { results: { ok: boolean }[] }
      expect(results.length).toBeGreaterThan(0)
      expect(results.every(({ ok }) => ok)).toBe(true)
      await vi.waitFor(() => refused(port), { timeout: 20_000, interval: 50 })
    })
  },
  'at-runner.mjs',
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

/**
 * Writes the definitions of FIX 4.4 for another version. Left out are those that wait for heartbeats, and those that depend on what
 * a version knows: rejects, and before FIX 4.2 application messages and resends.
 */
function carryOver(target: string, beginString: string, compId: string, applVerId: string | undefined): string[] {
  const isOld = beginString === 'FIX.4.0' || beginString === 'FIX.4.1'
  const files = definitions.filter((file) => /fix44[^/]*\/[^/]*$/.test(file))
  mkdirSync(target, { recursive: true })
  const written: string[] = []
  for (const file of files) {
    const text = readFileSync(file, 'latin1')
    const shown = text.replaceAll('\u0001', '|')
    const heartbeat = /\|108=(\d+)/.exec(shown)?.[1]
    if (heartbeat === undefined || Number(heartbeat) < 30) continue
    if (/^E.*\|35=[3j]\|/m.test(shown) || shown.includes(beginString)) continue
    if (isOld && (/^E.*\|35=[24D]\|/m.test(shown) || shown.includes('|141='))) continue
    const lines = text.replaceAll('FIX.4.4', beginString).replaceAll('TW44', compId).split('\n')
    const carried = applVerId === undefined ? lines : lines.map((line) => withApplVerId(line, applVerId))
    const path = join(target, basename(file))
    writeFileSync(path, carried.join('\n'), 'latin1')
    written.push(path)
  }
  return written
}

/** A Logon of FIXT says which version its messages are of. */
function withApplVerId(line: string, applVerId: string): string {
  if (!/^[IE](\d,)?8=/.test(line) || !line.includes('\u000135=A\u0001')) return line
  const end = line.indexOf('\u000110=')
  const body = end < 0 ? line.slice(0, line.endsWith('\u0001') ? -1 : undefined) : line.slice(0, end)
  return `${body}\u00011137=${applVerId}${end < 0 ? '\u0001' : line.slice(end)}`
}

async function playAll(
  files: readonly string[],
  name: string,
  results: Map<string, string>,
  options: readonly string[] = [],
): Promise<void> {
  const shards = Array.from({ length: SHARDS }, (_, shard) => files.filter((_file, i) => i % SHARDS === shard))
  await Promise.all(shards.map((share, shard) => playShard(share, `${name}${shard}`, results, options)))
}

async function playShard(
  files: readonly string[],
  name: string,
  results: Map<string, string>,
  options: readonly string[],
): Promise<void> {
  if (files.length === 0) return
  const place = join(temporary, name)
  mkdirSync(place)
  const port = await freePort()
  await run('at-config.mjs', [String(port), join(folder, 'dictionaries'), join(place, 'at.cfg')])
  const acceptor: AcceptanceAcceptor = await startAcceptanceAcceptor(join(place, 'at.cfg'))
  try {
    const json = join(place, 'results.json')
    await run('at-runner.mjs', ['--port', String(port), '-q', '--json', json, ...options, ...files])
    for (const { file, ok, error } of JSON.parse(readFileSync(json, 'utf8')).results)
      results.set(file, ok ? 'passed' : error)
  } finally {
    await acceptor.stop()
  }
}

/** Runs a program of the reference folder; the runner's exit code only says that something failed. */
function run(program: string, args: readonly string[], cwd?: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [join(folder, program), ...args], { stdio: 'ignore', cwd })
    child.once('error', reject)
    child.once('exit', () => resolve())
  })
}

/** Resolves when nobody listens on a port. */
function refused(port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host: '127.0.0.1', port })
    socket.once('connect', () => {
      socket.destroy()
      reject(new Error(`somebody listens on ${port}`))
    })
    socket.once('error', () => resolve())
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
