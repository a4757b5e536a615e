/**
 * Our process killed by SIGKILL in the middle of its work, again and again, with QuickFIX C++ as the venue: no order arrives twice,
 * what was reported was received, the numbers go on, and nobody has to reset anything.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { runs } from '../../support/runs.js'
import { compilePeer, freePort, QuickFixPeer, quickFixProblem, removeWorkFolder, workFolder } from './quickfix-peer.js'

const problem = quickFixProblem()
const program = join(dirname(fileURLToPath(import.meta.url)), 'killable.ts')

/** One life of our process. */
class Life {
  readonly lines: string[] = []
  readonly #child: ChildProcess
  readonly #ended: Promise<void>

  constructor(port: number, life: number) {
    const args = ['--import', 'tsx', program, String(port), join(workFolder, 'killed-ours'), `L${life}`]
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
          const ours = new Life(port, life)
          // Every life has to get as far as trading: the numbers of the one before were right.
          await peer.until(() => ours.with('report').length > 20 + life * 3)
          await ours.kill()
          reported.push(...ours.with('report'))
          resets.push(...ours.lines.filter((line) => line === 'reset'))
        }
        const got = peer.got.filter((line) => line.startsWith('got D ')).map((line) => line.split(' ')[2] as string)
        expect(got.filter((id, index) => got.indexOf(id) !== index)).toEqual([])
        expect(reported.filter((id) => !got.includes(id))).toEqual([])
        expect(resets).toEqual([])
      } finally {
        await peer.kill()
      }
    })
  },
)
