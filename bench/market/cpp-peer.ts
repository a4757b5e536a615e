/**
 * The C++ books, compiled once into the temporary folder. They print their own time, which is what counts: starting a
 * process is not part of it.
 */
import { execFileSync } from 'node:child_process'
import { existsSync, mkdtempSync, renameSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { PeerMissing, type Variant } from '../types.js'
import { createStream, deltas, expectedOutcome, type StreamOutcome, verify } from './delta-stream.js'

const source = resolve(process.env.TRADEWIRE_ANCHORS ?? join('..', 'shared', 'anchors'), 'book.cpp')

/** Path of the compiled program. */
function compiled(): string {
  if (!existsSync(source)) throw new PeerMissing(`${source} is absent`)
  const program = join(tmpdir(), `tradewire-bench-book-${Math.round(statSync(source).mtimeMs)}`)
  if (existsSync(program)) return program
  const folder = mkdtempSync(join(tmpdir(), 'tradewire-bench-'))
  try {
    const output = join(folder, 'book')
    execFileSync('g++', ['-O3', '-march=native', source, '-o', output], { cwd: dirname(source), stdio: 'pipe' })
    renameSync(output, program)
    return program
  } catch (cause) {
    throw new PeerMissing(`g++ could not compile ${source}`, { cause })
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

type Printed = StreamOutcome & { variant: string; perSec: number }

function execute(program: string, variant: string): Printed {
  const lines = execFileSync(program, [String(deltas)], { encoding: 'utf8' })
    .trim()
    .split('\n')
  const printed = lines.map((line) => JSON.parse(line) as Printed).find((line) => line.variant === variant)
  if (printed === undefined) throw new PeerMissing(`${source} has no variant ${variant}`)
  return printed
}

/** One of the program's books as a peer. */
export function cppPeer(name: string, variant: string): Variant {
  return {
    name,
    async prepare() {
      const program = compiled()
      verify(name, execute(program, variant), expectedOutcome(createStream(deltas)))
      return { operations: deltas, run: () => (deltas / execute(program, variant).perSec) * 1e9 }
    },
  }
}
