/** The loop of the crash tests: start a client, kill it at a random moment, look whether anything was lost, start it again. */
import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { nodeFileSystem, type Random, recoverState, SeededRandom, TradingSystem, WireIds } from 'tradewire'
import { LineConnector } from '../../examples/custom-connector/line-connector.js'
import { root, run } from '../../scripts/support/run.js'
import { CrashVenue } from './crash-venue.js'

/** How the client keeps its journal; the last two must lose orders. */
export type Keeping = 'os' | 'fsync' | 'late' | 'memory'

/** What a series of kills came to. */
export interface CrashCounts {
  kills: number
  /** Orders that the venue saw. */
  orders: number
  /** Orders that the venue saw and the journal did not have after the kill. */
  lost: number
  /** Kills after which any was lost. */
  killsWithLoss: number
  duplicates: number
  fills: number
}

/** The client as one file: starting it from source would take most of the time. Returns its path. */
export async function buildClient(): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), 'tradewire-crash-client-'))
  const entry = join(root, 'test', 'crash', 'client-process.ts')
  const args = [entry, '--format', 'esm', '--out-dir', folder, '--no-config', '--no-dts', '--target', 'node20']
  const { exitCode, output } = await run('tsup', [...args, '--tsconfig', join(root, 'tsconfig.json')], {
    timeoutMs: 120_000,
  })
  if (exitCode !== 0) throw new Error(output)
  symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'))
  return join(folder, 'client-process.js')
}

/** Starts a client; resolves at once. `ready` resolves when it trades. */
export function startClient(
  file: string,
  args: readonly string[],
): { child: ChildProcess; ready: Promise<boolean>; errors: () => string } {
  const child = fork(file, [...args], { stdio: ['ignore', 'pipe', 'pipe', 'ipc'], execArgv: [] })
  let errors = ''
  child.stderr?.on('data', (chunk: Buffer) => {
    errors += chunk.toString()
  })
  const ready = new Promise<boolean>((resolve) => {
    child.stdout?.once('data', () => resolve(true))
    child.once('exit', () => resolve(false))
  })
  return { child, ready, errors: () => errors }
}

const ids = new WireIds({ maxLength: 20 })
const tables = { mode: 'paper' as const }

/** Ids on the wire of the orders that a journal tells of. */
export function journaledIds(directory: string): Set<string> {
  try {
    const { state } = recoverState({ fileSystem: nodeFileSystem, directory, config: tables })
    return new Set(
      state.orders.map((order) =>
        ids.idOf({ number: order.number as number, clientOrderId: order.clientOrderId as string }),
      ),
    )
  } catch (error) {
    if (nodeFileSystem.exists(directory)) throw error
    return new Set()
  }
}

const pause = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms))

/** How long a client may live: so many orders, then so many milliseconds, each as chance decides. */
export interface Life {
  readonly mostOrders: number
  readonly longestMs: number
}

/** One life: from the start to the kill, at a moment that chance decides. */
async function oneLife(
  file: string,
  args: readonly string[],
  random: Random,
  { mostOrders, longestMs }: Life,
  venue: CrashVenue,
): Promise<void> {
  const { child, ready, errors } = startClient(file, args)
  const exited = once(child, 'exit')
  // Now and then in the middle of recovery and reconciliation.
  if (random.next() < 0.1) await Promise.race([ready, pause(random.next() * 300)])
  else {
    if (!(await ready)) throw new Error(`the client ended by itself: ${errors()}`)
    // From the first order on: those before it prove nothing.
    const enough = venue.orders.size + 1 + Math.floor(random.next() * (mostOrders - 1))
    for (let tries = 0; tries < 4_000 && venue.orders.size < enough; tries++) await pause(1)
    await pause(random.next() * longestMs)
  }
  child.kill('SIGKILL')
  await exited
}

/** A long series tells how far it is after so many kills. */
const killsToTell = 50

/** Kills a client again and again; the venue lives on. At the end a last client settles everything, see {@link settle}. */
export async function crash(
  file: string,
  how: Keeping,
  kills: number,
  seed: number,
  life: Life = { mostOrders: 1, longestMs: 60 },
  onProgress: (counts: CrashCounts) => void = () => {},
): Promise<CrashCounts> {
  const folder = mkdtempSync(join(tmpdir(), `tradewire-crash-${how}-`))
  const journal = join(folder, 'journal')
  mkdirSync(journal)
  const venue = new CrashVenue()
  const port = String(await venue.open())
  const random = new SeededRandom(seed)
  const counts: CrashCounts = { kills: 0, orders: 0, lost: 0, killsWithLoss: 0, duplicates: 0, fills: 0 }
  try {
    for (; counts.kills < kills; counts.kills++) {
      await oneLife(file, [how, journal, port], random, life, venue)
      await venue.silence()
      const known = journaledIds(journal)
      const lost = venue.newIds().filter((id) => !known.has(id)).length
      counts.lost += lost
      if (lost > 0) counts.killsWithLoss++
      counts.orders = venue.orders.size
      counts.duplicates = venue.duplicates.length
      counts.fills = venue.fills
      if ((counts.kills + 1) % killsToTell === 0) onProgress({ ...counts, kills: counts.kills + 1 })
    }
    if (how === 'os' || how === 'fsync') await settle(venue, journal, Number(port))
    return counts
  } finally {
    await venue.close()
    rmSync(folder, { recursive: true, force: true })
  }
}

/** A last client: after its reconciliation both sides tell the same, and no fate is unknown. @throws Error where they differ. */
export async function settle(venue: CrashVenue, journal: string, port: number): Promise<void> {
  const system = await TradingSystem.start({
    ...{ mode: 'paper', journal, onClose: 'leave', reconciliation: { venueGraceMs: 100, notFound: 'infer' } },
    connectors: { line: new LineConnector({ port, reconnect: { firstDelayMs: 10, maxDelayMs: 50 } }) },
  })
  try {
    // A cancel that may have been sent stays under way until the venue says something about it.
    const states = { filled: ['FILLED'], canceled: ['CANCELED'], working: ['ACCEPTED', 'PENDING_CANCEL'] }
    const differences = () => {
      const found: string[] = []
      for (const order of system.exportState().orders) {
        const { number, clientOrderId, status } = order as { number: number; clientOrderId: string; status: string }
        const there = venue.orders.get(ids.idOf({ number, clientOrderId }))
        const expected = there === undefined ? ['REJECTED', 'DENIED'] : states[there.state]
        if (!expected.includes(status)) found.push(`${clientOrderId} is ${status}, at the venue ${there?.state}`)
      }
      const [position] = system.snapshot().positions
      const held = Number(position?.quantity ?? 0)
      if (held !== venue.position) found.push(`position ${held}, at the venue ${venue.position}`)
      return found
    }
    for (let tries = 0; tries < 200 && differences().length > 0; tries++) {
      await pause(50)
      if (tries % 20 === 19) await system.reconcile('line').catch(() => {})
    }
    const left = differences()
    if (left.length > 0) throw new Error(`after the last start: ${left.slice(0, 5).join('; ')} (${left.length} in all)`)
  } finally {
    await system.stop()
  }
}
