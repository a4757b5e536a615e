/**
 * The dictionaries that come with the package: messages of sessions, order entry, market data, positions and post-trade of
 * every version. Each version is a module of its own that is loaded when it is asked for. Venues that publish an XML file are
 * better served by that (`parseQuickFixXml`); small differences are an overlay.
 */
import { TradewireError } from '../../../core/errors.js'
import type { FixDictionaryDefinition } from './definition.js'
import { FixDictionary } from './dictionary.js'
import { type FixOverlay, overlayDictionary } from './overlay.js'
import { readTable } from './table-text.js'

const tables = {
  'FIX.4.0': () => import('./tables/fix40.js'),
  'FIX.4.1': () => import('./tables/fix41.js'),
  'FIX.4.2': () => import('./tables/fix42.js'),
  'FIX.4.3': () => import('./tables/fix43.js'),
  'FIX.4.4': () => import('./tables/fix44.js'),
  'FIX.5.0': () => import('./tables/fix50.js'),
  'FIX.5.0SP1': () => import('./tables/fix50sp1.js'),
  'FIX.5.0SP2': () => import('./tables/fix50sp2.js'),
  'FIXT.1.1': () => import('./tables/fixt11.js'),
} as const

/** A version with built-in tables. */
export type FixVersion = keyof typeof tables

/** All versions with built-in tables. */
export const fixVersions = Object.keys(tables) as readonly FixVersion[]

/** The built-in definition of a version. @throws TradewireError `TW_NOT_SUPPORTED` for any other version. */
export async function loadFixDefinition(version: FixVersion): Promise<FixDictionaryDefinition> {
  if (!Object.hasOwn(tables, version)) {
    const problem = `There is no built-in dictionary ${version}: there are ${fixVersions.join(', ')}`
    throw new TradewireError('TW_NOT_SUPPORTED', problem, { details: { version } })
  }
  const { table } = await tables[version]()
  return readTable(table)
}

/**
 * The built-in dictionary of a version, with its transport from FIX 5.0 on, and with an overlay on its application messages.
 *
 * @throws TradewireError `TW_NOT_SUPPORTED` for a version without tables, `TW_INVALID_CONFIG` for an overlay that does not fit.
 */
export async function loadFixDictionary(version: FixVersion, overlay: FixOverlay = {}): Promise<FixDictionary> {
  const application = overlayDictionary(await loadFixDefinition(version), overlay)
  if (!version.startsWith('FIX.5')) return new FixDictionary(application)
  return new FixDictionary(application, await loadFixDefinition('FIXT.1.1'))
}
