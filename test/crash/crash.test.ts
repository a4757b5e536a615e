/**
 * SIGKILL at random moments with orders in flight, against a venue in another process, over real sockets and real files: no
 * order that the venue saw is lost, none is sent twice. The same with a journal that is written late, or not at all, must
 * lose orders: else this test would prove nothing.
 */
import { spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, rmSync, statfsSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { runs } from '../support/runs.js'
import { buildClient, type CrashCounts, crash, journaledIds, settle, startClient } from './crash.js'
import { CrashVenue } from './crash-venue.js'

let client: string
beforeAll(async () => {
  client = await buildClient()
})
afterAll(() => rmSync(dirname(client), { recursive: true, force: true }))

const add = (counts: readonly CrashCounts[]): CrashCounts =>
  counts.reduce((sum, each) => ({
    kills: sum.kills + each.kills,
    orders: sum.orders + each.orders,
    lost: sum.lost + each.lost,
    killsWithLoss: sum.killsWithLoss + each.killsWithLoss,
    duplicates: sum.duplicates + each.duplicates,
    fills: sum.fills + each.fills,
  }))

describe('SIGKILL', () => {
  it('loses no order and sends none twice', async () => {
    const kills = runs({ ci: 50, full: 1_000 })
    // By number of orders, so that a slow machine makes as many of them.
    const life = { mostOrders: runs({ ci: 1, full: 1_200 }), longestMs: 60 }
    const tell = (how: string) => (counts: CrashCounts) =>
      console.log(`SIGKILL, ${how}: ${JSON.stringify(counts)} so far`)
    const lanes = [
      crash(client, 'os', Math.ceil(kills / 2), 1, life, tell('os')),
      crash(client, 'fsync', Math.floor(kills / 2), 2, life, tell('fsync')),
    ]
    const counts = add(await Promise.all(lanes))
    console.log(`SIGKILL: ${JSON.stringify(counts)}`)
    expect(counts).toMatchObject({ kills, lost: 0, killsWithLoss: 0, duplicates: 0 })
    expect(counts.orders).toBeGreaterThan(kills * runs({ ci: 20, full: 500 }))
    expect(counts.fills).toBeGreaterThan(kills * runs({ ci: 8, full: 200 }))
  }, 14_400_000)

  it('would lose orders with a journal that is written after the order, or not at all', async () => {
    const kills = runs({ ci: 4, full: 50 })
    const [late, memory] = await Promise.all([crash(client, 'late', kills, 3), crash(client, 'memory', kills, 4)])
    console.log(`controls: late ${JSON.stringify(late)}, memory ${JSON.stringify(memory)}`)
    expect(late.lost).toBeGreaterThan(0)
    expect(memory.lost).toBeGreaterThan(0)
  }, 600_000)
})

interface ClientCounts {
  denied: number
  unavailable: number
  sent: number
  isReady: boolean
}

const pause = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms))

/** A venue and one client on a folder; `ask` asks the client for its counts. */
async function pair(folder: string, ...more: string[]) {
  const venue = new CrashVenue()
  const port = await venue.open()
  const { child, ready, errors } = startClient(client, ['os', folder, String(port), ...more])
  if (!(await ready)) throw new Error(errors())
  const ask = async <T = ClientCounts>(what = 'counts'): Promise<T> => {
    const answer = once(child, 'message')
    child.send(what)
    return (await answer)[0] as T
  }
  const until = async (condition: (counts: ClientCounts) => boolean) => {
    for (let tries = 0; tries < 600; tries++) {
      const counts = await ask()
      if (condition(counts)) return counts
      await pause(50)
    }
    throw new Error(`waited in vain; ${JSON.stringify(await ask())} ${errors()}`)
  }
  const kill = async () => {
    const exited = once(child, 'exit')
    child.kill('SIGKILL')
    await exited
    await venue.silence()
  }
  return { venue, port, child, ask, until, kill }
}

describe('SIGSTOP', () => {
  it('is survived: the process goes on, and both sides agree', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'tradewire-freeze-'))
    const { venue, port, child, until, kill } = await pair(folder, '5', '100000')
    try {
      for (let freeze = 0; freeze < runs({ ci: 2, full: 20 }); freeze++) {
        const { sent } = await until((counts) => counts.isReady && counts.sent > 0)
        child.kill('SIGSTOP')
        // Longer than health checks and their time-out together.
        await pause(1_500)
        child.kill('SIGCONT')
        await until((counts) => counts.isReady && counts.sent > sent)
      }
      await kill()
      const known = journaledIds(folder)
      // The table of the check keeps the latest orders only.
      const latest = venue.newIds().slice(-4_000)
      expect(latest.filter((id) => !known.has(id))).toEqual([])
      expect(venue.duplicates).toEqual([])
      await settle(venue, folder, port)
    } finally {
      child.kill('SIGKILL')
      await venue.close()
      rmSync(folder, { recursive: true, force: true })
    }
  }, 240_000)
})

const mib = 1_048_576

/** A small file system: one of our own, or the shared memory where that is small; undefined where there is neither. */
function smallDisk(): string | undefined {
  const folder = mkdtempSync(join(tmpdir(), 'tradewire-full-'))
  const { status } = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=64m', 'tmpfs', folder])
  if (status === 0) return folder
  rmSync(folder, { recursive: true, force: true })
  const shared = '/dev/shm'
  if (!existsSync(shared)) return undefined
  const { bsize, bavail } = statfsSync(shared)
  const room = bsize * bavail
  return room > 16 * mib && room < 256 * mib ? mkdtempSync(join(shared, 'tradewire-full-')) : undefined
}

describe('a disk that is full', () => {
  const folder = smallDisk()
  afterAll(() => {
    if (folder === undefined) return
    spawnSync('umount', ['-l', folder])
    rmSync(folder, { recursive: true, force: true })
  })

  it.skipIf(folder === undefined && process.env.CI !== 'true')(
    'refuses new orders, lets cancels out, takes orders again when there is room, and has lost nothing',
    async () => {
      if (folder === undefined)
        throw new Error('a small file system cannot be had here: CI must be able to mount a tmpfs')
      const ballast = join(folder, 'ballast')
      const { bsize, bavail } = statfsSync(folder)
      writeFileSync(ballast, Buffer.alloc(bsize * bavail - 200_000))
      const { venue, port, child, ask, until, kill } = await pair(join(folder, 'journal'), '20', '100000')
      try {
        const full = await until(({ unavailable }) => unavailable > 0)
        const { sent } = full
        await pause(100)
        expect((await ask()).sent, 'nothing leaves unrecorded').toBe(sent)
        const resting = [...venue.orders.values()].filter(({ state }) => state === 'working').length
        rmSync(ballast)
        await until((counts) => counts.sent > sent)
        const { resting: open, canceled } = await ask<{ resting: number; canceled: number }>('cancel')
        expect(canceled).toBeGreaterThanOrEqual(open)
        expect(resting).toBeLessThan(100)
        await kill()
        const known = journaledIds(join(folder, 'journal'))
        expect(
          venue
            .newIds()
            .slice(-4_000)
            .filter((id) => !known.has(id)),
        ).toEqual([])
        expect(venue.duplicates).toEqual([])
        await settle(venue, join(folder, 'journal'), port)
      } finally {
        child.kill('SIGKILL')
        await venue.close()
      }
    },
    240_000,
  )
})
