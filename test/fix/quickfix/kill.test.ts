/**
 * Processes killed by SIGKILL in the middle of their work, again and again, ours and QuickFIX C++: no order arrives twice, none is
 * lost on a line that is up, what was reported was received, the numbers go on, and nobody has to reset anything.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { SeededRandom } from '../../../src/core/random.js'
import { runs } from '../../support/runs.js'
import { compilePeer, freePort, QuickFixPeer, quickFixProblem, removeWorkFolder, workFolder } from './quickfix-peer.js'

const problem = quickFixProblem()
const program = join(dirname(fileURLToPath(import.meta.url)), 'killable.ts')

/** One life of our process. */
class Life {
  readonly lines: string[] = []
  readonly #child: ChildProcess
  readonly #ended: Promise<void>

  constructor(port: number, life: number, name: string, role: 'initiator' | 'acceptor' = 'initiator') {
    const args = ['--import', 'tsx', program, String(port), join(workFolder, `${name}-ours`), `L${life}`, role]
    this.#child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] })
    let rest = ''
    this.#child.stdout?.on('data', (chunk) => {
      const parts = (rest + String(chunk)).split('\n')
      rest = parts.pop() ?? ''
      this.lines.push(...parts)
    })
    this.#ended = new Promise((resolve) => this.#child.once('close', () => resolve()))
  }

  with(word: string): string[] {
    return this.lines.filter((line) => line.startsWith(`${word} `)).map((line) => line.slice(word.length + 1))
  }

  async kill(): Promise<void> {
    this.#child.kill('SIGKILL')
    await this.#ended
  }
}

describe.skipIf(problem !== undefined)(
  `killed with QuickFIX as the peer${problem === undefined ? '' : `: ${problem}`}`,
  () => {
    beforeAll(() => compilePeer(), 120_000)
    afterAll(() => removeWorkFolder())

    it('loses nothing that was reported, and sends no order twice', {
      timeout: runs({ ci: 120_000, full: 600_000 }),
    }, async () => {
      const port = await freePort()
      const peer = new QuickFixPeer('killed', 'acceptor', port)
      await peer.start()
      const reported: string[] = []
      const resets: string[] = []
      try {
        for (let life = 1; life <= runs({ ci: 4, full: 40 }); life++) {
          const ours = new Life(port, life, 'killed')
          // Every life has to get as far as trading: the numbers of the one before were right.
          await peer.until(() => ours.with('report').length > 20 + life * 3)
          await ours.kill()
          reported.push(...ours.with('report'))
          resets.push(...ours.lines.filter((line) => line === 'reset'))
        }
        const got = idsOf(peer, 'D')
        expect(repeated(got)).toEqual([])
        expect(reported.filter((id) => !got.includes(id))).toEqual([])
        expect(resets).toEqual([])
      } finally {
        await peer.kill()
      }
    })

    it('either side, at random moments: no order is lost on a line that is up, none arrives twice, each is reported', {
      timeout: runs({ ci: 120_000, full: 600_000 }),
    }, async () => {
      const random = new SeededRandom(20_261_121)
      const port = await freePort()
      const peer = new QuickFixPeer('either', 'acceptor', port)
      await peer.start()
      const lives: Life[] = []
      let life = new Life(port, 1, 'either')
      lives.push(life)
      let peerKills = 0
      try {
        for (let kill = 1; kill <= runs({ ci: 6, full: 40 }); kill++) {
          const before = life.with('report').length
          await peer.until(() => life.with('report').length > before)
          await sleep(random.below(40))
          if (random.chance(0.5)) {
            await life.kill()
            life = new Life(port, lives.length + 1, 'either')
            lives.push(life)
          } else {
            peerKills++
            await peer.kill()
            await peer.start()
          }
        }
        const before = life.with('report').length
        await peer.until(() => life.with('report').length > before + 100)
        await life.kill()
        const got = idsOf(peer, 'D')
        const reported = new Set(lives.flatMap((each) => each.with('report')))
        expect(repeated(got)).toEqual([])
        expect([...reported].filter((id) => !got.includes(id))).toEqual([])
        // QuickFIX may die between an order and its report, or between a report and ours; the last of all may be on their way.
        const last = got.findLastIndex((id) => reported.has(id))
        expect(got.slice(0, last).filter((id) => !reported.has(id)).length).toBeLessThanOrEqual(peerKills)
        // Orders of a life arrive without a hole but where the line was down.
        expect(holes(got)).toBeLessThanOrEqual(peerKills)
        expect(lives.flatMap((each) => each.lines).filter((line) => line === 'reset')).toEqual([])
      } finally {
        await life.kill()
        await peer.kill()
      }
    })

    it('as acceptor: every order of QuickFIX arrives, in order, and again only where it says so', {
      timeout: runs({ ci: 120_000, full: 600_000 }),
    }, async () => {
      const random = new SeededRandom(7)
      const port = await freePort()
      const peer = new QuickFixPeer('accepting', 'initiator', port)
      const kills = runs({ ci: 2, full: 40 })
      const lives = [new Life(port, 1, 'accepting', 'acceptor')]
      const heard = () => lives.flatMap((each) => each.with('order'))
      let told = 0
      try {
        await peer.start()
        await peer.until(() => peer.lines.includes('logon'))
        for (let kill = 0; kill <= kills; kill++) {
          const wanted = heard().length + 1 + random.below(40)
          for (let i = 0; i < 50; i++) peer.tell(`order ${++told}`)
          await peer.until(() => heard().length >= wanted)
          if (kill === kills) break
          await lives.at(-1)?.kill()
          lives.push(new Life(port, lives.length + 1, 'accepting', 'acceptor'))
        }
        await peer.until(() => new Set(idsOf(peer, '8')).size === told)
        const ids = heard().map((line) => line.replace(' again', ''))
        expect([...new Set(ids)]).toEqual(Array.from({ length: told }, (_, i) => `${i + 1}`))
        const seen = new Set<string>()
        for (const line of heard()) {
          const id = line.replace(' again', '')
          if (seen.has(id)) expect(line).toBe(`${id} again`)
          seen.add(id)
        }
        // What came in the turn that was cut short comes again.
        expect(ids.length - told).toBeLessThan(50 * kills)
      } finally {
        await lives.at(-1)?.kill()
        await peer.kill()
      }
    })
  },
)

const sleep = (ms: number) => new Promise((settle) => setTimeout(settle, ms))

function idsOf(peer: QuickFixPeer, type: string): string[] {
  return peer.got.filter((line) => line.startsWith(`got ${type} `)).map((line) => line.split(' ')[2] as string)
}

function repeated(ids: readonly string[]): string[] {
  return ids.filter((id, index) => ids.indexOf(id) !== index)
}

/** Jumps in the counting of orders, life by life. */
function holes(ids: readonly string[]): number {
  const last = new Map<string, number>()
  let count = 0
  for (const id of ids) {
    const [life = '', number = ''] = id.split('-')
    if (Number(number) !== (last.get(life) ?? 0) + 1) count++
    last.set(life, Number(number))
  }
  return count
}
