/** Parent orders without an order path behind them: every child is filled at once. */
import type { Time } from '../../src/core/time.js'
import { ParentOrder } from '../../src/execution/parent-order.js'
import type { ChildRequest, ParentPorts } from '../../src/execution/parent-ports.js'
import { type ParentPlan, readTerms } from '../../src/execution/parent-terms.js'
import { Twap } from '../../src/execution/twap.js'
import type { InstrumentId } from '../../src/model/ids.js'
import { Instrument } from '../../src/model/instrument.js'

const instrument = new Instrument(
  {
    id: 'X.XNYS' as InstrumentId,
    symbol: 'X',
    venue: 'XNYS',
    assetClass: 'equity',
    currency: 'USD',
    priceIncrement: '0.01',
    sizeIncrement: '1',
  },
  0,
)

/** See the head of this file. */
export class SlicingWorld {
  readonly time: Time
  children = 0
  /** Told of every child: the order it belongs to, and its number from 1. */
  onSend: ((id: number, index: number) => void) | undefined
  readonly #filled: number[] = []

  constructor(time: Time) {
    this.time = time
  }

  /** A TWAP of 100,003 in so many slices. */
  open(id: number, startUs: number, slices: number, intervalMs: number): ParentOrder {
    const algo = { type: 'twap' as const, slices, style: 'aggressive' as const }
    const plan: ParentPlan = {
      version: 1,
      id: `P${id}`,
      instrument: instrument.id,
      side: 'buy',
      quantityUnits: 100_003,
      limitUnits: null,
      account: null,
      strategy: null,
      connector: null,
      tag: null,
      reduceOnly: false,
      algo,
      startUs,
      endUs: startUs + slices * intervalMs * 1_000,
      seed: 1,
      createdUs: startUs,
      arrival: null,
    }
    const order = new ParentOrder(plan, readTerms(algo, 1, instrument), instrument, new Twap(algo), this.#ports(id))
    order.start()
    return order
  }

  #ports(id: number): ParentPorts {
    return {
      time: this.time,
      tapeUnits: () => 0,
      obstacle: () => undefined,
      readPrices: (view) => {
        view.bidUnits = 9_999
        view.askUnits = 10_001
      },
      save: () => {},
      tell: () => {},
      children: {
        nextIndex: (index) => index + 1,
        send: (request: ChildRequest) => {
          this.children++
          this.onSend?.(id, request.index)
          this.#filled.push(request.quantityUnits)
          return this.#filled.length
        },
        cancel: () => {},
        reprice: () => false,
        read: (number, facts) => {
          facts.filledUnits = this.#filled[number - 1] as number
          facts.leavesUnits = 0
          facts.isClosed = true
        },
      },
    }
  }
}
