/** Rows for tables, from records in words and from the state they lead to. */
import type { TableRow } from '../journal/sql/tables.js'
import { Decimal, unitsToText } from '../model/decimal.js'
import type { OrderCore } from '../oms/order-core.js'
import type { RecordDescription } from '../oms/record-describer.js'
import { riskMemoryName } from '../oms/risk-memory.js'
import { sideOf } from '../orders/codes.js'
import { portfolioSnapshot } from '../portfolio/snapshot.js'
import type { LimitChange } from '../risk/limit-book.js'
import { orderState } from './state.js'

type Cells = TableRow['values']

const text = (value: unknown): string | null => (value === null || value === undefined ? null : String(value))
const executionKinds: Readonly<Record<string, string>> = { trade: 'trade', corrected: 'correction', busted: 'bust' }
const decisions: Readonly<Record<string, string>> = { intent: 'approved', denied: 'denied', withdrawn: 'withdrawn' }

/** Rows that one record makes by itself. `core` knows the order already. */
export function rowsOfRecord(record: RecordDescription, core: OrderCore): TableRow[] {
  const { seq, type, tsUs, order, clientOrderId, fields } = record
  const rows: TableRow[] = []
  const about: Cells = { seq, ts_us: tsUs, order_number: order, client_order_id: clientOrderId }
  if (order !== undefined && order > 0 && type !== 'badReport') {
    const { tsEventUs, ...data } = fields
    const values = { ...about, type, ts_event_us: tsEventUs as number | undefined, data: JSON.stringify(data) }
    rows.push({ table: 'order_events', values })
    const kind = executionKinds[type]
    if (kind !== undefined) rows.push({ table: 'executions', values: { ...about, kind, ...execution(record, core) } })
    const decision = decisions[type]
    if (decision !== undefined)
      rows.push({ table: 'risk_decisions', values: { ...about, decision, reason: text(fields.reason) } })
  }
  if (type === 'session')
    rows.push({
      table: 'sessions',
      values: { session: fields.session as number, id_prefix: text(fields.idPrefix), seq },
    })
  if (type === 'tradingState' || type === 'resolved' || type === 'split' || type === 'drained' || type === 'badReport')
    rows.push({ table: 'audit', values: audit(record) })
  if (type === 'strategyState' && fields.strategy === riskMemoryName) rows.push(...limitRows(String(fields.state)))
  return rows
}

function execution({ order = 0, fields }: RecordDescription, core: OrderCore): Cells {
  const row = core.table.rowOf(order)
  const state = row < 0 ? undefined : orderState(core, row)
  return {
    exec_id: text(fields.execId ?? fields.busts),
    corrects: text(fields.corrects ?? fields.busts),
    instrument: text(state?.instrument),
    account: text(state?.account),
    strategy: text(state?.strategy),
    side: state === undefined ? null : sideOf(Number(state.side)),
    quantity: text(fields.quantity),
    price: text(fields.price),
    fee: text(fields.fee),
    fee_currency: text(fields.feeCurrency),
    liquidity: text(fields.liquidity),
    ts_event_us: fields.tsEventUs as number | undefined,
  }
}

function audit({ seq, type, tsUs, order, clientOrderId, fields }: RecordDescription): Cells {
  const { actor, ...data } = fields
  const subject =
    clientOrderId ?? text(fields.name ?? (type === 'split' ? fields.instrument : undefined)) ?? text(order) ?? ''
  const action = type === 'tradingState' && fields.isKill === true ? 'kill' : type
  return { seq, ts_us: tsUs, actor: text(actor) ?? 'system', action, subject, data: JSON.stringify(data) }
}

function limitRows(state: string): TableRow[] {
  const { limitChanges = [] } = JSON.parse(state) as { limitChanges?: LimitChange[] }
  return limitChanges.map(({ version, kind, actor, reason, tsUs, untilUs, patch }) => ({
    table: 'limits',
    values: { version, kind, actor, reason, ts_us: tsUs, until_us: untilUs, patch: JSON.stringify(patch) },
  }))
}

/** The row of an order as it stands; undefined where it is not in the table any more. */
export function orderRow(core: OrderCore, number: number): TableRow | undefined {
  const row = core.table.rowOf(number)
  if (row < 0) return undefined
  const state = orderState(core, row)
  const { priceScale, sizeScale } = core.instruments.get(String(state.instrument))
  const price = (units: unknown) => (typeof units === 'number' ? unitsToText(units, priceScale) : null)
  const size = (units: unknown) => unitsToText(Number(units), sizeScale)
  return {
    table: 'orders',
    values: {
      ...{ order_number: number, client_order_id: text(state.clientOrderId), venue_order_id: text(state.venueOrderId) },
      ...{ instrument: text(state.instrument), account: text(state.account), strategy: text(state.strategy) },
      ...{ connector: text(state.connector), side: sideOf(Number(state.side)), type: text(state.type) },
      ...{ time_in_force: text(state.timeInForce), quantity: size(state.quantity), price: price(state.price) },
      ...{ trigger_price: price(state.trigger), status: text(state.status), filled: size(state.filled) },
      ...{ average_price: state.average === null ? null : new Decimal(String(state.average)).toFixed() },
      ...{ reason: text(state.reason), tag: text(state.tag), created_us: state.createdUs as number },
      ...{ updated_us: state.updatedUs as number, last_seq: state.lastSeq as number },
    },
  }
}

/** Rows of all plans of parent orders. */
export function planRows(core: OrderCore, seq: number): TableRow[] {
  return [...core.parents.byId.values()].map(({ id, plan, state, isClosed }) => ({
    table: 'plans',
    values: { id, plan, state, is_closed: isClosed ? 1 : 0, last_seq: seq },
  }))
}

/** Rows of all positions and accounts. */
export function bookRows(core: OrderCore, seq: number): TableRow[] {
  const { strategyPositions, byAccount, baseCurrency } = portfolioSnapshot(core.ledger.portfolio, 0)
  const positions = strategyPositions.map(
    (each): TableRow => ({
      table: 'positions',
      values: {
        ...{
          account: each.account,
          strategy: each.strategy ?? '',
          instrument: each.instrument,
          currency: each.currency,
        },
        ...{ quantity: each.quantity.toFixed(), average_price: each.averagePrice?.toFixed() },
        ...{ realized_gross: each.realizedGross.toFixed(), realized_net: each.realizedNet.toFixed() },
        ...{ fees: each.fees.toFixed(), last_seq: seq },
      },
    }),
  )
  const accounts = byAccount.map(
    ({ name, realizedGross, realizedNet, fees }): TableRow => ({
      table: 'accounts',
      values: {
        ...{ account: name, base_currency: baseCurrency, realized_gross: realizedGross?.toFixed() },
        ...{ realized_net: realizedNet?.toFixed(), fees: fees?.toFixed(), last_seq: seq },
      },
    }),
  )
  return [...positions, ...accounts]
}
