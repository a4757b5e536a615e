/** Interactive Brokers: frames, the messages that are read in full, what a gateway reads of a client, tapes. */
import { FieldCursor } from '../../src/connectors/ibkr/field-cursor.js'
import { FrameBuffer } from '../../src/connectors/ibkr/frame-buffer.js'
import { readTicks } from '../../src/connectors/ibkr/history.js'
import {
  Incoming,
  readCompletedOrder,
  readDetails,
  readExecution,
  readOpenOrder,
  readPosition,
} from '../../src/connectors/ibkr/messages.js'
import { readTape } from '../../src/connectors/ibkr/session-tape.js'
import { parseTwsTime } from '../../src/connectors/ibkr/tws-times.js'
import { VirtualTime } from '../../src/core/virtual-time.js'
import type { TwsContract } from '../../src/testing/tws/contract-fields.js'
import { FieldReader } from '../../src/testing/tws/field-reader.js'
import { FrameReader, frameOf } from '../../src/testing/tws/frames.js'
import { blankOrder } from '../../src/testing/tws/order-fields.js'
import {
  completedOrderFields,
  openOrderFields,
  plainState,
  readPlaceOrder,
} from '../../src/testing/tws/order-messages.js'
import { executionFields, positionFields } from '../../src/testing/tws/replies.js'
import type { FuzzTarget } from './harness.js'
import { bytesOf, textOf } from './samples.js'

const version = 187
const time = new VirtualTime()

const contract: TwsContract = {
  conId: 8314,
  symbol: 'IBM',
  secType: 'STK',
  lastTrade: '',
  strike: '',
  right: '',
  multiplier: '',
  exchange: 'SMART',
  primaryExchange: 'NYSE',
  currency: 'USD',
  localSymbol: 'IBM',
  tradingClass: 'IBM',
  legs: [],
}

function order() {
  return {
    ...blankOrder(),
    action: 'BUY',
    totalQuantity: '100',
    orderType: 'LMT',
    lmtPrice: '99.5',
    tif: 'DAY',
    account: 'DU1',
  }
}

function frames(): Uint8Array[] {
  const told = plainState('Submitted')
  const fields = [
    openOrderFields({ orderId: 5, clientId: 1, permId: '1777000000001' }, contract, order(), told, version),
    completedOrderFields(
      '1777000000001',
      contract,
      order(),
      {
        status: 'Filled',
        filledQuantity: '100',
        time: '20261121 06:45:00 US/Eastern',
        text: 'Filled Size: 100',
        parentPermId: '0',
      },
      version,
    ),
    executionFields(version, -1, {
      orderId: 5,
      contract,
      execId: '0000e0d5.6718.01.01',
      time: '20261121 06:45:00 US/Eastern',
      account: 'DU1',
      exchange: 'NYSE',
      side: 'BOT',
      shares: '100',
      price: '99.5',
      permId: '1777000000001',
      clientId: 1,
      cumulative: '100',
      averagePrice: '99.5',
      orderRef: '',
      modelCode: '',
      liquidity: 2,
    }),
    positionFields('DU1', contract, '100', '99.5'),
    [Incoming.tickPrice, 6, 9001, 1, '99.5', '100', 1],
    [
      Incoming.historicalTicksLast,
      9001,
      2,
      1763700000,
      0,
      '99.5',
      '100',
      'NYSE',
      '',
      1763700001,
      0,
      '99.6',
      '5',
      'NYSE',
      '',
    ],
    [Incoming.error, 2, -1, 2104, 'Market data farm connection is OK:usfarm', ''],
  ]
  return fields.map((each) => frameOf(each))
}

function readMessage(bytes: Uint8Array, from: number, to: number): string {
  const cursor = new FieldCursor().point(bytes, from, to)
  const id = cursor.int()
  switch (id) {
    case Incoming.openOrder:
      return JSON.stringify(readOpenOrder(cursor, version))
    case Incoming.completedOrder:
      return JSON.stringify(readCompletedOrder(cursor, version))
    case Incoming.execution: {
      const execution = readExecution(cursor)
      return JSON.stringify([execution, parseTwsTime(execution.time)])
    }
    case Incoming.contractDetails:
      return JSON.stringify(readDetails(cursor, version))
    case Incoming.position:
      return JSON.stringify(readPosition(cursor))
    case Incoming.historicalTicksLast:
      cursor.skip()
      return JSON.stringify(
        readTicks(cursor, 'trades', { instrument: { id: 'IBM.XNYS' } as never, source: 0 as never, time }),
      )
    default: {
      let text = ''
      while (!cursor.isAtEnd) text += `${cursor.unescaped()}|`
      return text
    }
  }
}

function readFrames(chunks: readonly Uint8Array[]): string {
  const found: string[] = []
  const buffer = new FrameBuffer((bytes, from, to) => void found.push(readMessage(bytes, from, to)))
  for (const chunk of chunks) buffer.push(chunk)
  return found.join('\n')
}

function readClient(chunks: readonly Uint8Array[]): string {
  const found: string[] = []
  const reader = new FrameReader(
    (greeting) => void found.push(JSON.stringify(greeting)),
    (fields) => {
      found.push(fields.join('|'))
      if (fields[0] === '3') found.push(JSON.stringify(readPlaceOrder(new FieldReader(fields.slice(1)), version)))
    },
  )
  for (const chunk of chunks) reader.push(chunk)
  return found.join('\n')
}

/** What a client says: the greeting, then messages. */
function clientBytes(): Uint8Array {
  const greeting = Buffer.from('API\0\0\0\0\tv100..187', 'latin1')
  return new Uint8Array(Buffer.concat([greeting, frameOf([71, 2, 1, '']), frameOf([61, 1]), frameOf([9, 1, 1])]))
}

/** Targets of Interactive Brokers. */
export const twsTargets: readonly FuzzTarget[] = [
  { name: 'tws-frames', samples: frames, read: (input) => readFrames([input]), readChunks: readFrames },
  { name: 'tws-client', samples: () => [clientBytes()], read: (input) => readClient([input]), readChunks: readClient },
  {
    name: 'tws-tape',
    samples: () => bytesOf('{"at":0,"way":"in","bytes":"AAAABA=="}\n{"at":1.5,"way":"out","bytes":"AAAA"}\n'),
    read: (input) => readTape(textOf(input)),
  },
]
