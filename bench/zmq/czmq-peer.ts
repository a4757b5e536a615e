/** libzmq in C, compiled once into the temporary folder: a sender for all variants, and a receiver as the peer. */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, renameSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { PeerMissing, type Variant } from '../types.js'

const source = resolve(process.env.TRADEWIRE_ANCHORS ?? join('..', 'shared', 'anchors'), 'czmq.c')

function compiled(): string {
  if (!existsSync(source)) throw new PeerMissing(`${source} is absent`)
  const program = join(tmpdir(), `tradewire-bench-czmq-${Math.round(statSync(source).mtimeMs)}`)
  if (existsSync(program)) return program
  const folder = mkdtempSync(join(tmpdir(), 'tradewire-bench-'))
  try {
    const output = join(folder, 'czmq')
    execFileSync('gcc', ['-O2', source, '-o', output, '-lzmq'], { stdio: 'pipe' })
    renameSync(output, program)
    return program
  } catch (cause) {
    throw new PeerMissing(`gcc could not compile ${source} (it needs libzmq3-dev)`, { cause })
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/** Begins to send `count` messages of `size` bytes to an endpoint that listens. */
export function sendFromC(endpoint: string, size: number, count: number, isJson: boolean): ChildProcess {
  return spawn(compiled(), ['send', 'push', endpoint, 'connect', String(size), String(count)], {
    env: { ...process.env, ...(isJson ? { JSON: '1' } : {}) },
    stdio: 'ignore',
  })
}

/** C to C: what libzmq itself receives. One message counts as `each` operations. */
export function czmqPeer(size: number, count: number, isJson: boolean, each = 1): Variant {
  return {
    name: 'libzmq in C',
    async prepare() {
      const program = compiled()
      let port = 20_000 + (process.pid % 20_000)
      const run = async () => {
        const endpoint = `tcp://127.0.0.1:${++port}`
        const receiver = spawn(program, ['recv', 'push', endpoint, 'bind', String(size), String(count)], {
          stdio: ['ignore', 'pipe', 'ignore'],
        })
        let printed = ''
        receiver.stdout.on('data', (chunk: Buffer) => {
          printed += chunk.toString()
        })
        const sender = sendFromC(endpoint, size, count, isJson)
        await Promise.all([once(receiver, 'exit'), once(sender, 'exit')])
        const { perSec } = JSON.parse(printed) as { perSec: number }
        return (count / perSec) * 1e9
      }
      await run()
      return { operations: count * each, run }
    },
  }
}
