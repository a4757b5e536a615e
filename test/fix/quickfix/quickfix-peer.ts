/** QuickFIX C++ as a process: compiled once, spoken to by lines. */
import { type ChildProcessWithoutNullStreams, execFileSync, spawn } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const source = join(dirname(fileURLToPath(import.meta.url)), 'peer.cpp')
/** Where the program and the stores of a run lie. */
export const workFolder: string = mkdtempSync(join(tmpdir(), 'tradewire-quickfix-'))

/** Why QuickFIX cannot be used here; undefined when it can. */
export function quickFixProblem(): string | undefined {
  const headers = ['/usr/include', '/usr/local/include'].map((folder) => join(folder, 'quickfix', 'Session.h'))
  if (!headers.some((header) => existsSync(header))) return 'libquickfix-dev is not installed'
  try {
    execFileSync('g++', ['--version'], { stdio: 'ignore' })
    return undefined
  } catch {
    return 'there is no g++'
  }
}

/** Compiles the peer. */
export function compilePeer(): void {
  const program = join(workFolder, 'peer')
  execFileSync('g++', ['-std=c++14', '-O1', '-w', source, '-o', program, '-lquickfix', '-lpthread'], { stdio: 'pipe' })
}

/** Removes everything that was made. */
export function removeWorkFolder(): void {
  rmSync(workFolder, { recursive: true, force: true })
}

/** A port nobody listens on. */
export function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address() as { port: number }
      server.close(() => resolve(port))
    })
  })
}

/** The version that a session speaks. */
export interface PeerVersion {
  readonly beginString: string
  readonly defaultApplVerId?: string
}

/** One QuickFIX process with a store that outlives it. */
export class QuickFixPeer {
  readonly lines: string[] = []
  readonly #role: 'acceptor' | 'initiator'
  readonly #settings: string
  #process: ChildProcessWithoutNullStreams | undefined
  #partial = ''

  constructor(
    name: string,
    role: 'acceptor' | 'initiator',
    port: number,
    { beginString, defaultApplVerId }: PeerVersion = { beginString: 'FIX.4.4' },
  ) {
    this.#role = role
    const folder = join(workFolder, name)
    mkdirSync(folder, { recursive: true })
    this.#settings = join(folder, 'settings.cfg')
    const lines = [
      '[DEFAULT]',
      `ConnectionType=${role}`,
      role === 'acceptor' ? `SocketAcceptPort=${port}` : `SocketConnectPort=${port}`,
      'SocketConnectHost=127.0.0.1',
      'SocketReuseAddress=Y',
      'ReconnectInterval=1',
      'StartTime=00:00:00',
      'EndTime=00:00:00',
      'HeartBtInt=30',
      'UseDataDictionary=N',
      `FileStorePath=${join(folder, 'store')}`,
      '[SESSION]',
      `BeginString=${beginString}`,
      ...(defaultApplVerId === undefined ? [] : [`DefaultApplVerID=${defaultApplVerId}`]),
      'SenderCompID=QUICKFIX',
      'TargetCompID=TRADEWIRE',
    ]
    writeFileSync(this.#settings, `${lines.join('\n')}\n`)
  }

  /** Starts the process and waits until it is ready. */
  async start(): Promise<void> {
    const child = spawn(join(workFolder, 'peer'), [this.#role, this.#settings])
    this.#process = child
    child.stdout.on('data', (chunk: Buffer) => {
      const parts = (this.#partial + chunk.toString()).split('\n')
      this.#partial = parts.pop() ?? ''
      this.lines.push(...parts)
    })
    await this.until(() => this.lines.includes('ready'))
  }

  /** Gives a command. */
  tell(command: string): void {
    this.#process?.stdin.write(`${command}\n`)
  }

  /** Lines of messages that it received, in order. */
  get got(): string[] {
    return this.lines.filter((line) => line.startsWith('got '))
  }

  /** Waits until something holds, at most 20 s. */
  async until(holds: () => boolean): Promise<void> {
    for (let i = 0; i < 2_000 && !holds(); i++) await new Promise((resolve) => setTimeout(resolve, 10))
    if (!holds()) throw new Error(`waited in vain; QuickFIX said:\n${this.lines.join('\n')}`)
  }

  /** Ends the process without a word. */
  async kill(): Promise<void> {
    const child = this.#process
    if (child === undefined) return
    this.#process = undefined
    const gone = new Promise((resolve) => child.once('exit', resolve))
    child.kill('SIGKILL')
    await gone
    this.lines.splice(this.lines.indexOf('ready'), 1)
  }
}
