/**
 * Acceptance in the versions that have no definitions here: those at hand, said in the words of each version and answered by QuickFIX
 * C++, are played strictly against our acceptor. Needs QuickFIX (libquickfix-dev), g++ and its acceptance acceptor.
 */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { basename, join, relative, resolve } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { runs } from '../../support/runs.js'
import { sharedFolder } from '../../support/shared.js'
import { startAcceptanceAcceptor } from '../acceptance/acceptance-acceptor.js'
import { quickFixProblem } from './quickfix-peer.js'
import { type CarriedVersion, isSlow, record } from './recorder.js'

const folder = sharedFolder('fix')
const anchors = process.env.TRADEWIRE_ANCHORS ?? join(folder, '..', 'anchors')
const source = resolve(anchors, 'quickfix', 'at-acceptor.cpp')
const definitions = join(folder, 'acceptance')
const temporary = mkdtempSync(join(tmpdir(), 'tradewire-versions-'))
const recorded = join(temporary, 'recorded')
afterAll(() => rmSync(temporary, { recursive: true, force: true }))

/** Versions, each with the folder of definitions that is nearest to it. */
const versions: readonly (CarriedVersion & { readonly base: RegExp })[] = [
  { name: 'FIX.4.0', beginString: 'FIX.4.0', compId: 'TW40', base: /fix42$/ },
  { name: 'FIX.4.1', beginString: 'FIX.4.1', compId: 'TW41', base: /fix42$/ },
  { name: 'FIX.4.3', beginString: 'FIX.4.3', compId: 'TW43', base: /fix44$/ },
  { name: 'FIX.5.0', beginString: 'FIXT.1.1', compId: 'TW50', applVerId: '7', base: /fix44$/ },
  { name: 'FIX.5.0SP1', beginString: 'FIXT.1.1', compId: 'TW50SP1', applVerId: '8', base: /fix44$/ },
  { name: 'FIX.5.0SP2', beginString: 'FIXT.1.1', compId: 'TW50SP2', applVerId: '9', base: /fix44$/ },
]

const problem =
  quickFixProblem() ??
  (existsSync(source) && existsSync(definitions) ? undefined : `${source} or ${definitions} is absent`)

describe.skipIf(problem !== undefined)(
  `acceptance by QuickFIX's own answers${problem === undefined ? '' : `: ${problem}`}`,
  () => {
    let failed: string[] = []
    // Most of the time is spent waiting for answers that do not come: the versions are sessions of their own, side by side.
    beforeAll(
      async () => {
        await withQuickFix(temporary, async (port) => {
          await Promise.all(versions.map((version) => recordAll(version, port)))
        })
        failed = await failures()
      },
      runs({ ci: 240_000, full: 900_000 }),
    )
    it.each(versions)('$name', ({ name }) => {
      expect(readdirSync(join(recorded, name)).length).toBeGreaterThan(5)
      expect(failed.filter((line) => line.startsWith(`${name}/`))).toEqual([])
    })
  },
)

async function recordAll(version: (typeof versions)[number], port: number): Promise<void> {
  const target = join(recorded, version.name)
  mkdirSync(target, { recursive: true })
  for (const file of definitionsFor(version.base)) await record(file, join(target, basename(file)), version, port)
}

/** In CI a share of those that wait for no heartbeats, in a full run all of them. */
function definitionsFor(base: RegExp): string[] {
  const directory = readdirSync(definitions).find((name) => base.test(name))
  if (directory === undefined) return []
  const all = readdirSync(join(definitions, directory))
    .filter((name) => name.endsWith('.def'))
    .sort()
    .map((name) => join(definitions, directory, name))
  if (runs({ ci: 0, full: 1 }) === 1) return all
  return all.filter((file, index) => index % 5 === 0 && !isSlow(readFileSync(file, 'latin1')))
}

/** QuickFIX's acceptor while something is done with it. */
async function withQuickFix(place: string, use: (port: number) => Promise<void>): Promise<void> {
  const program = join(temporary, 'at-acceptor')
  if (!existsSync(program))
    execFileSync('g++', ['-std=c++14', '-O1', '-w', source, '-o', program, '-lquickfix', '-lpthread'], {
      stdio: 'pipe',
    })
  const port = await freePort()
  await configure(port, join(place, 'quickfix.cfg'))
  const child = spawn(program, [join(place, 'quickfix.cfg')], { cwd: place, stdio: 'ignore' })
  try {
    await listening(port, child)
    await use(port)
  } finally {
    child.kill('SIGKILL')
  }
}

/** What our acceptor answers otherwise, as `VERSION/FILE: what`. */
async function failures(): Promise<string[]> {
  const port = await freePort()
  await configure(port, join(temporary, 'ours.cfg'))
  const acceptor = await startAcceptanceAcceptor(join(temporary, 'ours.cfg'))
  try {
    const json = join(temporary, 'results.json')
    const folders = versions.map(({ name }) => join(recorded, name))
    await run([join(folder, 'at-runner.mjs'), '--port', String(port), '-q', '--json', json, ...folders])
    const { results } = JSON.parse(readFileSync(json, 'utf8')) as {
      results: { file: string; ok: boolean; error: string }[]
    }
    expect(results.length).toBe(versions.reduce((sum, { name }) => sum + readdirSync(join(recorded, name)).length, 0))
    return results.filter(({ ok }) => !ok).map(({ file, error }) => `${relative(recorded, file)}: ${error}`)
  } finally {
    await acceptor.stop()
  }
}

function configure(port: number, target: string): Promise<void> {
  return run([join(folder, 'at-config.mjs'), String(port), join(folder, 'dictionaries'), target])
}

function run(args: readonly string[]): Promise<void> {
  return new Promise((settle, reject) => {
    const child = spawn(process.execPath, args, { stdio: 'ignore' })
    child.once('error', reject)
    child.once('exit', () => settle())
  })
}

/** QuickFIX reads its dictionaries first. */
async function listening(port: number, child: ChildProcess): Promise<void> {
  for (let attempt = 0; attempt < 600; attempt++) {
    if (child.exitCode !== null) throw new Error(`QuickFIX ended with code ${child.exitCode}`)
    const isUp = await new Promise<boolean>((settle) => {
      const server = createServer()
      server.once('error', () => settle(true))
      server.listen(port, '0.0.0.0', () => server.close(() => settle(false)))
    })
    if (isUp) {
      await new Promise((settle) => setTimeout(settle, 300))
      return
    }
    await new Promise((settle) => setTimeout(settle, 200))
  }
  throw new Error('QuickFIX does not listen')
}

function freePort(): Promise<number> {
  return new Promise((settle) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address() as { port: number }
      server.close(() => settle(port))
    })
  })
}
