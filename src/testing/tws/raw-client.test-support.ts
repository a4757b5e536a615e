/**
 * A client of the TWS protocol written from its description alone: it shares no code with the gateway and none with any
 * library. It frames, greets and writes placeOrder by itself, and walks every field of every message that comes, so that a
 * message with a field too many or too few is found at the version where it happens.
 */
import type { Connection } from '../../core/network.js'
import { nodeNetwork } from '../../core/node-network.js'

/** Fields of a message after its id, read one by one. */
class Walk {
  at = 1
  readonly fields: readonly string[]
  constructor(fields: readonly string[]) {
    this.fields = fields
  }
  take(count = 1): string {
    let last = ''
    for (let i = 0; i < count; i++) {
      if (this.at >= this.fields.length) throw new Error(`message ${this.fields[0]} ends before field ${this.at}`)
      last = this.fields[this.at++] as string
    }
    return last
  }
  int(): number {
    const text = this.take()
    if (text !== '' && !/^-?\d+$/.test(text))
      throw new Error(`message ${this.fields[0]} field ${this.at - 1}: ${text} is no integer`)
    return Number(text)
  }
  number(): number {
    const text = this.take()
    if (text !== '' && Number.isNaN(Number(text)))
      throw new Error(`message ${this.fields[0]} field ${this.at - 1}: ${text} is no number`)
    return text === '' ? Number.NaN : Number(text)
  }
  flag(): boolean {
    const text = this.take()
    if (text !== '0' && text !== '1' && text !== '')
      throw new Error(`message ${this.fields[0]} field ${this.at - 1}: ${text} is no yes-or-no`)
    return text === '1'
  }
  end(): void {
    if (this.at !== this.fields.length)
      throw new Error(
        `message ${this.fields[0]} has ${this.fields.length - this.at} fields too many: ${this.fields.slice(this.at)}`,
      )
  }
}

/** What an openOrder or completedOrder said. */
export type WalkedOrder = Record<string, string>

const contract11 = (walk: Walk, to: WalkedOrder) => {
  to.conId = String(walk.int())
  for (const name of [
    'symbol',
    'secType',
    'lastTrade',
    'strike',
    'right',
    'multiplier',
    'exchange',
    'currency',
    'localSymbol',
    'tradingClass',
  ])
    to[name] = walk.take()
}

function deltaNeutral(walk: Walk, fields: number): void {
  if (walk.take() === '') walk.number()
  else {
    walk.number()
    walk.take(fields)
  }
}

function tail(walk: Walk, order: WalkedOrder, isOpen: boolean): void {
  walk.take() // description of legs
  const legs = walk.int()
  walk.take(legs * 8)
  walk.take(walk.int())
  walk.take(walk.int() * 2)
  walk.take(2)
  if (walk.number() > 0) walk.take(7)
  if (walk.take() !== '') walk.take()
  if (isOpen) walk.flag()
  walk.take(2)
  walk.flag()
  if (walk.flag()) walk.take(3)
  order.algoStrategy = walk.take()
  if (order.algoStrategy !== '') {
    const count = walk.int()
    order.algoParams = Array.from({ length: count }, () => `${walk.take()}=${walk.take()}`).join(';')
  }
  walk.flag()
}

function benchAndConditions(walk: Walk, order: WalkedOrder): void {
  if (order.orderType === 'PEG BENCH') walk.take(5)
  const lengths: Record<string, number> = { 1: 5, 3: 2, 4: 2, 5: 3, 6: 4, 7: 4 }
  const conditions = walk.int()
  for (let i = 0; i < conditions; i++) {
    const type = walk.take()
    walk.take(1 + (lengths[type] ?? 0))
  }
  if (conditions > 0) walk.take(2)
}

/** Walks the message openOrder. */
export function walkOpenOrder(walk: Walk, version: number): WalkedOrder {
  const order: WalkedOrder = { orderId: String(walk.int()) }
  contract11(walk, order)
  for (const name of [
    'action',
    'totalQuantity',
    'orderType',
    'lmtPrice',
    'auxPrice',
    'tif',
    'ocaGroup',
    'account',
    'openClose',
    'origin',
    'orderRef',
    'clientId',
    'permId',
    'outsideRth',
    'hidden',
    'discretionaryAmt',
    'goodAfterTime',
  ])
    order[name] = walk.take()
  walk.take(4)
  if (version < 177) walk.take()
  order.modelCode = walk.take()
  order.goodTillDate = walk.take()
  walk.take(3)
  walk.int()
  walk.take()
  walk.int()
  walk.int()
  for (let i = 0; i < 5; i++) walk.number()
  order.displaySize = walk.take()
  walk.flag()
  walk.flag()
  walk.flag()
  walk.take()
  order.ocaType = String(walk.int())
  walk.flag()
  walk.flag()
  walk.number()
  order.parentId = String(walk.int())
  walk.int()
  walk.number()
  walk.int()
  deltaNeutral(walk, 8)
  walk.int()
  walk.int()
  order.trailStopPrice = walk.take()
  order.trailingPercent = walk.take()
  walk.take(2)
  tail(walk, order, true)
  order.whatIf = walk.take()
  order.status = walk.take()
  order.margins = Array.from({ length: 9 }, () => String(walk.number())).join(',')
  order.commission = String(walk.number())
  walk.number()
  walk.number()
  walk.take(2)
  walk.flag()
  walk.flag()
  benchAndConditions(walk, order)
  walk.take()
  for (let i = 0; i < 2; i++) walk.number()
  order.lmtPriceOffset = walk.take()
  for (let i = 0; i < 3; i++) walk.number()
  walk.int()
  walk.take(3)
  walk.number()
  for (let i = 0; i < 4; i++) walk.flag()
  if (version >= 158) walk.int()
  if (version >= 160) walk.int()
  if (version >= 162) walk.flag()
  if (version >= 170) walk.take(5)
  if (version >= 183) walk.take()
  if (version >= 184) walk.flag()
  if (version >= 185) walk.take()
  if (version >= 189) walk.flag()
  if (version >= 193) walk.take(2)
  walk.end()
  return order
}

/** Walks the message completedOrder. */
export function walkCompletedOrder(walk: Walk, version: number): WalkedOrder {
  const order: WalkedOrder = {}
  contract11(walk, order)
  for (const name of [
    'action',
    'totalQuantity',
    'orderType',
    'lmtPrice',
    'auxPrice',
    'tif',
    'ocaGroup',
    'account',
    'openClose',
    'origin',
    'orderRef',
    'permId',
    'outsideRth',
    'hidden',
    'discretionaryAmt',
    'goodAfterTime',
  ])
    order[name] = walk.take()
  walk.take(3)
  if (version < 177) walk.take()
  walk.take(2)
  walk.take(3)
  walk.int()
  walk.take()
  walk.int()
  for (let i = 0; i < 5; i++) walk.number()
  walk.take()
  walk.flag()
  walk.flag()
  walk.take()
  walk.int()
  walk.int()
  walk.number()
  walk.int()
  deltaNeutral(walk, 4)
  walk.int()
  walk.int()
  walk.take(2)
  tail(walk, order, false)
  order.status = walk.take()
  walk.flag()
  walk.flag()
  benchAndConditions(walk, order)
  walk.take(3)
  walk.flag()
  walk.flag()
  walk.take()
  order.filledQuantity = walk.take()
  walk.int()
  walk.flag()
  walk.take()
  walk.flag()
  walk.flag()
  walk.int()
  order.completedTime = walk.take()
  order.completedStatus = walk.take()
  if (version >= 170) walk.take(5)
  if (version >= 183) walk.take()
  if (version >= 184) walk.flag()
  walk.end()
  return order
}

function walkContractDetails(walk: Walk, version: number): void {
  if (version < 164) walk.int()
  walk.int()
  walk.take(3)
  if (version >= 182) walk.take()
  walk.number()
  walk.take(6)
  walk.int()
  walk.number()
  if (version < 164) walk.int()
  walk.take(3)
  walk.int()
  walk.int()
  walk.take(10)
  walk.number()
  walk.take(walk.int() * 2)
  walk.int()
  walk.take(5)
  if (version === 163) walk.number()
  if (version >= 164) for (let i = 0; i < 3; i++) walk.number()
  if (version >= 186) walk.take(walk.int() * 2)
}

function walkExecution(walk: Walk, version: number): void {
  walk.int()
  walk.int()
  contract11(walk, {})
  walk.take(5)
  for (let i = 0; i < 2; i++) walk.number()
  for (let i = 0; i < 3; i++) walk.int()
  for (let i = 0; i < 2; i++) walk.number()
  walk.take(2)
  walk.number()
  walk.take()
  walk.int()
  if (version >= 178) walk.flag()
}

/** Fields after the id, for messages whose length is always the same. */
const lengths: Readonly<Record<number, number>> = {
  1: 6,
  2: 4,
  3: 11,
  6: 5,
  7: 19,
  8: 2,
  9: 2,
  12: 7,
  13: 9,
  14: 5,
  15: 2,
  16: 3,
  19: 2,
  21: 11,
  45: 4,
  46: 4,
  49: 2,
  50: 10,
  52: 2,
  53: 1,
  54: 2,
  55: 2,
  57: 2,
  58: 3,
  59: 7,
  61: 15,
  62: 1,
  63: 6,
  64: 2,
  67: 3,
  68: 3,
  71: 17,
  72: 2,
  73: 7,
  74: 2,
  76: 1,
  81: 4,
  83: 3,
  84: 6,
  86: 5,
  87: 2,
  88: 2,
  90: 9,
  94: 4,
  95: 6,
  102: 0,
  103: 2,
  107: 2,
}

/** Walks any message of the gateway; throws where a field is missing, left over or of the wrong kind. */
export function walkMessage(fields: readonly string[], version: number): void {
  const id = Number(fields[0])
  const walk = new Walk(fields)
  const repeated = (each: number, last = 0) => {
    walk.take(walk.int() * each)
    walk.take(last)
  }
  if (id === 4) walk.take(version >= 166 ? 5 : 4)
  else if (id === 5) walkOpenOrder(walk, version)
  else if (id === 101) walkCompletedOrder(walk, version)
  else if (id === 10) walkContractDetails(walk, version)
  else if (id === 11) walkExecution(walk, version)
  else if (id === 17) {
    walk.take(3)
    repeated(8)
  } else if (id === 20) {
    walk.take(2)
    repeated(16)
  } else if (id === 75) {
    walk.take(5)
    repeated(1)
    repeated(1)
  } else if (id === 77) {
    walk.take()
    repeated(3)
  } else if (id === 78 || id === 85) repeated(2)
  else if (id === 79) {
    walk.take()
    const samples = walk.int()
    for (let i = 0; i < samples; i++) {
      walk.take(5)
      walk.take(walk.int())
      if (version >= 176) walk.take(2)
    }
  } else if (id === 80) repeated(5)
  else if (id === 82) {
    walk.take()
    repeated(3)
  } else if (id === 89) {
    walk.take()
    repeated(2)
  } else if (id === 93) {
    walk.take()
    repeated(2)
  } else if (id === 96 || id === 97 || id === 98) {
    walk.take()
    repeated(id === 96 ? 4 : 6, 1)
  } else if (id === 99) {
    walk.take()
    const kind = walk.int()
    walk.take(kind === 3 ? 6 : kind === 4 ? 2 : 6)
  } else if (id === 106) {
    walk.take(4)
    repeated(3)
  } else {
    const length = lengths[id]
    if (length === undefined) throw new Error(`message ${id} is not in the description`)
    walk.take(length)
  }
  walk.end()
}

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

/** A client that does what a test says and keeps what it hears. */
export class RawClient {
  readonly messages: string[][] = []
  readonly faults: string[] = []
  version = 0
  isClosed = false
  #connection: Connection | undefined
  #rest = Buffer.alloc(0)
  #waiting: (() => void)[] = []

  /** Connects and greets; `greeting` as it stands on the wire behind the length. `bytewise` sends it byte by byte. */
  async connect(port: number, greeting = 'v100..193', bytewise = false): Promise<void> {
    const connection = await nodeNetwork.connect({ host: '127.0.0.1', port, timeoutMs: 2_000 })
    this.#connection = connection
    connection.start({
      onData: (chunk) => this.#push(chunk),
      onClose: () => {
        this.isClosed = true
        this.#wake()
      },
    })
    const bytes = Buffer.concat([Buffer.from('API\0'), lengthOf(Buffer.byteLength(greeting)), Buffer.from(greeting)])
    if (!bytewise) connection.send(bytes)
    else
      for (const byte of bytes) {
        connection.send(Buffer.from([byte]))
        await new Promise((resolve) => setImmediate(resolve))
      }
    await this.until(() => this.version > 0 || this.isClosed)
  }

  async start(clientId = 1): Promise<number> {
    this.send(71, 2, clientId, '')
    await this.until(() => this.isClosed || (this.of(9).length > 0 && this.of(15).length > 0))
    return Number(this.of(9)[0]?.[2] ?? 0)
  }

  send(...fields: (string | number)[]): void {
    this.#connection?.send(this.frame(...fields))
  }

  sendBytes(bytes: Uint8Array): void {
    this.#connection?.send(bytes)
  }

  frame(...fields: (string | number)[]): Buffer {
    const body = Buffer.from(`${fields.join('\0')}\0`)
    return Buffer.concat([lengthOf(body.length), body])
  }

  place(order: RawOrder): void {
    this.send(...placeOrderFields(order, this.version))
  }

  of(id: number): string[][] {
    return this.messages.filter((fields) => fields[0] === String(id))
  }

  errors(code?: number): string[][] {
    return this.of(4).filter((fields) => code === undefined || fields[3] === String(code))
  }

  openOrders(): WalkedOrder[] {
    return this.of(5).map((fields) => walkOpenOrder(new Walk(fields), this.version))
  }

  completedOrders(): WalkedOrder[] {
    return this.of(101).map((fields) => walkCompletedOrder(new Walk(fields), this.version))
  }

  async until(condition: () => boolean, limitMs = 4_000): Promise<void> {
    const endMs = Date.now() + limitMs
    while (!condition()) {
      if (Date.now() > endMs)
        throw new Error(`waited in vain; last messages: ${JSON.stringify(this.messages.slice(-5))}`)
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, 20)
        this.#waiting.push(() => {
          clearTimeout(timer)
          resolve()
        })
      })
    }
  }

  /** Asks for the time and waits for it: everything sent before has been answered. */
  async settle(): Promise<void> {
    const before = this.of(49).length
    this.send(49, 1)
    await this.until(() => this.of(49).length > before || this.isClosed)
  }

  close(): void {
    this.#connection?.destroy()
  }

  #push(chunk: Uint8Array): void {
    this.#rest = Buffer.concat([this.#rest, chunk])
    while (this.#rest.length >= 4 && this.#rest.length >= 4 + this.#rest.readUInt32BE()) {
      const length = this.#rest.readUInt32BE()
      const body = this.#rest.subarray(4, 4 + length).toString('utf8')
      this.#rest = this.#rest.subarray(4 + length)
      const fields = body.split('\0').slice(0, -1)
      if (this.version === 0) {
        if (fields.length !== 2) this.faults.push(`the first message has ${fields.length} fields`)
        this.version = Number(fields[0])
        continue
      }
      this.messages.push(fields)
      try {
        walkMessage(fields, this.version)
      } catch (error) {
        this.faults.push((error as Error).message)
      }
    }
    this.#wake()
  }

  #wake(): void {
    for (const wake of this.#waiting.splice(0)) wake()
  }
}

function lengthOf(length: number): Buffer {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32BE(length)
  return bytes
}
