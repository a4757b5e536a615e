/** Bounds of what models may hold. Untrusted input beyond them is refused, so that no sender decides how much memory we use. */

/** Longest id or name of an instrument, order, execution, account, strategy or connector. */
export const MAX_ID_LENGTH = 128
/** Longest name of a venue, country, event or provider. */
export const MAX_NAME_LENGTH = 256
/** Longest tag of an order. */
export const MAX_TAG_LENGTH = 256
/** Longest code of a currency or coin. */
export const MAX_CURRENCY_LENGTH = 32
/** Longest headline or reason. */
export const MAX_LINE_LENGTH = 4_096
/** Longest body of a news item. */
export const MAX_BODY_LENGTH = 1_000_000
/** Longest decimal text: any double in full, and far more digits than a price has. */
export const MAX_DECIMAL_LENGTH = 400
/** Most levels, orders or changes of a book in one event. */
export const MAX_BOOK_ENTRIES = 100_000
/** Most symbols of a news item. */
export const MAX_NEWS_SYMBOLS = 1_000
/** Most price bands of an instrument. */
export const MAX_PRICE_BANDS = 1_000
/** Most names of an instrument at venues. */
export const MAX_VENUE_SYMBOLS = 1_000
/** Most currencies of an account. */
export const MAX_BALANCES = 10_000
/** The largest trailing distance in basis points: the whole price. */
export const MAX_TRAILING_BASIS_POINTS = 10_000
