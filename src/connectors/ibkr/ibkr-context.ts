/** What the collaborators of one IBKR connector share: its surroundings, its line to TWS and its contracts. */
import type { ConnectorHost } from '../../connector/connector-host.js'
import type { ContractBook } from './contract-book.js'
import type { CheckedIbkrOptions } from './ibkr-options.js'
import type { TwsLine } from './tws-line.js'

/** The surroundings of a collaborator. */
export interface IbkrContext {
  readonly host: ConnectorHost
  /** Name of the connector, which events and definitions carry. */
  readonly name: string
  /** Small integer of the connector in the ring. */
  readonly source: number
  readonly options: CheckedIbkrOptions
  readonly line: TwsLine
  readonly contracts: ContractBook
  /** Something went wrong that does not end the connection. */
  problem(error: unknown): void
}
