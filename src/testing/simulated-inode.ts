/** One file of a simulated disk: its bytes as reads see them, and as a power cut leaves them. */
import type { SeededRandom } from '../core/random.js'

const sectorBytes = 512

/** A write or a change of size that is not on the platter. */
interface Pending {
  readonly offset: number
  /** The bytes written; undefined for a truncation to `offset`. */
  readonly bytes: Uint8Array | undefined
}

/** Bytes that grow. Behind their size they are zero. */
class Content {
  size = 0
  #bytes = new Uint8Array(0)

  view(): Uint8Array {
    return this.#bytes.subarray(0, this.size)
  }

  write(offset: number, bytes: Uint8Array): void {
    const end = offset + bytes.length
    if (end > this.#bytes.length) {
      const grown = new Uint8Array(Math.max(end, this.#bytes.length * 2, 4096))
      grown.set(this.view())
      this.#bytes = grown
    }
    this.#bytes.set(bytes, offset)
    this.size = Math.max(this.size, end)
  }

  truncate(size: number): void {
    if (size > this.size) this.write(this.size, new Uint8Array(size - this.size))
    else this.#bytes.fill(0, size, this.size)
    this.size = size
  }
}

/** What a name stands for: a file's contents, as reads see them and as a power cut leaves them. */
export class Inode {
  cache = new Content()
  readonly platter = new Content()
  #pending: Pending[] = []
  #settled = 0

  /** Changes made so far, for {@link Inode.sync}. */
  get changes(): number {
    return this.#settled + this.#pending.length
  }

  /** Changes that no sync has brought to the platter. */
  get unsynced(): number {
    return this.#pending.length
  }

  write(offset: number, bytes: Uint8Array): void {
    this.cache.write(offset, bytes)
    this.#pending.push({ offset, bytes: bytes.slice() })
  }

  truncate(size: number): void {
    this.cache.truncate(size)
    this.#pending.push({ offset: size, bytes: undefined })
  }

  /** Brings the changes up to the `until`-th to the platter. */
  sync(until: number): void {
    this.#apply(this.#take(until))
  }

  /** A sync that failed: some of the changes got there, and the others will not be tried again. */
  loseSync(until: number, random: SeededRandom): void {
    this.#applySome(this.#take(until), random)
  }

  /** What the platter holds after a power cut is all there is. */
  cutPower(random: SeededRandom): void {
    const changes = this.#take(this.changes)
    if (random.chance(0.5)) this.#applyTornPrefix(changes, random)
    else this.#applySome(changes, random)
    this.cache = new Content()
    this.cache.write(0, this.platter.view())
  }

  #take(until: number): Pending[] {
    const taken = this.#pending.splice(0, Math.max(0, until - this.#settled))
    this.#settled += taken.length
    return taken
  }

  #applyTornPrefix(changes: Pending[], random: SeededRandom): void {
    const kept = changes.splice(0, random.below(changes.length + 1))
    const torn = changes[0]?.bytes
    if (torn !== undefined) {
      kept.push({ offset: changes[0].offset, bytes: torn.subarray(0, random.below(torn.length + 1)) })
    }
    this.#apply(kept)
  }

  /** Every sector gets some version of its content; the size is that of some version, and covers what was kept. */
  #applySome(changes: Pending[], random: SeededRandom): void {
    const versions = new Map<number, number>()
    const sizeVersion = random.below(changes.length + 1)
    const kept: Pending[] = []
    changes.forEach((change, index) => {
      const { bytes } = change
      if (bytes === undefined) {
        if (index < sizeVersion) kept.push(change)
        return
      }
      for (let from = 0; from < bytes.length; ) {
        const sector = Math.floor((change.offset + from) / sectorBytes)
        const to = Math.min(bytes.length, (sector + 1) * sectorBytes - change.offset)
        let version = versions.get(sector)
        if (version === undefined) {
          version = random.chance(0.6) ? changes.length : random.below(changes.length + 1)
          versions.set(sector, version)
        }
        if (index < version) kept.push({ offset: change.offset + from, bytes: bytes.subarray(from, to) })
        from = to
      }
    })
    this.#apply(kept)
  }

  #apply(changes: readonly Pending[]): void {
    for (const { offset, bytes } of changes) {
      if (bytes !== undefined) this.platter.write(offset, bytes)
      else if (offset < this.platter.size) this.platter.truncate(offset)
    }
  }
}
