/**
 * The C++ engines, compiled once into the temporary folder. They print their own time, which is what counts: starting a
 * process and making the stream are not part of it.
 */
import { execFileSync } from 'node:child_process'
import { existsSync, mkdtempSync, renameSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { PeerMissing, type Variant } from '../types.js'
import { runEngine, type StreamOutcome, verify } from './engine-run.js'
import { makeOrderStream } from './order-stream.js'

const source = resolve(process.env.TRADEWIRE_ANCHORS ?? join('..', 'shared', 'anchors'), 'match.cpp')

/** Path of the compiled program. */
function compiled(): string {
  if (!existsSync(source)) throw new PeerMissing(`${source} is absent`)
  const program = join(tmpdir(), `tradewire-bench-match-${Math.round(statSync(source).mtimeMs)}`)
  if (existsSync(program)) return program
  const folder = mkdtempSync(join(tmpdir(), 'tradewire-bench-'))
  try {
    const output = join(folder, 'match')
    execFileSync('g++', ['-O3', '-march=native', source, '-o', output], { cwd: dirname(source), stdio: 'pipe' })
    renameSync(output, program)
    return program
  } catch (cause) {
    throw new PeerMissing(`g++ could not compile ${source}`, { cause })
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

interface Printed {
  variant: string
  perSec: number
  trades: number
  vol: number
  rej: number
}

function execute(program: string, variant: string, operations: number): { perSecond: number; outcome: StreamOutcome } {
  const lines = execFileSync(program, [String(operations)], { encoding: 'utf8' })
    .trim()
    .split('\n')
  const printed = lines.map((line) => JSON.parse(line) as Printed).find((line) => line.variant === variant)
  if (printed === undefined) throw new PeerMissing(`${source} has no variant ${variant}`)
  const { trades, vol, rej } = printed
  return { perSecond: printed.perSec, outcome: { trades, volume: vol, rejects: rej } }
}

/** One of the program's engines as a peer; its trades, volume and rejects have to be ours. */
export function cppPeer(name: string, variant: string, operations: number): Variant {
  return {
    name,
    async prepare() {
      const program = compiled()
      verify(name, execute(program, variant, operations).outcome, runEngine(makeOrderStream(operations)).outcome)
      return { operations, run: () => (operations / execute(program, variant, operations).perSecond) * 1e9 }
    },
  }
}
