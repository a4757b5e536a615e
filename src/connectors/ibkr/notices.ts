/** What an IBKR connector tells its users in words of its own. */
import type { TwsCodeClass } from './codes.js'

/** A code of TWS. */
export interface IbkrNotice {
  readonly code: number
  readonly class: TwsCodeClass
  readonly text: string
  /** Order or request it is about; -1 for the session. */
  readonly id: number
  /** The structure that some rejections carry, as the text that came: JSON as a rule. */
  readonly advancedReject?: string
}

/** A margin before and after an order, and the difference; decimal text, empty where TWS does not say. */
export interface MarginChange {
  readonly before: string
  readonly change: string
  readonly after: string
}

/** What an order would cost. */
export interface IbkrPreview {
  readonly initialMargin: MarginChange
  readonly maintenanceMargin: MarginChange
  readonly equityWithLoan: MarginChange
  readonly commission: string
  readonly commissionCurrency: string
  readonly warning: string
}
