/** The header of the documented data format: the version, and the definitions of the instruments in the file. */
import { TradewireError } from '../../../../core/errors.js'
import type { InstrumentDefinition } from '../../../../model/instrument.js'
import { fromJson, toJson } from '../../../../model/schemas.js'
import { BadRow } from '../reading/bad-row.js'
import type { DecodeContext } from '../reading/format.js'
import { formatVersion } from './tradewire-words.js'

/** Reads a header, and makes its instruments known. @throws BadRow */
export function readHeader(text: string, context: DecodeContext): void {
  const header = parse(text)
  if (header.tradewire !== formatVersion) {
    throw new BadRow('tradewire', `expected version ${formatVersion}, got ${String(header.tradewire)}`)
  }
  const instruments = header.instruments ?? []
  if (!Array.isArray(instruments)) throw new BadRow('instruments', 'expected a list of instrument definitions')
  for (const definition of instruments as unknown[]) context.instrument(definitionOf(definition))
}

/** The header as text, without the end of its line. */
export function writeHeader(instruments: readonly InstrumentDefinition[]): string {
  return JSON.stringify({
    tradewire: formatVersion,
    instruments: instruments.map((definition) => toJson('instrument', definition)),
  })
}

function parse(text: string): Record<string, unknown> {
  const value: unknown = JSON.parse(text)
  if (typeof value !== 'object' || value === null) throw new BadRow('(header)', 'expected an object')
  return value as Record<string, unknown>
}

function definitionOf(value: unknown): InstrumentDefinition {
  try {
    return fromJson('instrument', value)
  } catch (error) {
    if (!(error instanceof TradewireError)) throw error
    const refused = new BadRow('instruments', error.message)
    refused.cause = error
    throw refused
  }
}
