/** Two sessions on virtual time, an initiator and an acceptor, over a simulated network: for tests of the session. */
import { FixAcceptor } from '../../../src/connectors/fix/acceptor/acceptor.js'
import { latin1 } from '../../../src/connectors/fix/codec/bytes.js'
import type { FixMessage } from '../../../src/connectors/fix/codec/message.js'
import type { FixSessionConfig } from '../../../src/connectors/fix/session/config.js'
import { FixSession } from '../../../src/connectors/fix/session/fix-session.js'
import { FixInitiator } from '../../../src/connectors/fix/session/initiator.js'
import type { FixApplication, MessageValidator } from '../../../src/connectors/fix/session/parts.js'
import { MemoryStore } from '../../../src/connectors/fix/store/memory-store.js'
import type { MessageLog } from '../../../src/connectors/fix/store/message-log.js'
import type { MessageStore } from '../../../src/connectors/fix/store/message-store.js'
import { SeededRandom } from '../../../src/core/random.js'
import { VirtualTime } from '../../../src/core/virtual-time.js'
import { SimulatedNetwork } from './simulated-network.js'

/** An application that writes down what it is told. */
export class RecordingApplication implements FixApplication {
  /** Text (58) of the application messages, in order; PossDup ones with a `*` behind. */
  readonly texts: string[] = []
  readonly events: string[] = []
  onMessage(message: FixMessage): undefined {
    this.texts.push(`${message.string(58) ?? '?'}${message.equals(43, 'Y') ? '*' : ''}`)
  }
  onLogon(): void {
    this.events.push('logon')
  }
  onLogout(reason: string): void {
    this.events.push(`logout: ${reason}`)
  }
  onReset(byPeer: boolean): void {
    this.events.push(byPeer ? 'reset by peer' : 'reset')
  }
}

/** A log that keeps lines `< 8=...|`, `> 8=...|` and `- words`. */
export class RecordingLog implements MessageLog {
  readonly lines: string[] = []
  incoming(_nowUs: number, bytes: Uint8Array, start: number, end: number): void {
    this.lines.push(`< ${textOf(bytes, start, end)}`)
  }
  outgoing(_nowUs: number, bytes: Uint8Array, start: number, end: number): void {
    this.lines.push(`> ${textOf(bytes, start, end)}`)
  }
  event(_nowUs: number, text: string): void {
    this.lines.push(`- ${text}`)
  }
  flush(): void {}
  close(): void {}
  /** Types of the messages that went out since the last call, with a `+` for PossDup. */
  sentTypes(): string[] {
    const types = this.lines
      .splice(0)
      .filter((line) => line.startsWith('>'))
      .map((line) => `${/\|35=([^|]*)/.exec(line)?.[1]}${line.includes('|43=Y|') ? '+' : ''}`)
    return types
  }
}

function textOf(bytes: Uint8Array, start: number, end: number): string {
  return latin1(bytes, start, end).replaceAll('\u0001', '|')
}

/** What can be chosen about one side. */
export interface SideOptions {
  config?: Partial<FixSessionConfig>
  store?: MessageStore
  application?: FixApplication
  validator?: MessageValidator
}

/** What can be chosen about a pair. */
export interface PairOptions {
  time?: VirtualTime
  seed?: number
  both?: Partial<FixSessionConfig>
  client?: SideOptions
  venue?: SideOptions
}

/** The pair and everything around it. */
export interface SessionPair {
  readonly time: VirtualTime
  readonly network: SimulatedNetwork
  readonly client: FixSession
  readonly venue: FixSession
  readonly clientApp: RecordingApplication
  readonly venueApp: RecordingApplication
  readonly clientLog: RecordingLog
  readonly venueLog: RecordingLog
  readonly initiator: FixInitiator
  readonly acceptor: FixAcceptor
  /** Logs on. */
  connect(): Promise<void>
  /** Lets time pass. */
  pass(milliseconds: number): Promise<void>
}

/** Makes a pair; nothing is connected yet, but the acceptor listens. */
export async function makePair(options: PairOptions = {}): Promise<SessionPair> {
  const time = options.time ?? new VirtualTime()
  const random = new SeededRandom(options.seed ?? 1)
  const network = new SimulatedNetwork(time, random.fork('network'))
  const clientApp = new RecordingApplication()
  const venueApp = new RecordingApplication()
  const clientLog = new RecordingLog()
  const venueLog = new RecordingLog()
  const make = (
    side: SideOptions | undefined,
    config: FixSessionConfig,
    application: FixApplication,
    log: MessageLog,
  ) =>
    new FixSession({
      config: { ...config, ...options.both, ...side?.config },
      store: side?.store ?? new MemoryStore(),
      clock: time,
      application: side?.application ?? application,
      log,
      ...(side?.validator === undefined ? {} : { validator: side.validator }),
    })
  const names = { beginString: 'FIX.4.4' }
  const client = make(
    options.client,
    { ...names, role: 'initiator', senderCompId: 'CLIENT', targetCompId: 'VENUE' },
    clientApp,
    clientLog,
  )
  const venue = make(
    options.venue,
    { ...names, role: 'acceptor', senderCompId: 'VENUE', targetCompId: 'CLIENT' },
    venueApp,
    venueLog,
  )
  const acceptor = new FixAcceptor({ time, network, port: 0 })
  acceptor.add(venue)
  await acceptor.start()
  const initiator = new FixInitiator({
    session: client,
    time,
    network,
    random: random.fork('reconnect'),
    endpoints: [{ host: '127.0.0.1', port: acceptor.port }],
  })
  const pass = (milliseconds: number) => time.advanceMsAsync(milliseconds)
  return {
    ...{ time, network, client, venue, clientApp, venueApp, clientLog, venueLog, initiator, acceptor, pass },
    connect: () => time.runUntil(initiator.connect(), 60_000),
  }
}

/** Sends an application message with a text. Returns whether it went out at once. */
export function say(session: FixSession, text: string, msgType = 'B'): boolean {
  const encoder = session.begin(msgType)
  encoder.string(58, text)
  return session.send()
}
