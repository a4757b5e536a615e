/** Checks of the host, run in the gate: synchronous, pure, and refused when they throw. */
import { powerOfTen } from '../model/decimal.js'
import { Verdict } from './controls.js'
import type { GateCheck, GateParts, OwnCheck, OwnCheckOrder } from './gate-check.js'
import type { Subject } from './subject.js'

/** See the file's header. */
export class OwnChecks implements GateCheck {
  readonly #parts: GateParts
  readonly #checks: readonly OwnCheck[]
  readonly #view = {
    symbol: '',
    account: '',
    strategy: '',
    connector: '',
    side: 'buy' as 'buy' | 'sell',
    quantity: Number.NaN,
    price: Number.NaN,
    reference: Number.NaN,
    position: Number.NaN,
    workingBuys: Number.NaN,
    workingSells: Number.NaN,
    isNew: true,
  }
  #reason = ''

  constructor(parts: GateParts, checks: readonly OwnCheck[]) {
    this.#parts = parts
    this.#checks = checks
  }

  check(_row: number, order: Subject, isNew: boolean): number {
    const view = this.#look(order, isNew)
    for (const own of this.#checks) {
      const reason = own.check(view)
      if (reason === undefined) continue
      this.#reason = `${own.name}: ${reason}`
      return Verdict.ownCheck
    }
    return 0
  }

  describe(): { limit: string; observed: string } {
    return { limit: 'a check of the host', observed: this.#reason }
  }

  #look(order: Subject, isNew: boolean): OwnCheckOrder {
    const { instruments, names, exposure, references } = this.#parts
    const instrument = instruments.at(order.instrument)
    const size = powerOfTen(instrument.sizeScale)
    const view = this.#view
    view.symbol = instrument.symbol
    view.account = names.account(order.account)
    view.strategy = names.strategy(order.strategy)
    view.connector = names.connector(order.connector)
    view.side = order.side > 0 ? 'buy' : 'sell'
    view.quantity = order.quantity / size
    view.price = order.price / powerOfTen(instrument.priceScale)
    view.reference = references.reference[order.instrument]
    view.position = exposure.position[order.key] / size
    view.workingBuys = exposure.buying[order.key] / size
    view.workingSells = exposure.selling[order.key] / size
    view.isNew = isNew
    return view
  }
}
