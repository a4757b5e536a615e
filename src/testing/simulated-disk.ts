/**
 * A disk in memory that fails the way disks do, from a seed: for tests of everything that must survive a crash.
 *
 * What is kept apart, as in a kernel: the *cache* (what reads return) and the *platter* (what a power cut leaves). A write
 * goes to the cache; a sync brings it to the platter. A power cut keeps an arbitrary part of what was not synced: either a
 * prefix of the writes with the last one torn at any byte, or, sector by sector, some version between the last synced and
 * the last written. Creations, renames and removals reach the platter in order, when their directory is synced.
 *
 * Faults: space runs out after so many bytes, in the middle of a write; the n-th sync fails, and what it should have kept is
 * lost at the next power cut while reads still return it; the n-th call of any kind fails; bits flip; the process crashes.
 */
import { TradewireError } from '../core/errors.js'
import { type FileLock, type FileSystem, fileError, type OpenFile, type OpenMode } from '../core/file-system.js'
import { SeededRandom } from '../core/random.js'
import { Inode } from './simulated-inode.js'

/** A change of a directory that is not on the platter. */
interface PendingName {
  readonly directory: string
  apply(names: Map<string, Inode>): void
}

/** A fault that an injection causes: an error with this errno, or the crash of the process. */
export type DiskFault = 'EIO' | 'ENOSPC' | 'crash'

/** Options of {@link SimulatedDisk}. */
export interface SimulatedDiskOptions {
  /** Decides what power cuts and failed syncs leave. */
  seed: number
  /** What a sync that is awaited waits for before its data are on the platter; no longer than a promise takes unless given. */
  syncs?: () => Promise<void>
}

/** Thrown by every call of a process that a {@link DiskFault} crashed, until {@link SimulatedDisk.crash} restarts it. */
export class SimulatedCrash extends Error {
  override readonly name = 'SimulatedCrash'
}

/**
 * The disk. A process under test gets {@link SimulatedDisk.mount}; the disk itself is a {@link FileSystem} too, for looking in.
 *
 * @example
 * ```ts
 * const disk = new SimulatedDisk({ seed: 7 })
 * const file = disk.mount().open('data', 'create')
 * file.write(new Uint8Array([1, 2, 3]), 0, 3, 0)
 * disk.crash({ powerCut: true }) // the file, or a part of it, or nothing is left
 * ```
 */
export class SimulatedDisk implements FileSystem {
  readonly #random: SeededRandom
  #names = new Map<string, Inode>()
  #platterNames = new Map<string, Inode>()
  #pendingNames: PendingName[] = []
  readonly #directories = new Set<string>()
  readonly #locks = new Set<string>()
  #process = 0
  #crashed = false
  #calls = 0
  #syncs = 0
  #spaceLeft = Number.POSITIVE_INFINITY
  readonly #faultAtCall = new Map<number, DiskFault>()
  /** What the faults did so far: writes cut short, calls that failed by kind of error, power cuts that took unsynced data. */
  readonly counters = { tornWrites: 0, noSpace: 0, errors: 0, lostUnsynced: 0 }
  readonly #waitForSync: () => Promise<void>
  readonly #failSyncs = new Set<number>()
  #injected = 0

  constructor(options: SimulatedDiskOptions) {
    this.#random = new SeededRandom(options.seed)
    this.#waitForSync = options.syncs ?? (() => Promise.resolve())
  }

  // ---- faults

  /** Calls made so far, over all kinds and processes. */
  get calls(): number {
    return this.#calls
  }

  /** Syncs asked for so far. */
  get syncs(): number {
    return this.#syncs
  }

  /** Faults that have fired. */
  get injected(): number {
    return this.#injected
  }

  /** The `call`-th call from now (1 is the next) fails. A write that fails or crashes may have written a part. */
  failCall(call: number, fault: DiskFault): void {
    this.#faultAtCall.set(this.#calls + call, fault)
  }

  /** The `sync`-th sync from now (1 is the next) fails with EIO; what it covered is lost at the next power cut. */
  failSync(sync: number): void {
    this.#failSyncs.add(this.#syncs + sync)
  }

  /** Withdraws all faults that have not fired, and gives unlimited space. */
  heal(): void {
    this.#faultAtCall.clear()
    this.#failSyncs.clear()
    this.#spaceLeft = Number.POSITIVE_INFINITY
  }

  /** Files may grow by so many bytes in all before writes fail with ENOSPC. Truncating and removing give room back. */
  limitSpace(bytes: number): void {
    this.#spaceLeft = bytes
  }

  /** Flips one bit of a file, in the cache and on the platter. */
  flipBit(path: string, bit: number): void {
    const inode = this.#inode('flip', path)
    const mask = 1 << (bit & 7)
    if (bit >> 3 >= inode.cache.size) throw new TradewireError('TW_OUT_OF_RANGE', `${path} has no bit ${bit}`)
    inode.write(bit >> 3, Uint8Array.of(inode.cache.view()[bit >> 3] ^ mask))
    inode.sync(inode.changes)
  }

  /** Puts a file there, durably. */
  install(path: string, content: Uint8Array): void {
    const inode = new Inode()
    inode.write(0, content)
    inode.sync(1)
    this.#names.set(path, inode)
    this.#platterNames.set(path, inode)
  }

  /**
   * Ends the process: its open files and locks are gone. With `powerCut` the machine goes too, and with it whatever no sync
   * brought to the platter, but for what the seed keeps. The disk can be used again at once.
   */
  crash(options: { powerCut: boolean }): void {
    this.#process++
    this.#crashed = false
    this.#locks.clear()
    if (!options.powerCut) return
    const kept = this.#random.below(this.#pendingNames.length + 1)
    for (const change of this.#pendingNames.slice(0, kept)) change.apply(this.#platterNames)
    this.#pendingNames = []
    this.#names = new Map(this.#platterNames)
    let unsynced = 0
    for (const inode of new Set(this.#names.values())) {
      unsynced += inode.unsynced
      inode.cutPower(this.#random)
    }
    if (unsynced > 0) this.counters.lostUnsynced++
  }

  /**
   * The disk as the running process sees it. After {@link SimulatedDisk.crash} every call through it throws, so that what a
   * dead process had still to do (promises, timers) cannot touch the files of its successor; the successor mounts anew.
   */
  mount(): FileSystem {
    const owner = this.#process
    const alive = (): SimulatedDisk => {
      if (owner !== this.#process) throw new SimulatedCrash('the process has ended')
      return this
    }
    return {
      open: (path, mode) => alive().open(path, mode),
      makeDirectory: (path) => alive().makeDirectory(path),
      list: (directory) => alive().list(directory),
      exists: (path) => alive().exists(path),
      rename: (from, to) => alive().rename(from, to),
      remove: (path) => alive().remove(path),
      syncDirectory: (directory) => alive().syncDirectory(directory),
      readFile: (path) => alive().readFile(path),
      writeFileAtomic: (path, content) => alive().writeFileAtomic(path, content),
      lock: (path) => alive().lock(path),
      openReadable: (path) => alive().openReadable(path),
    }
  }

  // ---- the file system

  open(path: string, mode: OpenMode): OpenFile {
    this.#call('open', path)
    if (mode === 'create') {
      if (this.#names.has(path)) throw fileError('open', path, 'EEXIST')
      const inode = new Inode()
      this.#changeNames(path, (names) => names.set(path, inode))
    }
    return this.#openFile(path, this.#inode('open', path))
  }

  makeDirectory(path: string): void {
    this.#call('make directory', path)
    this.#directories.add(path)
  }

  list(directory: string): string[] {
    this.#call('list', directory)
    const names: string[] = []
    for (const path of this.#names.keys()) {
      if (directoryOf(path) === directory) names.push(path.slice(path.lastIndexOf('/') + 1))
    }
    if (names.length === 0 && !this.#directories.has(directory)) throw fileError('list', directory, 'ENOENT')
    return names.sort()
  }

  exists(path: string): boolean {
    this.#call('look up', path)
    return this.#names.has(path) || this.#directories.has(path)
  }

  rename(from: string, to: string): void {
    this.#call('rename', from)
    const inode = this.#inode('rename', from)
    this.#changeNames(from, (names) => {
      names.delete(from)
      names.set(to, inode)
    })
  }

  remove(path: string): void {
    this.#call('remove', path)
    this.#spaceLeft += this.#inode('remove', path).cache.size
    this.#changeNames(path, (names) => names.delete(path))
  }

  syncDirectory(directory: string): void {
    this.#call('sync directory', directory)
    const others: PendingName[] = []
    for (const change of this.#pendingNames) {
      if (change.directory === directory) change.apply(this.#platterNames)
      else others.push(change)
    }
    this.#pendingNames = others
  }

  readFile(path: string): Uint8Array {
    this.#call('read', path)
    return this.#inode('read', path).cache.view().slice()
  }

  writeFileAtomic(path: string, content: Uint8Array): void {
    const temporary = `${path}.tmp`
    if (this.#names.has(temporary)) this.remove(temporary)
    const file = this.open(temporary, 'create')
    for (let at = 0; at < content.length; ) at += file.write(content, at, content.length - at, at)
    file.dataSyncNow()
    file.close()
    this.rename(temporary, path)
    this.syncDirectory(directoryOf(path))
  }

  lock(path: string): FileLock {
    this.#call('lock', path)
    if (this.#locks.has(path)) throw new TradewireError('TW_JOURNAL_LOCKED', `${path} is locked`, { details: { path } })
    this.#locks.add(path)
    const owner = this.#process
    let isReleased = false
    const isHeld = () => !isReleased && owner === this.#process
    return {
      path,
      get isHeld() {
        return isHeld()
      },
      release: () => {
        if (isHeld()) this.#locks.delete(path)
        isReleased = true
      },
    }
  }

  async *openReadable(path: string): AsyncGenerator<Uint8Array> {
    this.#call('open', path)
    const content = this.#inode('open', path).cache.view()
    for (let at = 0; at < content.length; at += 65_536) {
      this.#call('read', path)
      yield content.slice(at, at + 65_536)
    }
  }

  // ---- inside

  #openFile(path: string, inode: Inode): OpenFile {
    const owner = this.#process
    let isOpen = true
    const call = (operation: string): DiskFault | undefined => {
      if (owner !== this.#process) throw new SimulatedCrash('the process has ended')
      if (!isOpen) throw fileError(operation, path, 'EBADF')
      return this.#count()
    }
    const check = (operation: string): void => this.#raise(call(operation), operation, path)
    return {
      path,
      write: (buffer, offset, length, position) => {
        const fault = call('write')
        const wanted = fault === undefined ? length : this.#random.below(length + 1)
        const growth = Math.max(0, position + wanted - inode.cache.size)
        const count = Math.max(0, wanted - Math.max(0, growth - this.#spaceLeft))
        this.#spaceLeft -= Math.max(0, position + count - inode.cache.size)
        if (count > 0) inode.write(position, buffer.subarray(offset, offset + count))
        if (count > 0 && count < length) this.counters.tornWrites++
        this.#raise(fault, 'write', path)
        if (count === 0 && length > 0) {
          this.counters.noSpace++
          throw fileError('write', path, 'ENOSPC')
        }
        return count
      },
      read: (buffer, offset, length, position) => {
        check('read')
        const part = inode.cache.view().subarray(position, position + length)
        buffer.set(part, offset)
        return part.length
      },
      truncate: (size) => {
        check('truncate')
        this.#spaceLeft += inode.cache.size - size
        inode.truncate(size)
      },
      size: () => {
        check('stat')
        return inode.cache.size
      },
      dataSync: async () => {
        const fault = call('sync')
        const failed = this.#nextSyncFails()
        const covered = inode.changes
        this.#raise(fault === 'crash' ? fault : undefined, 'sync', path)
        await this.#waitForSync()
        if (owner !== this.#process || this.#crashed) throw new SimulatedCrash('the process ended during a sync')
        this.#finishSync(inode, covered, failed || fault !== undefined, path)
      },
      dataSyncNow: () => {
        const fault = call('sync')
        const failed = this.#nextSyncFails()
        this.#raise(fault === 'crash' ? fault : undefined, 'sync', path)
        this.#finishSync(inode, inode.changes, failed || fault !== undefined, path)
      },
      close: () => {
        isOpen = false
      },
    }
  }

  #nextSyncFails(): boolean {
    this.#syncs++
    const fails = this.#failSyncs.delete(this.#syncs)
    if (fails) this.#injected++
    return fails
  }

  #finishSync(inode: Inode, covered: number, failed: boolean, path: string): void {
    if (failed) {
      this.counters.errors++
      inode.loseSync(covered, this.#random)
      throw fileError('sync', path, 'EIO')
    }
    inode.sync(covered)
  }

  #inode(operation: string, path: string): Inode {
    const inode = this.#names.get(path)
    if (inode === undefined) throw fileError(operation, path, 'ENOENT')
    return inode
  }

  #changeNames(path: string, apply: (names: Map<string, Inode>) => void): void {
    apply(this.#names)
    this.#pendingNames.push({ directory: directoryOf(path), apply })
  }

  #call(operation: string, path: string): void {
    this.#raise(this.#count(), operation, path)
  }

  /** Counts a call and tells which fault it meets. */
  #count(): DiskFault | undefined {
    if (this.#crashed) throw new SimulatedCrash('the process has crashed')
    this.#calls++
    const fault = this.#faultAtCall.get(this.#calls)
    if (fault !== undefined) {
      this.#faultAtCall.delete(this.#calls)
      this.#injected++
    }
    return fault
  }

  #raise(fault: DiskFault | undefined, operation: string, path: string): void {
    if (fault === undefined) return
    if (fault === 'crash') {
      this.#crashed = true
      throw new SimulatedCrash(`the process crashed at a ${operation} of ${path}`)
    }
    if (fault === 'ENOSPC') this.counters.noSpace++
    else this.counters.errors++
    throw fileError(operation, path, fault)
  }
}

function directoryOf(path: string): string {
  const slash = path.lastIndexOf('/')
  return slash < 0 ? '.' : path.slice(0, slash)
}
