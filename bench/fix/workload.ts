/**
 * What the FIX benchmarks read and write: the messages of a file, one a line, which come with the reference material. The
 * dictionary is the XML file of the same version that the peers load.
 */
import { existsSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { FixDictionary } from '../../src/connectors/fix/dictionary/dictionary.js'
import { parseQuickFixXml } from '../../src/connectors/fix/dictionary/quickfix-xml.js'
import { PeerMissing } from '../types.js'

const folder = resolve(process.env.TRADEWIRE_FIX ?? join('..', 'shared', 'fix'))

/** The files that the peers take as arguments. */
export const messagesPath = join(folder, 'messages.txt')
/** The dictionary of the messages. */
export const dictionaryPath = join(folder, 'dictionaries', 'FIX44.xml')

/** Names of the messages, in the order of the file. */
export const messageNames = ['NewOrderSingle', 'ExecutionReport', 'MarketDataIncrementalRefresh (4 entries)'] as const

/** The messages of the file. */
export function readMessages(): readonly Buffer[] {
  if (!existsSync(messagesPath)) throw new PeerMissing(`${messagesPath} is absent`)
  const lines = readFileSync(messagesPath, 'latin1').split('\n')
  return lines.filter((line) => line !== '').map((line) => Buffer.from(line, 'latin1'))
}

/** The dictionary of the messages, from the file that the peers load as well. */
export function readDictionary(): FixDictionary {
  return new FixDictionary(parseQuickFixXml(readFileSync(dictionaryPath, 'utf8')))
}

/** Elapsed nanoseconds of an action. */
export function timed(action: () => void): number {
  const startedNs = process.hrtime.bigint()
  action()
  return Number(process.hrtime.bigint() - startedNs)
}
