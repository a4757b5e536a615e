/**
 * QuickFIX C++ of the system, compiled once into the temporary folder. The program measures all messages and ways in one go and
 * prints rates; a run of one case takes the figure it needs.
 */
import { execFileSync } from 'node:child_process'
import { existsSync, mkdtempSync, renameSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { PeerMissing, type Variant } from '../types.js'
import { dictionaryPath, messagesPath, readMessages } from './workload.js'

const source = resolve(process.env.TRADEWIRE_ANCHORS ?? join('..', 'shared', 'anchors'), 'quickfix', 'bench.cpp')
/** Seconds that the program gives to each of its twelve figures, three times over. */
const secondsEach = '0.03'
/** What the harness divides by: rates are turned back into the time of this many messages. */
const operations = 100_000

function compiled(): string {
  if (!existsSync(source)) throw new PeerMissing(`${source} is absent`)
  const program = join(tmpdir(), `tradewire-bench-quickfix-${Math.round(statSync(source).mtimeMs)}`)
  if (existsSync(program)) return program
  const folder = mkdtempSync(join(tmpdir(), 'tradewire-bench-'))
  try {
    const output = join(folder, 'quickfix')
    execFileSync('g++', ['-std=c++14', '-O2', '-w', source, '-o', output, '-lquickfix', '-lpthread'], { stdio: 'pipe' })
    renameSync(output, program)
    return program
  } catch (cause) {
    throw new PeerMissing(`g++ could not compile ${source} (it needs libquickfix-dev)`, { cause })
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/** QuickFIX doing one thing with the message of a line: `parse+validate` or `encode`. */
export function quickfixPeer(line: number, column: 'parse+validate' | 'encode'): Variant {
  return {
    name: 'QuickFIX C++',
    async prepare() {
      const program = compiled()
      readMessages()
      const run = () => {
        const printed = execFileSync(program, [messagesPath, dictionaryPath, secondsEach], { encoding: 'utf8' })
        const after = printed.split('\n')[line]?.split(column)[1] ?? ''
        const rate = Number(/^\s*(\d+)\/s/.exec(after)?.[1])
        if (!(rate > 0)) throw new PeerMissing(`${source} prints no ${column} for line ${line}`)
        return (operations / rate) * 1e9
      }
      run()
      return { operations, run }
    },
  }
}
