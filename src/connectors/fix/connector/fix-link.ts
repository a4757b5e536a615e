/** One session of a connector with everything it stands on: store, log, validator, initiator. Made at the start, given back at the stop. */

import { TradewireError } from '../../../core/errors.js'
import type { Logger } from '../../../core/logger.js'
import { nodeFileSystem } from '../../../core/node-file-system.js'
import { nodeNetwork } from '../../../core/node-network.js'
import type { Random } from '../../../core/random.js'
import { sleep, type Time } from '../../../core/time.js'
import { type FixValidation, FixValidator } from '../dictionary/validator.js'
import { secretsOf } from '../session/credentials.js'
import { FixSession } from '../session/fix-session.js'
import { identityFileName } from '../session/identity.js'
import { FixInitiator } from '../session/initiator.js'
import type { FixApplication } from '../session/parts.js'
import { FileStore } from '../store/file-store.js'
import { MemoryStore } from '../store/memory-store.js'
import { FileMessageLog, type MessageLog } from '../store/message-log.js'
import type { MessageStore } from '../store/message-store.js'
import type { FixConnectorOptions, FixLinkOptions } from './connector-options.js'
import type { MessageRules } from './message-rules.js'
import { Outgoing } from './outgoing.js'

/** What a link gets from its connector. */
export interface LinkSurroundings {
  readonly time: Time
  readonly random: Random
  readonly logger: Logger
  readonly rules: MessageRules
  readonly options: FixConnectorOptions
}

/**
 * What incoming messages have to pass unless the host says otherwise: what reading them relies on. A report with a field too many,
 * or a value that the dictionary does not list, is still a report; rejecting it could lose an execution.
 */
const lenient: FixValidation = { userDefinedFields: false, messageFields: false, values: false, requiredFields: false }

/** Milliseconds between looks at a session that takes no messages for a moment. */
const POLL_MS = 2

/** A session that is connected by this side. */
export class FixLink {
  readonly session: FixSession
  readonly initiator: FixInitiator
  readonly out: Outgoing
  readonly #time: Time
  /** What this link opened, and so closes. */
  readonly #owned: { close(): void }[] = []

  constructor(
    link: FixLinkOptions,
    application: FixApplication,
    { time, random, logger, rules, options }: LinkSurroundings,
  ) {
    const { dictionary, validation, limits, network = nodeNetwork } = options
    this.#time = time
    const store = this.#store(link, options)
    const log = this.#log(link, options)
    const messageOptions = { dataTags: dictionary.dataTags, ...(limits === undefined ? {} : { limits }) }
    const { signLogon } = link
    this.session = new FixSession({
      config: { ...link.session, role: 'initiator' },
      store,
      clock: time,
      application: signLogon === undefined ? application : signing(application, signLogon),
      validator: new FixValidator(dictionary, validation ?? lenient),
      messageOptions,
      ...(log === undefined ? {} : { log }),
    })
    this.initiator = new FixInitiator({
      session: this.session,
      time,
      network,
      random,
      endpoints: link.endpoints,
      framer: messageOptions,
      logger,
      ...(link.tls === undefined ? {} : { tls: link.tls }),
      ...(link.allowInsecure === undefined ? {} : { allowInsecure: link.allowInsecure }),
    })
    this.out = new Outgoing(this.session, rules)
  }

  #store(link: FixLinkOptions, { fileSystem = nodeFileSystem }: FixConnectorOptions): MessageStore {
    const { store = 'memory' } = link
    if (typeof store === 'object') return store
    if (store === 'memory') return new MemoryStore()
    const opened = new FileStore(fileSystem, `${store}/${identityFileName(link.session)}`)
    this.#owned.push(opened)
    return opened
  }

  #log(link: FixLinkOptions, { fileSystem = nodeFileSystem }: FixConnectorOptions): MessageLog | undefined {
    const { log } = link
    if (log === undefined || typeof log === 'object') return log
    const opened = new FileMessageLog(fileSystem, log, identityFileName(link.session), {
      secrets: secretsOf(link.session.credentials),
    })
    this.#owned.push(opened)
    return opened
  }

  /**
   * Waits until a message of a type can be sent: a resend is over, the socket or the throttle has room.
   *
   * @throws TradewireError `TW_NOT_CONNECTED` while logged off, `TW_ABORTED` when the signal fires.
   */
  async whenFree(msgType: string, signal: AbortSignal): Promise<void> {
    for (;;) {
      const obstacle = this.session.obstacle(msgType)
      if (obstacle === undefined) return
      if (obstacle === 'logged-off')
        throw new TradewireError('TW_NOT_CONNECTED', `${this.session.name} is not logged on`)
      await sleep(this.#time, POLL_MS, signal)
    }
  }

  /** Gives files back. */
  close(): void {
    for (const each of this.#owned.splice(0)) each.close()
  }
}

/** The application with a signer of its own. */
function signing(application: FixApplication, signLogon: NonNullable<FixApplication['signLogon']>): FixApplication {
  const bound: FixApplication = Object.create(application)
  bound.signLogon = signLogon
  return bound
}
