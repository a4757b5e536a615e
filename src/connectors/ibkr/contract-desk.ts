/**
 * Asks TWS what contracts are. A contract is asked about when it is named in the options, and when TWS tells of an order, an
 * execution or a position in one that was never loaded: by hand or by another program.
 */
import { TradewireError } from '../../core/errors.js'
import type { Instrument, InstrumentDefinition } from '../../model/instrument.js'
import { contractFrom } from './contract-book.js'
import type { IbkrContract } from './contracts.js'
import type { FieldCursor } from './field-cursor.js'
import type { IbkrContext } from './ibkr-context.js'
import type { ToldContract, ToldDetails, ToldExecution } from './messages.js'
import { libraryContract } from './order-mapping.js'

/** Price steps of a market rule: from which price, and the step. Decimal text. */
type PriceRule = readonly (readonly [string, string])[]

/** The questions about contracts of one connector. */
export class ContractDesk {
  readonly #host: IbkrContext['host']
  readonly #name: string
  readonly #options: IbkrContext['options']
  readonly #line: IbkrContext['line']
  readonly #contracts: IbkrContext['contracts']
  readonly #problem: IbkrContext['problem']
  readonly #report: (execution: ToldExecution) => void
  readonly #rules = new Map<number, PriceRule>()
  /** Executions of contracts that are being asked about. */
  readonly #unresolved: ToldExecution[] = []

  /** `report` takes an execution whose contract became known. */
  constructor(
    { host, name, options, line, contracts, problem }: IbkrContext,
    report: (execution: ToldExecution) => void,
  ) {
    this.#host = host
    this.#name = name
    this.#options = options
    this.#line = line
    this.#contracts = contracts
    this.#problem = problem
    this.#report = report
  }

  /** The connection is gone: reconciliation asks for the executions again. */
  forget(): void {
    this.#unresolved.length = 0
  }

  /** Definitions of the contracts that the options name; a problem for each that TWS does not know. */
  async loadInstruments(signal: AbortSignal): Promise<InstrumentDefinition[]> {
    const definitions: InstrumentDefinition[] = []
    let isFirst = true
    for (const wanted of this.#options.wanted) {
      const definition = await this.#define(wanted, signal, isFirst)
      isFirst = false
      if (definition !== undefined) definitions.push(definition)
    }
    return definitions
  }

  /** Asks what a contract is; undefined, and a problem, where TWS knows none or several. */
  async #define(wanted: IbkrContract, signal: AbortSignal, hasSlot = false): Promise<InstrumentDefinition | undefined> {
    if (wanted.secType === 'BAG') return this.#contracts.add(wanted, comboDetails(wanted), undefined, this.#name)
    let found: ToldDetails[]
    const ask = () =>
      this.#line.ask<ToldDetails>(signal, (api, reqId) => api.reqContractDetails(reqId, libraryContract(wanted)))
    try {
      found = await (hasSlot ? ask() : this.#line.paced('query', 1, signal, ask))
    } catch (error) {
      if (signal.aborted || !(error instanceof TradewireError && error.code === 'TW_NOT_SUPPORTED')) throw error
      this.#problem(
        new TradewireError(
          'TW_UNKNOWN_INSTRUMENT',
          `IBKR has no contract ${wanted.secType} ${wanted.symbol}: ${error.message}`,
        ),
      )
      return undefined
    }
    const [details] = found
    if (details === undefined || found.length > 1) {
      this.#problem(
        new TradewireError(
          'TW_UNKNOWN_INSTRUMENT',
          `${found.length} contracts of IBKR fit ${wanted.secType} ${wanted.symbol}; name exchange, currency and expiry so that one does`,
        ),
      )
      return undefined
    }
    const at = Math.max(0, details.validExchanges.indexOf(wanted.exchange))
    const rule = await this.#ruleOf(details.marketRuleIds[at], signal)
    return this.#contracts.add(wanted, details, rule, this.#name)
  }

  async #ruleOf(id: number | undefined, signal: AbortSignal): Promise<PriceRule | undefined> {
    if (id === undefined) return undefined
    const known = this.#rules.get(id)
    if (known !== undefined) return known
    const [rule] = await this.#line.paced('query', 1, signal, () =>
      this.#line.askInTurn<PriceRule>('rule', signal, (api) => api.reqMarketRule(id)),
    )
    if (rule !== undefined) this.#rules.set(id, rule)
    return rule
  }

  /** The answer to a question for a market rule. */
  rule(cursor: FieldCursor): void {
    cursor.skip()
    const count = cursor.int()
    const steps = Array.from({ length: count }, () => [cursor.text(), cursor.text()] as const)
    this.#line.questions.add('rule', steps)
    this.#line.questions.end('rule')
  }

  /** The instrument of a contract that TWS names; asks about it where it is new. */
  async instrumentFor(told: ToldContract, signal: AbortSignal): Promise<Instrument | undefined> {
    const { instruments } = this.#host
    const known = this.#contracts.instrumentOf(told.conId, instruments)
    if (known !== undefined || told.secType === 'BAG') return known
    const definition = await this.#define(contractFrom(told), signal)
    return definition === undefined ? undefined : instruments.add(definition)
  }

  /** An execution in a contract that was never loaded, by hand or by another program: asked about, then told. */
  learn(execution: ToldExecution): void {
    this.#unresolved.push(execution)
    if (this.#unresolved.length > 1) return
    const signal = new AbortController().signal
    const work = async () => {
      for (;;) {
        const [next] = this.#unresolved
        if (next === undefined) return
        const instrument = await this.instrumentFor(next.contract, signal)
        this.#unresolved.shift()
        if (instrument === undefined) continue
        this.#report(next)
      }
    }
    work().catch((error: unknown) => {
      this.#unresolved.length = 0
      this.#problem(error)
    })
  }
}

/** A combination is nothing that TWS could be asked about: what is known of it is what was wanted. */
function comboDetails(wanted: IbkrContract): ToldDetails {
  const contract: ToldContract = {
    conId: 0,
    symbol: wanted.symbol,
    secType: 'BAG',
    expiry: '',
    strike: Number.NaN,
    right: '',
    multiplier: '',
    exchange: wanted.exchange,
    currency: wanted.currency,
    localSymbol: '',
    tradingClass: '',
  }
  return {
    contract,
    primaryExchange: '',
    minTick: '0.01',
    orderTypes: [],
    validExchanges: [wanted.exchange],
    longName: '',
    timeZone: '',
    tradingHours: '',
    marketRuleIds: [],
    underlyingSymbol: '',
    minSize: '1',
    sizeIncrement: '1',
    suggestedSize: '1',
  }
}
