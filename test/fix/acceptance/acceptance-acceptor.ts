/** An acceptor as acceptance definitions assume it, from a settings file. */
import { readFileSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { FixAcceptor } from '../../../src/connectors/fix/acceptor/acceptor.js'
import {
  parseSettings,
  type SessionFromSettings,
  sessionFromSettings,
} from '../../../src/connectors/fix/acceptor/settings-file.js'
import { FixDictionary } from '../../../src/connectors/fix/dictionary/dictionary.js'
import { parseQuickFixXml } from '../../../src/connectors/fix/dictionary/quickfix-xml.js'
import { FixValidator } from '../../../src/connectors/fix/dictionary/validator.js'
import { FixSession } from '../../../src/connectors/fix/session/fix-session.js'
import { identityFileName } from '../../../src/connectors/fix/session/identity.js'
import { FileStore } from '../../../src/connectors/fix/store/file-store.js'
import { MemoryStore } from '../../../src/connectors/fix/store/memory-store.js'
import { FileMessageLog } from '../../../src/connectors/fix/store/message-log.js'
import type { MessageStore } from '../../../src/connectors/fix/store/message-store.js'
import { nodeFileSystem } from '../../../src/core/node-file-system.js'
import { nodeNetwork } from '../../../src/core/node-network.js'
import { RealTime } from '../../../src/core/real-time.js'
import { EchoApplication } from './echo-application.js'

/** A running acceptor. */
export interface AcceptanceAcceptor {
  readonly port: number
  readonly sessions: readonly FixSession[]
  stop(): Promise<void>
}

/**
 * Starts the acceptor that a settings file describes. Paths in it count from `folder`: that of the file unless given; the working
 * directory is what QuickFIX counts from.
 */
export async function startAcceptanceAcceptor(
  settingsPath: string,
  folder = dirname(settingsPath),
): Promise<AcceptanceAcceptor> {
  const time = new RealTime()
  const entries = parseSettings(readFileSync(settingsPath, 'utf8')).map(sessionFromSettings)
  const [first] = entries
  if (first?.acceptPort === undefined) throw new Error('the settings name no SocketAcceptPort')
  const acceptor = new FixAcceptor({
    time,
    network: nodeNetwork,
    port: first.acceptPort,
    ...(first.acceptHost === undefined ? {} : { host: first.acceptHost }),
  })
  const stores: MessageStore[] = []
  const load = dictionaryLoader(folder)
  try {
    for (const entry of entries) {
      const store = storeOf(entry, folder)
      stores.push(store)
      acceptor.add(echoSession(entry, load(entry), store, folder, time))
    }
    await acceptor.start()
  } catch (error) {
    for (const store of stores) store.close()
    throw error
  }
  return {
    port: acceptor.port,
    sessions: acceptor.sessions,
    stop: async () => {
      await acceptor.stop()
      for (const store of stores) store.close()
    },
  }
}

function echoSession(
  { config, validation, logPath }: SessionFromSettings,
  dictionary: FixDictionary,
  store: MessageStore,
  folder: string,
  time: RealTime,
): FixSession {
  const application = new EchoApplication(dictionary)
  const session = new FixSession({
    // Definitions expect that orders are sent again.
    config: { ...config, orderTypes: [] },
    store,
    clock: time,
    application,
    validator: new FixValidator(dictionary, validation),
    messageOptions: { dataTags: dictionary.dataTags },
    ...(logPath === undefined
      ? {}
      : { log: new FileMessageLog(nodeFileSystem, resolve(folder, logPath), identityFileName(config)) }),
  })
  application.session = session
  return session
}

function storeOf({ storePath, config }: SessionFromSettings, folder: string): MessageStore {
  if (storePath === undefined) return new MemoryStore()
  return new FileStore(nodeFileSystem, `${resolve(folder, storePath)}/${identityFileName(config)}`, {
    keepGenerations: 0,
  })
}

/** Dictionaries are read once, however many sessions share them. */
function dictionaryLoader(folder: string): (entry: SessionFromSettings) => FixDictionary {
  const definitions = new Map<string, ReturnType<typeof parseQuickFixXml>>()
  const definitionOf = (path: string) => {
    const absolute = resolve(folder, path)
    const definition = definitions.get(absolute) ?? parseQuickFixXml(readFileSync(absolute, 'utf8'))
    definitions.set(absolute, definition)
    return definition
  }
  return ({ dictionaries: { application, transport } }) => {
    if (application === undefined) throw new Error('the settings name no dictionary')
    return transport === undefined
      ? new FixDictionary(definitionOf(application))
      : new FixDictionary(definitionOf(application), definitionOf(transport))
  }
}
