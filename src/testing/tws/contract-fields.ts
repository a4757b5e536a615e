/** A contract as the protocol carries it, and the three ways in which messages list its fields. */
import type { FieldReader } from './field-reader.js'

/** One leg of a combination. */
export interface TwsComboLeg {
  conId: string
  ratio: string
  action: string
  exchange: string
  openClose: string
  shortSaleSlot: string
  designatedLocation: string
  exemptCode: string
}

/** A contract: all fields as text, as they travel. */
export interface TwsContract {
  conId: number
  symbol: string
  secType: string
  lastTrade: string
  strike: string
  right: string
  multiplier: string
  exchange: string
  primaryExchange: string
  currency: string
  localSymbol: string
  tradingClass: string
  legs: TwsComboLeg[]
}

/** The twelve fields with which requests name a contract. */
export function readContract(reader: FieldReader): TwsContract {
  const conId = reader.int()
  const symbol = reader.text()
  const secType = reader.text()
  const lastTrade = reader.text()
  const strike = reader.value()
  const right = reader.text()
  const multiplier = reader.value()
  const exchange = reader.text()
  const primaryExchange = reader.text()
  const currency = reader.text()
  const localSymbol = reader.text()
  const tradingClass = reader.text()
  return {
    conId,
    symbol,
    secType,
    lastTrade,
    strike: strike === '0' || strike === '0.0' ? '' : strike,
    right: right === '?' || right === '0' ? '' : right,
    multiplier,
    exchange,
    primaryExchange,
    currency,
    localSymbol,
    tradingClass,
    legs: [],
  }
}

/** The legs of a combination as data requests list them. */
export function readLegs(reader: FieldReader, contract: TwsContract): void {
  if (contract.secType !== 'BAG') return
  const count = reader.int()
  for (let i = 0; i < count; i++) {
    const [conId, ratio, action, exchange] = [reader.text(), reader.text(), reader.text(), reader.text()]
    contract.legs.push({
      conId,
      ratio,
      action,
      exchange,
      openClose: '0',
      shortSaleSlot: '0',
      designatedLocation: '',
      exemptCode: '-1',
    })
  }
}

/** The contract in replies: eleven fields. `noRight` is what stands for "no right". */
export function contractFields(contract: TwsContract, noRight = ''): (string | number)[] {
  return [
    contract.conId,
    contract.symbol,
    contract.secType,
    contract.lastTrade,
    contract.strike === '' ? '0' : contract.strike,
    contract.right === '' ? noRight : contract.right,
    contract.multiplier,
    contract.exchange,
    contract.currency,
    contract.localSymbol,
    contract.tradingClass,
  ]
}
