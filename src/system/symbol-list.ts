/** Symbols as hosts pass them: a text in their place would be taken apart letter by letter. */
import { TradewireError } from '../core/errors.js'
import { show } from '../model/schema/parse.js'

/** Refuses what is no list of symbols. @throws TradewireError `TW_INVALID_ARGUMENT`. */
export function requireSymbols(symbols: unknown): asserts symbols is readonly string[] {
  if (Array.isArray(symbols) && symbols.every((symbol) => typeof symbol === 'string')) return
  throw new TradewireError(
    'TW_INVALID_ARGUMENT',
    `symbols must be a list of texts, such as ['ACME'], got ${show(symbols)}`,
    { details: { field: 'symbols' } },
  )
}
