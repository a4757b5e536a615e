/**
 * Exclusive claims between processes without a native lock call, which Node does not offer.
 *
 * Claim first, look second: each claimant writes a file of its own, `<path>.<pid>-<random>`, appearing whole by a rename,
 * and then looks at all claims on the same path. Claims of dead processes are removed; where any other live claim stands,
 * the newcomer takes its own back and fails. Two that start at once may both fail, but never both succeed: whoever claims
 * second sees the first.
 *
 * A process is known by its id and start time (Linux: clock ticks since boot, the boot's id, and the namespace of process ids;
 * elsewhere the id alone), so that a recycled process id does not keep a dead claim alive. What cannot be seen from here is
 * judged by the claim itself, which its owner touches every second: a process in another container of this machine, and a
 * claim that cannot be read (a power cut leaves it empty). A claim of another machine is always respected.
 *
 * An owner whose claim is gone, because it was frozen for so long that another took over, is told (`FileLock.onLost`), and finds
 * it before it does anything more (`FileLock.isHeld`).
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
  /** Namespace in which the process id means that process; '' where the platform does not tell. */
  readonly namespace: string
}

/** How often an owner touches its claim. */
const touchMs = 1_000
/** A claim that was not touched for so long is dead, where nothing better is known. */
const staleMs = 15_000

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

/** The namespace in which ids of processes are seen from here; '' where the platform does not tell. */
function ownNamespace(): string {
  try {
    return fs.readlinkSync('/proc/self/ns/pid')
  } catch {
    return ''
  }
}

const bootOf = ({ started }: Owner): string => started.slice(0, started.lastIndexOf('/'))

/** Whether the owner of a claim may live. `claim`: what stands in the file; undefined where that cannot be read. */
function isAlive(claim: Owner | undefined, file: string, self: Owner): boolean {
  if (claim === undefined) return wasTouched(file)
  const isSameKernel = bootOf(self) !== '' && bootOf(claim) === bootOf(self)
  if (isSameKernel && claim.namespace !== self.namespace) return wasTouched(file)
  if (!isSameKernel && claim.host !== self.host) return true
  if (!runs(claim.pid)) return false
  const started = startOf(claim.pid)
  return started === '' || claim.started === '' || started === claim.started
}

/** When a claim was touched last; NaN where it is gone. */
function touchedAt(file: string): number {
  return fs.statSync(file, { throwIfNoEntry: false })?.mtimeMs ?? Number.NaN
}

/** Whether somebody has touched a claim of late. */
const wasTouched = (file: string): boolean => Math.abs(Date.now() - touchedAt(file)) < staleMs

/** Reads a claim; undefined where it cannot be understood. `ownNamespace`: that of claims of releases which did not say. */
function readOwner(file: string, ownNamespace: string): Owner | undefined {
  try {
    const { pid, host, started, namespace = ownNamespace } = JSON.parse(fs.readFileSync(file, 'utf8'))
    const isWhole = [host, started, namespace].every((each) => typeof each === 'string')
    return typeof pid === 'number' && isWhole ? { pid, host, started, namespace } : undefined
  } catch {
    return undefined
  }
}

/** Finds another live claim, removing dead ones on the way. */
function otherClaim(
  directory: string,
  prefix: string,
  own: string,
  self: Owner,
): { file: string; owner: Owner } | undefined {
  for (const name of fs.readdirSync(directory)) {
    if (!name.startsWith(prefix) || name === own || name.endsWith('.tmp')) continue
    const file = join(directory, name)
    const owner = readOwner(file, self.namespace)
    const touchedMs = touchedAt(file)
    const isGone = isAlive(owner, file, self) ? Number.isNaN(touchedAt(file)) : remove(file, touchedMs)
    if (!isGone) return { file, owner: owner ?? { ...self, pid: 0, host: 'unknown' } }
  }
  return undefined
}

/** Removes a dead claim, unless its owner touches it at the last moment. Whether it is gone. */
function remove(file: string, touchedMs: number): boolean {
  const aside = `${file}.tmp`
  try {
    // From here on its owner finds it gone; what it did until now shows.
    fs.renameSync(file, aside)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return true
    throw error
  }
  if (touchedAt(aside) !== touchedMs) {
    fs.renameSync(aside, file)
    return false
  }
  fs.rmSync(aside, { force: true })
  return true
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
  const self = { pid: process.pid, host: hostname(), started: startOf(process.pid), namespace: ownNamespace() }
  let other: { file: string; owner: Owner } | undefined
  try {
    fs.writeFileSync(`${claim}.tmp`, JSON.stringify(self), { mode: 0o600, flag: 'wx' })
    fs.renameSync(`${claim}.tmp`, claim)
    other = otherClaim(directory, prefix, own, self)
  } catch (error) {
    fs.rmSync(`${claim}.tmp`, { force: true })
    fs.rmSync(claim, { force: true })
    throw wrap('lock', path, error)
  }
  if (other !== undefined) {
    fs.rmSync(claim, { force: true })
    throw lockedError(path, other.file, other.owner, self)
  }
  return held(claim)
}

function lockedError(path: string, file: string, owner: Owner, self: Owner): TradewireError {
  const { pid, host } = owner
  const isHidden = bootOf(owner) === bootOf(self) && owner.namespace !== self.namespace
  const where = isHidden ? `, in another container; try again in ${staleMs / 1_000} s if that has ended` : ''
  return new TradewireError(
    'TW_JOURNAL_LOCKED',
    `${path} is owned by process ${pid} on host ${host}${where}; stop it, or remove ${file} if that host is gone`,
    { details: { path, owner, ...(isHidden ? { retryAfterMs: staleMs } : {}) } },
  )
}

/** A claim that stands: touched until it is released, and watched. */
function held(claim: string): FileLock {
  let isOver = false
  let touchedMs = Date.now()
  const touch = () => {
    const now = new Date()
    try {
      fs.utimesSync(claim, now, now)
      touchedMs = now.getTime()
    } catch (error) {
      // A disk in trouble is no loss of the claim: its journal tells of it.
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') return
      end()
      lock.onLost?.()
    }
  }
  const timer = setInterval(touch, touchMs)
  timer.unref()
  const end = () => {
    isOver = true
    clearInterval(timer)
  }
  const lock: FileLock = {
    path: claim,
    get isHeld() {
      // Who stood still for long may have been taken for dead.
      if (!isOver && Math.abs(Date.now() - touchedMs) > staleMs / 3) touch()
      return !isOver
    },
    release() {
      if (isOver) return
      end()
      fs.rmSync(claim, { force: true })
    },
  }
  return lock
}
