/**
 * A client of the TWS protocol written from its description alone: it shares no code with the gateway and none with any
 * library. It frames, greets and writes placeOrder by itself, and walks every field of every message that comes, so that a
 * message with a field too many or too few is found at the version where it happens.
 *
 *   raw-place-order ─► bytes ─► gateway ─► bytes ─► raw-messages (raw-orders for the two longest) ─► raw-walk
 */
import type { Connection } from '../../core/network.js'
import { nodeNetwork } from '../../core/node-network.js'
import { walkMessage } from './raw-messages.test-support.js'
import { type WalkedOrder, walkCompletedOrder, walkOpenOrder } from './raw-orders.test-support.js'
import { placeOrderFields, type RawOrder } from './raw-place-order.test-support.js'
import { Walk } from './raw-walk.test-support.js'

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
