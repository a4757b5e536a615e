/**
 * The columns of each event kind: structure of arrays, allocated once, overwritten in a circle.
 *
 * The row of an event is `kindSequence & mask`, so consecutive events of one kind lie in consecutive rows whatever came
 * between them. Prices and sizes are doubles, NaN where absent; times are Unix epoch microseconds; `instrument` and
 * `source` are interned indices. Every array belongs to the ring: consumers read, only the producer writes.
 */

/**
 * The memory below the columns of one kind: one array of all double columns and one of all int32 columns, `stride`
 * elements from column to column. The producer writes through it, because an array whose address and length are loaded
 * once costs half of ten arrays. A stride is a cache line longer than a column: columns whose addresses differ by a power
 * of two would push each other out of the cache.
 */
export interface ColumnBlock {
  /** @internal */
  readonly doubles: Float64Array
  /** @internal */
  readonly integers: Int32Array
  /** @internal */
  readonly stride: number
}

/** Columns of quotes (top of book). */
export interface QuoteColumns extends ColumnBlock {
  readonly instrument: Int32Array
  readonly source: Int32Array
  readonly bid: Float64Array
  readonly ask: Float64Array
  readonly bidSize: Float64Array
  readonly askSize: Float64Array
  readonly tsEventUs: Float64Array
  readonly tsRecvUs: Float64Array
  /** Sequence number of the feed, NaN where it has none. */
  readonly sequence: Float64Array
  /** Feed-defined flags. */
  readonly flags: Int32Array
}

/** Columns of trades. */
export interface TradeColumns extends ColumnBlock {
  readonly instrument: Int32Array
  readonly source: Int32Array
  readonly price: Float64Array
  readonly size: Float64Array
  /** 1 buyer, -1 seller, 0 unknown. */
  readonly aggressor: Int8Array
  readonly tsEventUs: Float64Array
  readonly tsRecvUs: Float64Array
  /** Sequence number of the feed, NaN where it has none. */
  readonly sequence: Float64Array
  /** Trade number of the venue, NaN where it has none. */
  readonly tradeId: Float64Array
  /** Feed-defined condition flags. */
  readonly condition: Int32Array
}

/** Columns of book messages (one row a snapshot or delta message), and the arena in which their levels lie. */
export interface BookColumns {
  readonly instrument: Int32Array
  readonly source: Int32Array
  /** 1 when the levels replace the whole book. */
  readonly isSnapshot: Uint8Array
  /** 1 when the book is consistent after this message, 0 when more messages of the same update follow. */
  readonly isLast: Uint8Array
  /** Absolute arena position of the first level; its index is `position & levelMask`. */
  readonly firstLevel: Float64Array
  readonly levelCount: Int32Array
  readonly tsEventUs: Float64Array
  readonly tsRecvUs: Float64Array
  /** Sequence number of the feed, NaN where it has none. */
  readonly sequence: Float64Array
  /** Sequence number that the feed says came before, NaN where it has none. */
  readonly previousSequence: Float64Array
  /** Position of the message in the ring's total order. */
  readonly ringSequence: Float64Array
  readonly levelMask: number
  /** 0 bid, 1 ask. */
  readonly levelSide: Uint8Array
  readonly levelPrice: Float64Array
  /** Size of the level or order; 0 deletes a level. */
  readonly levelSize: Float64Array
  /** Order number of the venue for level 3, 0 for level 2. */
  readonly levelOrderId: Float64Array
  /** See `LevelAction`. */
  readonly levelAction: Uint8Array
}

/** Columns of bars. */
export interface BarColumns {
  readonly instrument: Int32Array
  readonly source: Int32Array
  /** Length in microseconds; by convention of the producer for bars that are not of fixed time. */
  readonly intervalUs: Float64Array
  readonly open: Float64Array
  readonly high: Float64Array
  readonly low: Float64Array
  readonly close: Float64Array
  readonly volume: Float64Array
  /** Number of trades. */
  readonly count: Float64Array
  /** Volume-weighted average price, NaN without volume. */
  readonly vwap: Float64Array
  readonly tsOpenUs: Float64Array
  /** Close time. */
  readonly tsEventUs: Float64Array
  readonly tsRecvUs: Float64Array
  /** 1 when final, 0 while the bar is forming. */
  readonly isClosed: Uint8Array
}

/** Columns of trading status changes. */
export interface StatusColumns {
  readonly instrument: Int32Array
  readonly source: Int32Array
  /** See `TradingStatus`. */
  readonly status: Int32Array
  readonly tsEventUs: Float64Array
  readonly tsRecvUs: Float64Array
}

/** Columns of notes: rare events carried as an object. A row keeps its object alive until it is overwritten. */
export interface NoteColumns {
  readonly instrument: Int32Array
  readonly source: Int32Array
  readonly note: (object | null)[]
  readonly tsEventUs: Float64Array
  readonly tsRecvUs: Float64Array
}

/** Allocates quote columns of `rows` rows. `IngestRing.publishQuote` writes them in the order in which they lie. */
export function createQuoteColumns(rows: number): QuoteColumns {
  const { doubles, integers, stride } = createBlock(rows, 7, 3)
  return {
    instrument: integers.subarray(0, rows),
    source: integers.subarray(stride, stride + rows),
    flags: integers.subarray(2 * stride, 2 * stride + rows),
    bid: doubles.subarray(0, rows),
    ask: doubles.subarray(stride, stride + rows),
    bidSize: doubles.subarray(2 * stride, 2 * stride + rows),
    askSize: doubles.subarray(3 * stride, 3 * stride + rows),
    tsEventUs: doubles.subarray(4 * stride, 4 * stride + rows),
    tsRecvUs: doubles.subarray(5 * stride, 5 * stride + rows),
    sequence: doubles.subarray(6 * stride, 6 * stride + rows),
    doubles,
    integers,
    stride,
  }
}

/** Allocates trade columns of `rows` rows. `IngestRing.publishTrade` writes them in the order in which they lie. */
export function createTradeColumns(rows: number): TradeColumns {
  const { doubles, integers, stride } = createBlock(rows, 6, 3)
  return {
    instrument: integers.subarray(0, rows),
    source: integers.subarray(stride, stride + rows),
    condition: integers.subarray(2 * stride, 2 * stride + rows),
    price: doubles.subarray(0, rows),
    size: doubles.subarray(stride, stride + rows),
    tsEventUs: doubles.subarray(2 * stride, 2 * stride + rows),
    tsRecvUs: doubles.subarray(3 * stride, 3 * stride + rows),
    sequence: doubles.subarray(4 * stride, 4 * stride + rows),
    tradeId: doubles.subarray(5 * stride, 5 * stride + rows),
    aggressor: new Int8Array(rows),
    doubles,
    integers,
    stride,
  }
}

function createBlock(rows: number, doubleColumns: number, integerColumns: number): ColumnBlock {
  const stride = rows + 8
  return {
    doubles: new Float64Array(stride * doubleColumns),
    integers: new Int32Array(stride * integerColumns),
    stride,
  }
}

/** Allocates book columns of `rows` rows over an arena of `levels` levels, a power of two. */
export function createBookColumns(rows: number, levels: number): BookColumns {
  return {
    instrument: new Int32Array(rows),
    source: new Int32Array(rows),
    isSnapshot: new Uint8Array(rows),
    isLast: new Uint8Array(rows),
    firstLevel: new Float64Array(rows),
    levelCount: new Int32Array(rows),
    tsEventUs: new Float64Array(rows),
    tsRecvUs: new Float64Array(rows),
    sequence: new Float64Array(rows),
    previousSequence: new Float64Array(rows),
    ringSequence: new Float64Array(rows),
    levelMask: levels - 1,
    levelSide: new Uint8Array(levels),
    levelPrice: new Float64Array(levels),
    levelSize: new Float64Array(levels),
    levelOrderId: new Float64Array(levels),
    levelAction: new Uint8Array(levels),
  }
}

/** Allocates bar columns of `rows` rows. */
export function createBarColumns(rows: number): BarColumns {
  return {
    instrument: new Int32Array(rows),
    source: new Int32Array(rows),
    intervalUs: new Float64Array(rows),
    open: new Float64Array(rows),
    high: new Float64Array(rows),
    low: new Float64Array(rows),
    close: new Float64Array(rows),
    volume: new Float64Array(rows),
    count: new Float64Array(rows),
    vwap: new Float64Array(rows),
    tsOpenUs: new Float64Array(rows),
    tsEventUs: new Float64Array(rows),
    tsRecvUs: new Float64Array(rows),
    isClosed: new Uint8Array(rows),
  }
}

/** Allocates status columns of `rows` rows. */
export function createStatusColumns(rows: number): StatusColumns {
  return {
    instrument: new Int32Array(rows),
    source: new Int32Array(rows),
    status: new Int32Array(rows),
    tsEventUs: new Float64Array(rows),
    tsRecvUs: new Float64Array(rows),
  }
}

/** Allocates note columns of `rows` rows. */
export function createNoteColumns(rows: number): NoteColumns {
  return {
    instrument: new Int32Array(rows),
    source: new Int32Array(rows),
    note: new Array<object | null>(rows).fill(null),
    tsEventUs: new Float64Array(rows),
    tsRecvUs: new Float64Array(rows),
  }
}
