/** A PostgreSQL server of a test's own: made in a temporary folder, started, and gone afterwards. */
import { spawnSync } from 'node:child_process'
import { chownSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** Folder of the newest server's programs; undefined where none is installed. */
export function postgresPrograms(): string | undefined {
  const base = '/usr/lib/postgresql'
  const versions = existsSync(base) ? readdirSync(base).sort((a, b) => Number(b) - Number(a)) : []
  return versions.map((version) => join(base, version, 'bin')).find((bin) => existsSync(join(bin, 'initdb')))
}

/** A running server. */
export interface PostgresServer {
  readonly connection: { host: string; port: number; user: string; database: string }
  /** `fast` ends connections in an orderly way, `immediate` is like a crash. */
  restart(mode: 'fast' | 'immediate'): void
  /** Runs a statement by psql. */
  psql(sql: string): string
  stop(): void
}

/** Starts a server. It refuses to run as root, so root starts it as `postgres` or `nobody`. */
export async function startPostgres(): Promise<PostgresServer> {
  const programs = postgresPrograms()
  if (programs === undefined) throw new Error('no PostgreSQL server is installed')
  const who: { uid?: number; gid?: number } = process.getuid?.() === 0 ? otherUser() : {}
  const folder = mkdtempSync(join(tmpdir(), 'tradewire-pg-'))
  if (who.uid !== undefined && who.gid !== undefined) chownSync(folder, who.uid, who.gid)
  const data = join(folder, 'data')
  const port = await freePort()
  const call = (program: string, args: readonly string[]): string => {
    const { status, stdout, stderr, error } = spawnSync(join(programs, program), [...args], {
      ...who,
      cwd: folder,
      encoding: 'utf8',
      env: { ...process.env, LC_ALL: 'C' },
    })
    if (status !== 0) throw new Error(`${program} ${args.join(' ')}: ${error ?? ''}${stdout}${stderr}`)
    return stdout
  }
  const control = (...args: string[]) => call('pg_ctl', ['-D', data, '-w', '-s', '-l', join(folder, 'log'), ...args])
  call('initdb', ['-D', data, '-U', 'tradewire', '--auth=trust', '-E', 'UTF8', '--no-sync'])
  control('start', '-o', `-p ${port} -c listen_addresses=127.0.0.1 -c unix_socket_directories='' -c max_connections=30`)
  const connection = { host: '127.0.0.1', port, user: 'tradewire', database: 'postgres' }
  return {
    connection,
    restart: (mode) => control('restart', '-m', mode),
    psql: (sql) =>
      call('psql', ['-h', '127.0.0.1', '-p', String(port), '-U', 'tradewire', '-d', 'postgres', '-Atqc', sql]),
    stop: () => {
      control('stop', '-m', 'immediate')
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

function otherUser(): { uid: number; gid: number } {
  const lines = readFileSync('/etc/passwd', 'utf8').split('\n')
  const line = lines.find((each) => each.startsWith('postgres:')) ?? lines.find((each) => each.startsWith('nobody:'))
  if (line === undefined) throw new Error('there is no user postgres or nobody to run the server as')
  const [, , uid, gid] = line.split(':')
  return { uid: Number(uid), gid: Number(gid) }
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer()
    server.on('error', reject)
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address() as { port: number }
      server.close(() => resolve(port))
    })
  })
}
