/**
 * Exclusive claims between processes without a native lock call, which Node does not offer.
 *
 * Claim first, look second: each claimant writes a file of its own, `<path>.<pid>-<random>`, appearing whole by a rename,
 * and then looks at all claims on the same path. Claims of dead processes are removed; where any other live claim stands,
 * the newcomer takes its own back and fails. Two that start at once may both fail, but never both succeed: whoever claims
 * second sees the first.
 *
 * A process is known by its id and start time (Linux: clock ticks since boot, and the boot's id; elsewhere the id alone),
 * so that a recycled process id does not keep a dead claim alive. A claim of another host is always respected: whether its
 * process lives cannot be seen from here.
 */
import { randomBytes } from 'node:crypto'
import * as fs from 'node:fs'
import { hostname } from 'node:os'
import { basename, dirname, join } from 'node:path'
import { TradewireError } from './errors.js'
import type { FileLock } from './file-system.js'

interface Owner {
  readonly pid: number
  readonly host: string
  /** Boot id and start tick; '' where the platform does not tell. */
  readonly started: string
}

/** When a process started, in a form that differs between two processes with the same id; '' where unknown or not running. */
function startOf(pid: number): string {
  try {
    const stat = fs.readFileSync(`/proc/${pid}/stat`, 'latin1')
    const boot = fs.readFileSync('/proc/sys/kernel/random/boot_id', 'latin1').trim()
    // The name in parentheses may hold spaces; the start time is field 22, the 20th after the name.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    return `${boot}/${fields[19]}`
  } catch {
    return ''
  }
}

function runs(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return (error as { code?: unknown }).code === 'EPERM'
  }
}

function isAlive(owner: Owner): boolean {
  if (owner.host !== hostname()) return true
  if (!runs(owner.pid)) return false
  const started = startOf(owner.pid)
  return started === '' || owner.started === '' || started === owner.started
}

/** Reads a claim; undefined where it has just been removed. An unreadable claim counts as live: nobody knows whose it is. */
function readOwner(path: string): Owner | undefined {
  let text: string
  try {
    text = fs.readFileSync(path, 'utf8')
  } catch {
    return undefined
  }
  try {
    const { pid, host, started } = JSON.parse(text) as Record<string, unknown>
    if (typeof pid === 'number' && typeof host === 'string' && typeof started === 'string')
      return { pid, host, started }
  } catch {
    // Falls through to an owner that is never alone on this host.
  }
  return { pid: 0, host: 'unknown', started: '' }
}

/** Finds another live claim, removing dead ones on the way. */
function otherClaim(directory: string, prefix: string, own: string): { file: string; owner: Owner } | undefined {
  for (const name of fs.readdirSync(directory)) {
    if (!name.startsWith(prefix) || name === own || name.endsWith('.tmp')) continue
    const file = join(directory, name)
    const owner = readOwner(file)
    if (owner === undefined) continue
    if (isAlive(owner)) return { file, owner }
    fs.rmSync(file, { force: true })
  }
  return undefined
}

/** Claims `path`; see `FileSystem.lock`. `wrap` makes the error for a failed file operation. */
export function claimFile(
  path: string,
  wrap: (operation: string, path: string, error: unknown) => TradewireError,
): FileLock {
  const directory = dirname(path)
  const prefix = `${basename(path)}.`
  const own = `${prefix}${process.pid}-${randomBytes(6).toString('hex')}`
  const claim = join(directory, own)
  const owner: Owner = { pid: process.pid, host: hostname(), started: startOf(process.pid) }
  let other: { file: string; owner: Owner } | undefined
  try {
    fs.writeFileSync(`${claim}.tmp`, JSON.stringify(owner), { mode: 0o600, flag: 'wx' })
    fs.renameSync(`${claim}.tmp`, claim)
    other = otherClaim(directory, prefix, own)
  } catch (error) {
    fs.rmSync(`${claim}.tmp`, { force: true })
    fs.rmSync(claim, { force: true })
    throw wrap('lock', path, error)
  }
  if (other !== undefined) {
    fs.rmSync(claim, { force: true })
    const { pid, host } = other.owner
    throw new TradewireError(
      'TW_JOURNAL_LOCKED',
      `${path} is owned by process ${pid} on host ${host}; stop it, or remove ${other.file} if that host is gone`,
      { details: { path, owner: other.owner } },
    )
  }
  let released = false
  return {
    path: claim,
    release() {
      if (released) return
      released = true
      fs.rmSync(claim, { force: true })
    },
  }
}
