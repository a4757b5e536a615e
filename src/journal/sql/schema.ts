/**
 * The tables of the SQL stores, as migrations: each is applied once, in order, in a transaction, and never changed
 * afterwards. One text for both databases; the words in which they differ are filled in.
 */

/** The words in which databases differ. */
export interface Dialect {
  /** Whole numbers of 64 bits. */
  readonly integer: string
  readonly real: string
  readonly bytes: string
  /** Decimal numbers, exact: prices, quantities, money. */
  readonly decimal: string
}

/** SQLite and its relatives. */
export const sqliteDialect: Dialect = { integer: 'INTEGER', real: 'REAL', bytes: 'BLOB', decimal: 'TEXT' }

/** PostgreSQL. */
export const postgresDialect: Dialect = {
  integer: 'BIGINT',
  real: 'DOUBLE PRECISION',
  bytes: 'BYTEA',
  decimal: 'NUMERIC',
}

/** One step from one version of the tables to the next. */
export interface Migration {
  readonly version: number
  readonly statements: readonly string[]
}

/** Makes the table that knows which migrations were applied. */
export function versionTable({ integer }: Dialect): string {
  return `CREATE TABLE IF NOT EXISTS tradewire_schema (version ${integer} PRIMARY KEY, applied_us ${integer} NOT NULL)`
}

/** All migrations in order. */
export function migrations({ integer, bytes, decimal }: Dialect): readonly Migration[] {
  return [
    {
      version: 1,
      statements: [
        `CREATE TABLE tradewire_journals (
          account TEXT PRIMARY KEY,
          epoch ${integer} NOT NULL,
          owner TEXT NOT NULL,
          taken_us ${integer} NOT NULL)`,
        `CREATE TABLE tradewire_batches (
          account TEXT NOT NULL,
          first_seq ${integer} NOT NULL,
          last_seq ${integer} NOT NULL,
          epoch ${integer} NOT NULL,
          is_snapshot ${integer} NOT NULL,
          frames ${bytes} NOT NULL,
          PRIMARY KEY (account, first_seq))`,
      ],
    },
    {
      version: 2,
      statements: [
        `CREATE TABLE tradewire_projections (journal TEXT PRIMARY KEY, seq ${integer} NOT NULL)`,
        `CREATE TABLE tradewire_sessions (
          journal TEXT NOT NULL, session ${integer} NOT NULL, id_prefix TEXT NOT NULL, seq ${integer} NOT NULL,
          PRIMARY KEY (journal, session))`,
        `CREATE TABLE tradewire_orders (
          journal TEXT NOT NULL, order_number ${integer} NOT NULL, client_order_id TEXT NOT NULL, venue_order_id TEXT,
          instrument TEXT NOT NULL, account TEXT NOT NULL, strategy TEXT NOT NULL, connector TEXT, side TEXT NOT NULL,
          type TEXT NOT NULL, time_in_force TEXT NOT NULL, quantity ${decimal} NOT NULL, price ${decimal},
          trigger_price ${decimal}, status TEXT NOT NULL, filled ${decimal} NOT NULL, average_price ${decimal},
          reason TEXT, tag TEXT, created_us ${integer} NOT NULL, updated_us ${integer} NOT NULL,
          last_seq ${integer} NOT NULL, PRIMARY KEY (journal, order_number))`,
        'CREATE INDEX tradewire_orders_by_id ON tradewire_orders (journal, client_order_id)',
        'CREATE INDEX tradewire_orders_by_status ON tradewire_orders (journal, status)',
        `CREATE TABLE tradewire_order_events (
          journal TEXT NOT NULL, seq ${integer} NOT NULL, order_number ${integer} NOT NULL, client_order_id TEXT,
          type TEXT NOT NULL, ts_us ${integer}, ts_event_us ${integer}, data TEXT NOT NULL,
          PRIMARY KEY (journal, seq))`,
        'CREATE INDEX tradewire_order_events_by_order ON tradewire_order_events (journal, order_number)',
        `CREATE TABLE tradewire_executions (
          journal TEXT NOT NULL, seq ${integer} NOT NULL, order_number ${integer} NOT NULL, client_order_id TEXT,
          kind TEXT NOT NULL, exec_id TEXT, corrects TEXT, instrument TEXT, account TEXT, strategy TEXT, side TEXT,
          quantity ${decimal}, price ${decimal}, fee ${decimal}, fee_currency TEXT, liquidity TEXT, ts_us ${integer},
          ts_event_us ${integer}, PRIMARY KEY (journal, seq))`,
        'CREATE INDEX tradewire_executions_by_order ON tradewire_executions (journal, order_number)',
        `CREATE TABLE tradewire_positions (
          journal TEXT NOT NULL, account TEXT NOT NULL, strategy TEXT NOT NULL, instrument TEXT NOT NULL,
          quantity ${decimal} NOT NULL, average_price ${decimal}, realized_gross ${decimal} NOT NULL,
          realized_net ${decimal} NOT NULL, fees ${decimal} NOT NULL, currency TEXT NOT NULL,
          last_seq ${integer} NOT NULL, PRIMARY KEY (journal, account, strategy, instrument))`,
        `CREATE TABLE tradewire_accounts (
          journal TEXT NOT NULL, account TEXT NOT NULL, base_currency TEXT NOT NULL, realized_gross ${decimal},
          realized_net ${decimal}, fees ${decimal}, last_seq ${integer} NOT NULL, PRIMARY KEY (journal, account))`,
        `CREATE TABLE tradewire_risk_decisions (
          journal TEXT NOT NULL, seq ${integer} NOT NULL, order_number ${integer} NOT NULL, client_order_id TEXT,
          decision TEXT NOT NULL, reason TEXT, ts_us ${integer}, PRIMARY KEY (journal, seq))`,
        `CREATE TABLE tradewire_plans (
          journal TEXT NOT NULL, id TEXT NOT NULL, plan TEXT NOT NULL, state TEXT, is_closed ${integer} NOT NULL,
          last_seq ${integer} NOT NULL, PRIMARY KEY (journal, id))`,
        `CREATE TABLE tradewire_limits (
          journal TEXT NOT NULL, version ${integer} NOT NULL, kind TEXT NOT NULL, actor TEXT NOT NULL,
          reason TEXT NOT NULL, ts_us ${integer} NOT NULL, until_us ${integer}, patch TEXT NOT NULL,
          PRIMARY KEY (journal, version))`,
        `CREATE TABLE tradewire_audit (
          journal TEXT NOT NULL, seq ${integer} NOT NULL, ts_us ${integer}, actor TEXT NOT NULL, action TEXT NOT NULL,
          subject TEXT NOT NULL, data TEXT NOT NULL, PRIMARY KEY (journal, seq))`,
        `CREATE TABLE tradewire_alerts (
          journal TEXT NOT NULL, id ${integer} NOT NULL, first_us ${integer} NOT NULL, kind TEXT NOT NULL,
          cause TEXT NOT NULL, severity TEXT NOT NULL, message TEXT NOT NULL, count ${integer} NOT NULL,
          last_us ${integer} NOT NULL, acknowledged_by TEXT, is_open ${integer} NOT NULL,
          PRIMARY KEY (journal, id, first_us))`,
        `CREATE TABLE tradewire_settlements (
          journal TEXT NOT NULL, id TEXT NOT NULL, version ${integer} NOT NULL, trade_date TEXT NOT NULL,
          settlement_date TEXT NOT NULL, account TEXT NOT NULL, strategy TEXT NOT NULL, instrument TEXT NOT NULL,
          side TEXT NOT NULL, quantity ${decimal} NOT NULL, average_price ${decimal}, net_amount ${decimal} NOT NULL,
          currency TEXT NOT NULL, status TEXT NOT NULL, PRIMARY KEY (journal, id))`,
      ],
    },
  ]
}

/** The newest version of the tables that this release knows. */
export const newestSchema = migrations(sqliteDialect).at(-1)?.version ?? 0
