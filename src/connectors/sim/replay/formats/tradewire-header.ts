/** The header of the documented data format: the version, and the definitions of the instruments in the file. */
import type { InstrumentDefinition } from '../../../../model/instrument.js'
import { BadRow } from '../bad-row.js'
import type { DecodeContext } from '../format.js'
import { formatVersion } from './tradewire-words.js'

/** Reads a header, and makes its instruments known. @throws BadRow */
export function readHeader(text: string, context: DecodeContext): void {
  const header = parse(text)
  if (header.tradewire !== formatVersion) {
    throw new BadRow('tradewire', `expected version ${formatVersion}, got ${String(header.tradewire)}`)
  }
  const instruments = header.instruments ?? []
  if (!Array.isArray(instruments)) throw new BadRow('instruments', 'expected a list of instrument definitions')
  for (const definition of instruments as unknown[]) {
    if (!isDefinition(definition)) throw new BadRow('instruments', 'expected objects with id, symbol, venue, assetClass, currency, priceIncrement and sizeIncrement as text')
    context.instrument(definition)
  }
}

/** The header as text, without the end of its line. */
export function writeHeader(instruments: readonly InstrumentDefinition[]): string {
  return JSON.stringify({ tradewire: formatVersion, instruments })
}

function parse(text: string): Record<string, unknown> {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    throw new BadRow('(header)', 'is no valid JSON')
  }
  if (typeof value !== 'object' || value === null) throw new BadRow('(header)', 'expected an object')
  return value as Record<string, unknown>
}

const required = ['id', 'symbol', 'venue', 'assetClass', 'currency', 'priceIncrement', 'sizeIncrement'] as const

function isDefinition(value: unknown): value is InstrumentDefinition {
  if (typeof value !== 'object' || value === null) return false
  return required.every((name) => typeof (value as Record<string, unknown>)[name] === 'string')
}
