/**
 * The application that acceptance definitions are written for: orders, security definitions and e-mails come back as they
 * were, with a header of our own and their fields in the order of tags; everything else is not supported.
 *
 * An order with PossResend whose ClOrdID has been seen since the logon is swallowed.
 */
import { FixEncoder } from '../../../src/connectors/fix/codec/encoder.js'
import { FixMessage, msgTypeCodeOf } from '../../../src/connectors/fix/codec/message.js'
import type { FixDictionary } from '../../../src/connectors/fix/dictionary/dictionary.js'
import { FixSorter } from '../../../src/connectors/fix/dictionary/sorter.js'
import type { FixSession } from '../../../src/connectors/fix/session/fix-session.js'
import type { FixApplication, MessageRefusal } from '../../../src/connectors/fix/session/parts.js'
import { isHeaderTag, SessionCode, SessionTag } from '../../../src/connectors/fix/session/tags.js'

const NEW_ORDER = msgTypeCodeOf('D')
const SECURITY_DEFINITION = msgTypeCodeOf('d')
const EMAIL = msgTypeCodeOf('E')
const CL_ORD_ID = 11
const CHECK_SUM = 10

/** Header fields that a session makes anew. */
const ownHeader = new Set<number>([8, 9, 35, 34, 43, 49, 50, 52, 56, 57, 122, 142, 143, 369])

/** Echoes what arrives on one session. */
export class EchoApplication implements FixApplication {
  /** Set once the session is made. */
  session: FixSession | undefined
  readonly #sorter: FixSorter
  readonly #unsorted: FixEncoder
  readonly #sorted: FixEncoder
  readonly #view: FixMessage
  readonly #echoesDefinitions: boolean
  readonly #seen = new Set<string>()
  #applVerId: string | undefined

  constructor(dictionary: FixDictionary) {
    const { beginString } = dictionary
    this.#sorter = new FixSorter(dictionary)
    this.#unsorted = new FixEncoder({ beginString })
    this.#sorted = new FixEncoder({ beginString })
    this.#view = new FixMessage({ dataTags: dictionary.dataTags })
    this.#echoesDefinitions = beginString !== 'FIX.4.0' && beginString !== 'FIX.4.1'
  }

  onMessage(message: FixMessage): MessageRefusal | undefined {
    const code = message.msgTypeCode
    if (code === NEW_ORDER) {
      const id = message.string(CL_ORD_ID) ?? ''
      const isKnown = this.#seen.has(id)
      this.#seen.add(id)
      if (isKnown && message.equals(SessionTag.possResend, 'Y')) return undefined
    } else if (code !== EMAIL && !(code === SECURITY_DEFINITION && this.#echoesDefinitions)) return this.#unsupported()
    this.#echo(message)
    return undefined
  }

  onAdmin(message: FixMessage): void {
    const applVerId = message.string(SessionTag.defaultApplVerId)
    if (message.msgTypeCode !== SessionCode.logon || applVerId === undefined || this.session === undefined) return
    this.session.defaultApplVerId = applVerId
    this.#applVerId = applVerId
  }

  /** On FIXT the application version is said again, as QuickFIX does. */
  #unsupported(): MessageRefusal {
    if (this.#applVerId === undefined) return { kind: 'unsupported' }
    const extra = [[SessionTag.defaultApplVerId, this.#applVerId]] as const
    return { kind: 'business', reason: 3, text: 'Unsupported Message Type', extra }
  }

  onLogout(): void {
    this.#seen.clear()
  }

  #echo(message: FixMessage): void {
    const header: [number, string][] = []
    const unsorted = this.#unsorted
    unsorted.begin(message.msgType)
    for (let index = 3; index < message.fieldCount; index++) {
      const tag = message.tags[index]
      if (tag === CHECK_SUM) continue
      if (!isHeaderTag(tag)) unsorted.raw(tag, message.bytes, message.valueStarts[index], message.valueEnds[index])
      else if (!ownHeader.has(tag)) header.push([tag, message.stringAt(index)])
    }
    unsorted.end()
    const sorted = this.#sorted
    this.#sorter.sort(unsorted.bytes, unsorted.start, unsorted.finish, sorted)
    const view = this.#view
    view.read(sorted.bytes, sorted.start, sorted.finish)
    const session = this.session as FixSession
    const encoder = session.begin(message.msgType, header.length === 0 ? undefined : header)
    encoder.fields(sorted.bytes, view.valueEnds[2] + 1, sorted.finish - 7)
    session.send()
  }
}
