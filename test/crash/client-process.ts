/**
 * A process that trades and is killed. Arguments: how it keeps its journal, the folder, the port of the venue, milliseconds
 * between two rounds of orders, most orders.
 *
 * `os` and `fsync` are what the library does. `late` and `memory` are negative controls: the journal's writes wait in this
 * process for some milliseconds, or are never made, and orders do not wait for them.
 */
import { writeSync } from 'node:fs'
import { type FileSystem, nodeFileSystem, type OrderHandle, TradingSystem } from 'tradewire'
import { LineConnector } from '../../examples/custom-connector/line-connector.js'

const [how = '', folder = '', port = '', pause = '1', orders = '4000'] = process.argv.slice(2)
const most = Number(orders)
const say = (line: string) => writeSync(1, `${line}\n`)

/** Takes writes and makes them later. */
function lateFiles(): FileSystem {
  const pending: (() => void)[] = []
  const settle = () => {
    for (const write of pending.splice(0)) write()
  }
  setInterval(settle, 5)
  const methods = Object.fromEntries(
    (
      [
        'makeDirectory',
        'list',
        'exists',
        'rename',
        'remove',
        'syncDirectory',
        'readFile',
        'writeFileAtomic',
        'lock',
        'openReadable',
      ] as const
    ).map((name) => [
      name,
      (...args: unknown[]) => {
        settle()
        return (nodeFileSystem[name] as (...args: unknown[]) => unknown).apply(nodeFileSystem, args)
      },
    ]),
  )
  return {
    ...methods,
    open(path: string, mode: 'read' | 'write' | 'create') {
      settle()
      const file = nodeFileSystem.open(path, mode)
      return {
        path,
        write(buffer: Uint8Array, offset: number, length: number, position: number) {
          const bytes = buffer.slice(offset, offset + length)
          pending.push(() => file.write(bytes, 0, bytes.length, position))
          return length
        },
        read: (...args: Parameters<typeof file.read>) => {
          settle()
          return file.read(...args)
        },
        truncate: (size: number) => {
          settle()
          file.truncate(size)
        },
        size: () => {
          settle()
          return file.size()
        },
        dataSync: () => file.dataSync(),
        dataSyncNow: () => file.dataSyncNow(),
        close: () => {
          settle()
          file.close()
        },
      }
    },
  } as unknown as FileSystem
}

const connector = new LineConnector({
  port: Number(port),
  healthIntervalMs: 200,
  probeTimeoutMs: 500,
  reconnect: { firstDelayMs: 10, maxDelayMs: 50 },
})
const system = await TradingSystem.start({
  mode: 'paper',
  ...(how === 'memory' ? {} : { journal: folder, durability: how === 'fsync' ? 'fsync' : 'os' }),
  ...(how === 'late' ? { fileSystem: lateFiles() } : {}),
  snapshots: { everyRecords: 20_000, keepSegments: 1 },
  onClose: 'leave',
  connectors: { line: connector },
  // No preset: its limits of a day would end a long series.
  risk: {
    ...{
      preset: false as const,
      maxOrderQuantity: 1_000,
      throttle: false,
      duplicates: false,
      marketData: false,
      priceCollarPercent: false,
    },
  },
  reconciliation: { venueGraceMs: 100, notFound: 'infer' },
})
const counts = { denied: 0, unavailable: 0, canceled: 0 }
system.orders.events.on('order', ({ type }) => {
  if (type === 'canceled') counts.canceled++
})
let count = 0
// Those of earlier lives are canceled first: they would pile up to the limit of open orders.
const resting: OrderHandle[] = system.orders.list().filter((order) => !order.isClosed)
const timer = setInterval(() => {
  // Half are filled at once, the rest wait, and are canceled with the next round. The table has room for all of a life.
  const round: OrderHandle[] = []
  for (let n = 0; n < 40 && count < most; n++) {
    count++
    const side = count % 2 === 0 ? 'buy' : 'sell'
    const isResting = count % 4 === 1 || count % 4 === 2
    const price = isResting ? (side === 'buy' ? '99.00' : '101.00') : '100.00'
    const order = system.orders.submit({ symbol: 'ACME', side, quantity: 1, price })
    if (isResting) round.push(order)
    if (order.status === 'DENIED') counts.denied++
    if (order.reason === 'JOURNAL_UNAVAILABLE') counts.unavailable++
  }
  // One that has not left yet would be taken back instead.
  const waiting = resting.splice(0)
  for (const order of waiting)
    if (order.status === 'ACCEPTED') order.cancel()
    else if (order.status === 'SUBMITTED') resting.push(order)
  resting.push(...round)
}, Number(pause))
process.on('message', async (message) => {
  if (message === 'counts')
    process.send?.({ ...counts, sent: connector.statistics.ordersSent, isReady: connector.isReady })
  if (message === 'cancel') {
    clearInterval(timer)
    const before = counts.canceled
    const resting = system.orders.list().filter((order) => order.status === 'ACCEPTED')
    for (const order of resting) order.cancel()
    setTimeout(() => process.send?.({ resting: resting.length, canceled: counts.canceled - before }), 500)
  }
})
process.once('disconnect', () => process.exit(0))
say('ready')
