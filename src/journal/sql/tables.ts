/**
 * Tables for people and programs that ask: orders, their events, executions, positions and so on, filled from a journal by a
 * follower (`followJournal`), row by row. The journal stays the truth; the tables can be emptied and filled again.
 *
 * Rows and the number of the last record they come from are written in one transaction: after a stop at any moment the
 * follower goes on where the tables are.
 */

/** What a cell holds. */
export type Cell = string | number | null

/** Columns of the tables: first those of the key, then the others. What they hold is in docs/journal.md. */
export const tableColumns = {
  sessions: { key: ['session'], rest: ['id_prefix', 'seq'] },
  orders: {
    key: ['order_number'],
    rest: [
      ...['client_order_id', 'venue_order_id', 'instrument', 'account', 'strategy', 'connector', 'side', 'type'],
      ...['time_in_force', 'quantity', 'price', 'trigger_price', 'status', 'filled', 'average_price', 'reason', 'tag'],
      ...['created_us', 'updated_us', 'last_seq'],
    ],
  },
  order_events: {
    key: ['seq'],
    rest: ['order_number', 'client_order_id', 'type', 'ts_us', 'ts_event_us', 'data'],
  },
  executions: {
    key: ['seq'],
    rest: [
      ...[
        'order_number',
        'client_order_id',
        'kind',
        'exec_id',
        'corrects',
        'instrument',
        'account',
        'strategy',
        'side',
      ],
      ...['quantity', 'price', 'fee', 'fee_currency', 'liquidity', 'ts_us', 'ts_event_us'],
    ],
  },
  positions: {
    key: ['account', 'strategy', 'instrument'],
    rest: ['quantity', 'average_price', 'realized_gross', 'realized_net', 'fees', 'currency', 'last_seq'],
  },
  accounts: { key: ['account'], rest: ['base_currency', 'realized_gross', 'realized_net', 'fees', 'last_seq'] },
  risk_decisions: { key: ['seq'], rest: ['order_number', 'client_order_id', 'decision', 'reason', 'ts_us'] },
  plans: { key: ['id'], rest: ['plan', 'state', 'is_closed', 'last_seq'] },
  limits: { key: ['version'], rest: ['kind', 'actor', 'reason', 'ts_us', 'until_us', 'patch'] },
  audit: { key: ['seq'], rest: ['ts_us', 'actor', 'action', 'subject', 'data'] },
  alerts: {
    key: ['id', 'first_us'],
    rest: ['kind', 'cause', 'severity', 'message', 'count', 'last_us', 'acknowledged_by', 'is_open'],
  },
  settlements: {
    key: ['id'],
    rest: [
      ...['version', 'trade_date', 'settlement_date', 'account', 'strategy', 'instrument', 'side', 'quantity'],
      ...['average_price', 'net_amount', 'currency', 'status'],
    ],
  },
} as const

/** A table by its name without the prefix `tradewire_`. */
export type TableName = keyof typeof tableColumns

/** One row; a column that is not named is null. A row with the same key takes the place of the one before. */
export interface TableRow {
  readonly table: TableName
  readonly values: Readonly<Record<string, Cell | undefined>>
}

/** The tables of one journal in a database. */
export interface SqlTables {
  /** Number of the last record that the tables hold; 0 for none. */
  position(): Promise<number>
  /** Writes rows in one transaction, and with `seq` where they stand now. */
  write(rows: readonly TableRow[], seq?: number): Promise<void>
  /** Empties what comes from the journal: the follower fills it again. */
  clear(): Promise<void>
}

/** Statement that writes a row; placeholders come in the order of {@link cellsOf}. */
export function upsertText(table: TableName, placeholder: (n: number) => string): string {
  const { key, rest } = tableColumns[table] as { key: readonly string[]; rest: readonly string[] }
  const columns = ['journal', ...key, ...rest]
  const updates = rest.map((column) => `${column} = excluded.${column}`).join(', ')
  return `INSERT INTO tradewire_${table} (${columns.join(', ')}) VALUES (${columns
    .map((_, index) => placeholder(index + 1))
    .join(', ')}) ON CONFLICT (journal, ${key.join(', ')}) DO UPDATE SET ${updates}`
}

/** The cells of a row, for {@link upsertText}. */
export function cellsOf(journal: string, { table, values }: TableRow): Cell[] {
  const { key, rest } = tableColumns[table] as { key: readonly string[]; rest: readonly string[] }
  return [journal, ...[...key, ...rest].map((column) => values[column] ?? null)]
}

/** Tables that {@link SqlTables.clear} empties: all but those that are not made from the journal. */
export const journalTables = (Object.keys(tableColumns) as TableName[]).filter(
  (table) => table !== 'alerts' && table !== 'settlements',
)

/** What an alert tells, as `AlertSink` of tradewire/risk gives it. */
export interface AlertRow {
  readonly id: number
  readonly kind: string
  readonly key: string
  readonly severity: string
  readonly message: string
  readonly count: number
  readonly firstUs: number
  readonly lastUs: number
  readonly acknowledgedBy: string | undefined
  readonly isOpen: boolean
}

/** Writes alerts into the tables: for the option `alertSinks` of a system. */
export function alertSink(tables: SqlTables): { name: string; send(alert: AlertRow): Promise<void> } {
  return {
    name: 'sql',
    send: ({ id, kind, key, severity, message, count, firstUs, lastUs, acknowledgedBy, isOpen }) =>
      tables.write([
        {
          table: 'alerts',
          values: {
            ...{ id, kind, severity, message, count, cause: key, first_us: firstUs, last_us: lastUs },
            ...{ acknowledged_by: acknowledgedBy, is_open: isOpen ? 1 : 0 },
          },
        },
      ]),
  }
}

/** What a confirmation of a trade tells, as `SettlementBook` of tradewire/oms makes it. */
export interface SettlementRow {
  readonly id: string
  readonly version: number
  readonly tradeDate: string
  readonly settlementDate: string
  readonly account: string
  readonly strategy: string
  readonly instrument: string
  readonly side: string
  readonly quantity: { toFixed(): string }
  readonly averagePrice: { toFixed(): string } | undefined
  readonly netAmount: { toFixed(): string }
  readonly currency: string
  readonly status: string
}

/** Writes confirmations of trades into the tables; one with the same id takes the place of the one before. */
export function saveSettlements(tables: SqlTables, confirmations: readonly SettlementRow[]): Promise<void> {
  return tables.write(
    confirmations.map((each) => ({
      table: 'settlements',
      values: {
        ...{ id: each.id, version: each.version, trade_date: each.tradeDate, settlement_date: each.settlementDate },
        ...{ account: each.account, strategy: each.strategy, instrument: each.instrument, side: each.side },
        ...{ quantity: each.quantity.toFixed(), average_price: each.averagePrice?.toFixed() },
        ...{ net_amount: each.netAmount.toFixed(), currency: each.currency, status: each.status },
      },
    })),
  )
}
