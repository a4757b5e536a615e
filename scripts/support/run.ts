/**
 * Small helpers of the scripts: where the package lies, and running other programs of it.
 */
import { spawn, spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { delimiter, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'

/** Absolute path of the package. */
export const root = resolve(fileURLToPath(import.meta.url), '..', '..', '..')

/** Whether a module is the program that was started. */
export function isMain(url: string): boolean {
  return process.argv[1] !== undefined && fileURLToPath(url) === resolve(process.argv[1])
}

/** How a program ended. */
export interface Outcome {
  readonly exitCode: number
  /** Standard output and standard error in the order they came. */
  readonly output: string
  readonly seconds: number
}

/** Options of {@link run}. */
export interface RunOptions {
  readonly cwd?: string
  readonly env?: Readonly<Record<string, string | undefined>>
  /** Show the output while it comes, beside collecting it. */
  readonly echo?: boolean
  /** The program is killed, and has failed, after this time. */
  readonly timeoutMs?: number
}

/** Runs a program (node_modules/.bin comes first) without standard input and collects what it prints. Never throws for an exit code. */
export function run(command: string, args: readonly string[], options: RunOptions = {}): Promise<Outcome> {
  const startedMs = performance.now()
  return new Promise((done) => {
    const child = spawn(command, args, {
      cwd: options.cwd ?? root,
      env: environment(options.env),
      stdio: ['ignore', 'pipe', 'pipe'],
      detached: true,
    })
    const chunks: Buffer[] = []
    const collect = (target: NodeJS.WriteStream) => (chunk: Buffer) => {
      chunks.push(chunk)
      if (options.echo === true) target.write(chunk)
    }
    child.stdout.on('data', collect(process.stdout))
    child.stderr.on('data', collect(process.stderr))
    const timer = setTimeout(
      () => {
        chunks.push(Buffer.from(`\nkilled after ${options.timeoutMs} ms\n`))
        if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL')
      },
      options.timeoutMs ?? 2 ** 31 - 1,
    )
    const finish = (exitCode: number) => {
      clearTimeout(timer)
      const output = Buffer.concat(chunks).toString('utf8')
      done({ exitCode, output, seconds: (performance.now() - startedMs) / 1_000 })
    }
    child.on('error', (error) => {
      chunks.push(Buffer.from(`${command}: ${error.message}\n`))
      finish(127)
    })
    child.on('close', (code) => finish(code ?? 1))
  })
}

function environment(extra: RunOptions['env'] = {}): NodeJS.ProcessEnv {
  const path = [join(root, 'node_modules', '.bin'), process.env.PATH].join(delimiter)
  return { ...process.env, PATH: path, NO_COLOR: '1', FORCE_COLOR: undefined, ...extra }
}

/** A text as biome formats it, under the name of a file that decides the language. */
export function format(file: string, text: string): string {
  const biome = join(root, 'node_modules', '.bin', 'biome')
  if (!existsSync(biome)) throw new Error('biome is not installed: run npm ci')
  const result = spawnSync(biome, ['format', `--stdin-file-path=${file}`], { cwd: root, input: text, encoding: 'utf8' })
  if (result.status !== 0) throw new Error(`cannot format ${file}: ${result.stderr}`)
  return result.stdout
}
