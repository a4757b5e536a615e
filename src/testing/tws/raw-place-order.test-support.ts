/** How the raw client writes an order: placeOrder with the fields of each version, from the description of the protocol alone. */

/** An order as the raw client writes it. */
export interface RawOrder {
  orderId: number
  symbol?: string
  secType?: string
  exchange?: string
  action?: string
  quantity?: string
  type?: string
  limit?: string
  aux?: string
  tif?: string
  account?: string
  ref?: string
  transmit?: string
  parentId?: string
  ocaGroup?: string
  ocaType?: string
  displaySize?: string
  goodTill?: string
  trailStop?: string
  trailPercent?: string
  limitOffset?: string
  algo?: string
  algoParams?: readonly [string, string][]
  whatIf?: string
  conditions?: readonly string[][]
  legs?: readonly string[][]
}

/** The fields of placeOrder at a version. */
export function placeOrderFields(order: RawOrder, version: number): (string | number)[] {
  const { symbol = 'AAPL', secType = 'STK', exchange = 'SMART' } = order
  const out: (string | number)[] = [3, order.orderId]
  out.push(0, symbol, secType, '', '', '', '', exchange, '', secType === 'CASH' ? '' : 'USD', '', '')
  out.push(
    '',
    '',
    order.action ?? 'BUY',
    order.quantity ?? '10',
    order.type ?? 'LMT',
    order.limit ?? '',
    order.aux ?? '',
  )
  out.push(
    order.tif ?? 'DAY',
    order.ocaGroup ?? '',
    order.account ?? '',
    '',
    0,
    order.ref ?? 'raw',
    order.transmit ?? '1',
  )
  out.push(order.parentId ?? '0', 0, 0, order.displaySize ?? '', 0, 0, 0)
  if (secType === 'BAG') {
    const legs = order.legs ?? []
    out.push(legs.length, ...legs.flat(), 0, 0)
  }
  out.push('', '', '', order.goodTill ?? '', '', '', '')
  if (version < 177) out.push('')
  out.push('', 0, '', -1, order.ocaType ?? 0, '', '', 0, '', '', 0, 0, '', '', '', '', '', '', '', 0)
  out.push('', '', '', '', 0, '', order.trailStop ?? '', order.trailPercent ?? '', '', '', '', '', '', '')
  out.push('', 0, '', '', 0, 0)
  out.push(order.algo ?? '')
  if (order.algo !== undefined) out.push(order.algoParams?.length ?? 0, ...(order.algoParams ?? []).flat())
  out.push('', order.whatIf ?? 0, '', 0, 0, 0)
  const conditions = order.conditions ?? []
  out.push(conditions.length, ...conditions.flat())
  if (conditions.length > 0) out.push(1, 0)
  out.push('', '', order.limitOffset ?? '', '', '', '', 0, '', '', '', '', '', '', '', '', 0, 0, 0, '')
  if (version >= 158) out.push('')
  if (version >= 160) out.push('')
  if (version >= 162) out.push(0)
  if (version >= 166) out.push('')
  if (version >= 169) out.push('')
  if (version >= 183) out.push('')
  if (version >= 184) out.push(0)
  if (version >= 187 && version < 190) out.push('', 2_147_483_647)
  if (version >= 189) out.push(0)
  if (version >= 192) out.push('')
  return out
}
