/** A venue that says exactly what a test says, over a simulated network on virtual time, and a connector to it. */
import { FixAcceptor } from '../../../src/connectors/fix/acceptor/acceptor.js'
import { latin1 } from '../../../src/connectors/fix/codec/bytes.js'
import type { FixMessage } from '../../../src/connectors/fix/codec/message.js'
import type { FixConnectorOptions } from '../../../src/connectors/fix/connector/connector-options.js'
import { FixConnector } from '../../../src/connectors/fix/connector/fix-connector.js'
import type { FixProfile } from '../../../src/connectors/fix/connector/profile.js'
import { type FixVersion, loadFixDictionary } from '../../../src/connectors/fix/dictionary/built-in.js'
import { FixSession } from '../../../src/connectors/fix/session/fix-session.js'
import type { MessageRefusal } from '../../../src/connectors/fix/session/parts.js'
import { MemoryStore } from '../../../src/connectors/fix/store/memory-store.js'
import { VirtualTime } from '../../../src/core/virtual-time.js'
import type { RingHandlers } from '../../../src/ring/kinds.js'
import { testShare } from '../../../src/testing/builders.js'
import { SimulatedNetwork } from '../../../src/testing/simulated-network.js'
import { TestHost } from '../../../src/testing/test-host.js'

/** A message that the venue got: fields by tag, the first of each. */
export interface Heard {
  readonly type: string
  readonly number: number
  readonly fields: ReadonlyMap<number, string>
  readonly text: string
}

/** Both sides, connected. */
export interface ScriptedPair {
  readonly time: VirtualTime
  readonly host: TestHost
  readonly connector: FixConnector
  readonly session: FixSession
  /** Application messages that the venue got. */
  readonly heard: Heard[]
  /** How the venue refuses the next message. */
  refuse: MessageRefusal | undefined
  /** Problems that the connector told. */
  readonly problems: string[]
  /** The venue says something: `37=1|17=2|…`. */
  say(msgType: string, fields: string): void
  /** The last message of a type. */
  last(type: string): Heard
  pass(milliseconds?: number): Promise<void>
}

/** Names of a version on both sides. */
export function versionNames(version: FixVersion): { beginString: string; defaultApplVerId?: string } {
  return version.startsWith('FIX.5') ? { beginString: 'FIXT.1.1', defaultApplVerId: version } : { beginString: version }
}

/** Connects a connector to a venue that answers nothing by itself. */
export async function scripted(
  version: FixVersion,
  profile: FixProfile = {},
  more: Partial<FixConnectorOptions> = {},
  handlers?: RingHandlers,
): Promise<ScriptedPair> {
  const time = new VirtualTime()
  const network = new SimulatedNetwork({ time })
  const dictionary = await loadFixDictionary(version)
  const names = versionNames(version)
  const heard: Heard[] = []
  const pair = { refuse: undefined as MessageRefusal | undefined }
  const session: FixSession = new FixSession({
    config: { ...names, role: 'acceptor', senderCompId: 'VENUE', targetCompId: 'ME' },
    store: new MemoryStore(),
    clock: time,
    application: {
      onMessage: (message) => {
        heard.push(heardOf(message))
        const { refuse } = pair
        pair.refuse = undefined
        return refuse
      },
    },
    messageOptions: { dataTags: dictionary.dataTags },
  })
  const acceptor = new FixAcceptor({ time, network, port: 5_001, host: '127.0.0.1' })
  acceptor.add(session)
  await acceptor.start()
  const problems: string[] = []
  const connector = new FixConnector({
    session: { ...names, senderCompId: 'ME', targetCompId: 'VENUE' },
    endpoints: [{ host: '127.0.0.1', port: 5_001 }],
    dictionary,
    instruments: [testShare],
    environment: 'simulated',
    profile,
    network,
    connection: { healthIntervalMs: 0 },
    ...more,
  })
  connector.events.on('error', ({ error }) => problems.push(String(error)))
  const host = new TestHost({ time, ...(handlers === undefined ? {} : { handlers }) })
  await host.start(connector)
  const say = (msgType: string, fields: string) => {
    const encoder = session.begin(msgType)
    for (const field of fields.split('|')) {
      const at = field.indexOf('=')
      encoder.string(Number(field.slice(0, at)), field.slice(at + 1))
    }
    session.send()
  }
  return Object.assign(pair, {
    time,
    host,
    connector,
    session,
    heard,
    problems,
    say,
    last: (type: string) => {
      const found = heard.filter((message) => message.type === type).at(-1)
      if (found === undefined)
        throw new Error(`the venue got no ${type}, but ${heard.map((each) => each.text).join('\n')}`)
      return found
    },
    pass: (milliseconds = 20) => time.advanceMsAsync(milliseconds),
  })
}

function heardOf(message: FixMessage): Heard {
  const fields = new Map<number, string>()
  for (let index = 0; index < message.fieldCount; index++)
    if (!fields.has(message.tags[index])) fields.set(message.tags[index], message.stringAt(index))
  return {
    type: message.msgType,
    number: Number(fields.get(34)),
    fields,
    text: latin1(message.bytes, message.start, message.end).replaceAll('\u0001', '|'),
  }
}
