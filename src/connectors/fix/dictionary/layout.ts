/**
 * Layouts of messages that were found valid: which tags follow each other, and what is known of each field. Peers send the same
 * few layouts again and again; a message that has one of them needs no look-ups, only its values are checked.
 *
 * A layout holds what depends on tags alone: membership, order of sections, required and repeated fields, entries of groups. So
 * it is the same for all validators of a dictionary, whatever they let through.
 */
import type { FixMessage } from '../codec/message.js'

/** Longest layout that is kept, in fields. */
export const MAX_LAYOUT_FIELDS = 128
/** Layouts kept for a message type: a power of two. */
const PLACES = 8
/** A layout gives up its place after this many messages in a row that have another one. */
const PATIENCE = 4

/** The layout of a valid message: columns by the index of the field. Its memory is used again for the next one. */
export class Layout {
  fieldCount = 0
  readonly tags = new Int32Array(MAX_LAYOUT_FIELDS)
  /** What a row of the scope says of each field: form and flags. */
  readonly infos = new Int32Array(MAX_LAYOUT_FIELDS)
  /** Value set of each field; for a count of entries, the count. */
  readonly links = new Int32Array(MAX_LAYOUT_FIELDS)
  readonly depths = new Uint8Array(MAX_LAYOUT_FIELDS)
  /** Messages in a row that stood in this place and had another layout. */
  misses = 0
}

/** The layouts of a message type. */
export class Layouts {
  readonly #places: (Layout | undefined)[] = Array.from({ length: PLACES }, () => undefined)

  /** The layout that the message may have; undefined when none is known. */
  candidate(message: FixMessage): Layout | undefined {
    const layout = this.#places[placeOf(message)]
    return layout !== undefined && layout.fieldCount === message.fieldCount ? layout : undefined
  }

  /** Remembers the layout of a valid message of at most {@link MAX_LAYOUT_FIELDS}, unless the one in its place is still in use. */
  learn(message: FixMessage, infos: Int32Array, links: Int32Array): void {
    const { fieldCount, tags, depths } = message
    const place = placeOf(message)
    const present = this.#places[place]
    if (present !== undefined && ++present.misses < PATIENCE) return
    const layout = present ?? new Layout()
    this.#places[place] = layout
    layout.fieldCount = fieldCount
    layout.misses = 0
    for (let index = 0; index < fieldCount; index++) {
      layout.tags[index] = tags[index]
      layout.infos[index] = infos[index]
      layout.links[index] = links[index]
      layout.depths[index] = depths[index]
    }
  }
}

function placeOf({ tags, fieldCount }: FixMessage): number {
  return (fieldCount + tags[fieldCount >> 1] * 3 + tags[fieldCount - 2] * 5) & (PLACES - 1)
}
