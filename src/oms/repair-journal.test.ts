/** A repair that dies at any of its steps, with or without the power: what is left is refused, or repaired to the end. */
import { describe, expect, it } from 'vitest'
import { EchoConnector } from '../../test/support/echo-connector.js'
import { buy, type EchoSystem, startEcho } from '../../test/support/echo-system.js'
import { runs } from '../../test/support/runs.js'
import { TradewireError } from '../core/errors.js'
import { VirtualTime } from '../core/virtual-time.js'
import { frameCrc, framePrefixBytes, putU64, seqAt } from '../journal/frame.js'
import { verifyJournal } from '../journal/inspect-journal.js'
import { SimulatedCrash, SimulatedDisk } from '../testing/simulated-disk.js'
import { planRepair, repairJournal } from './repair-journal.js'
import { restartEcho } from './restart.test-support.js'

const directory = 'journal'
const sessions = 4

/** The files of a journal of several processes that were killed, each with orders, and no snapshot. */
async function history(): Promise<Map<string, Uint8Array>> {
  let echo: EchoSystem | undefined
  const options = { risk: { duplicates: false as const } }
  for (let session = 0; session < sessions; session++) {
    echo = echo === undefined ? await startEcho(options) : await restartEcho(echo, options)
    for (let n = 0; n < 4; n++) echo.system.orders.submit(buy({ quantity: 1 + n }))
    await echo.time.advanceMsAsync(10)
  }
  const { disk } = echo as EchoSystem
  disk.crash({ powerCut: false })
  const names = disk.list(directory).filter((name) => name.startsWith('segment-'))
  expect(names.length).toBe(sessions)
  return new Map(names.map((name) => [`${directory}/${name}`, disk.readFile(`${directory}/${name}`)]))
}

function diskWith(files: ReadonlyMap<string, Uint8Array>, seed: number): SimulatedDisk {
  const disk = new SimulatedDisk({ seed })
  disk.makeDirectory(directory)
  for (const [path, bytes] of files) disk.install(path, bytes)
  return disk
}

/** Bytes where frames begin. */
function framesOf(bytes: Uint8Array): number[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const starts: number[] = []
  for (let at = 0; at < bytes.length; at += framePrefixBytes + view.getUint32(at, true)) starts.push(at)
  return starts
}

/** Damages of the segment of a session: its fifth record, a record out of order, its first record. */
const damages: Record<string, (bytes: Uint8Array) => void> = {
  'a damaged record': (bytes) => {
    bytes[(framesOf(bytes)[4] as number) + 20] ^= 0xff
  },
  'a record out of order': (bytes) => {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    const at = framesOf(bytes)[4] as number
    putU64(view, at + seqAt, 999)
    view.setInt32(at + 4, frameCrc(view, at, at + framePrefixBytes + view.getUint32(at, true)), true)
  },
  'no beginning': (bytes) => {
    bytes.fill(0, 0, 40)
  },
}

const isCrash = (error: unknown): boolean =>
  error instanceof SimulatedCrash || (error instanceof TradewireError && error.cause instanceof SimulatedCrash)

/** The number of the session that a system on this disk is. */
async function nextSession(disk: SimulatedDisk): Promise<number> {
  const { system } = await startEcho({}, { disk, time: new VirtualTime(), venue: new EchoConnector() })
  const { clientOrderId } = system.orders.submit(buy())
  await system.stop()
  return Number(clientOrderId.split('-')[1])
}

describe.each(Object.keys(damages))('a repair of %s', (name) => {
  it.each([1, 2])(
    'in session %i, that dies at any step, lets no id be used again',
    async (session) => {
      const files = await history()
      const path = `${directory}/segment-0000000${session + 1}.journal`
      const bytes = (files.get(path) as Uint8Array).slice()
      ;(damages[name] as (bytes: Uint8Array) => void)(bytes)
      files.set(path, bytes)
      const whole = diskWith(files, 1)
      const before = whole.calls
      await repairJournal({ fileSystem: whole, directory, backup: 'backup' })
      const calls = whole.calls - before
      expect(await nextSession(whole)).toBeGreaterThan(sessions)
      let crashes = 0
      // Until the copies are made nothing is changed: these are the steps after that.
      for (let call = calls - 25; call <= calls; call += runs({ ci: 2, full: 1 })) {
        for (const powerCut of [false, true]) {
          const disk = diskWith(files, call)
          disk.failCall(call, 'crash')
          await repairJournal({ fileSystem: disk.mount(), directory, backup: 'backup' }).catch((error) => {
            if (!isCrash(error)) throw error
          })
          crashes += disk.injected
          disk.crash({ powerCut })
          disk.heal()
          const again = planRepair({ fileSystem: disk, directory })
          if (again !== undefined) await repairJournal({ fileSystem: disk, directory, backup: 'another backup' })
          else expect(verifyJournal(disk, directory).state).not.toBe('damaged')
          expect([call, powerCut, (await nextSession(disk)) > sessions]).toEqual([call, powerCut, true])
        }
      }
      expect(crashes).toBeGreaterThan(20)
    },
    120_000,
  )
})
