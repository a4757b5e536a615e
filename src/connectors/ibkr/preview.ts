/** What-if orders: TWS computes margins and commission of an order and places nothing. */
import { TradewireError } from '../../core/errors.js'
import { withTimeout } from '../../core/time.js'
import type { IbkrContext } from './ibkr-context.js'
import type { ToldOrder } from './messages.js'
import type { IbkrPreview } from './notices.js'
import { libraryContract } from './order-mapping.js'

/** The answer to a what-if order. */
const previewTimeoutMs = 10_000

/** An order to be previewed. Quantity and price are decimal text; without a price it is a market order. */
export interface PreviewedOrder {
  readonly symbol: string
  readonly side: 'buy' | 'sell'
  readonly quantity: string
  readonly price?: string
  readonly account?: string
}

/** What the answer to a preview is known by: the order it names exists nowhere else. */
export function previewKey(orderId: number): string {
  return `preview ${orderId}`
}

/**
 * Asks for a preview under an order id that `takeOrderId` gives. The account is that of the order, of the options or `login`,
 * the first of the login.
 *
 * @throws TradewireError `TW_NOT_SUPPORTED` with the words of TWS when it refuses; `TW_TIMEOUT`.
 */
export async function askPreview(
  { host, options, line, contracts }: IbkrContext,
  order: PreviewedOrder,
  { takeOrderId, login }: { takeOrderId: () => number; login: string | undefined },
  signal?: AbortSignal,
): Promise<IbkrPreview> {
  const instrument = host.instruments.get(order.symbol)
  const { contract } = contracts.of(instrument)
  const quantity = instrument.quantityText(instrument.quantityUnits(order.quantity))
  const price = order.price === undefined ? undefined : instrument.priceText(instrument.priceUnits(order.price))
  const orderId = takeOrderId()
  const wire = {
    action: order.side === 'buy' ? 'BUY' : 'SELL',
    orderType: price === undefined ? 'MKT' : 'LMT',
    totalQuantity: quantity,
    ...(price === undefined ? {} : { lmtPrice: price }),
    tif: 'DAY',
    account: order.account ?? options.account ?? login,
    transmit: true,
    whatIf: true,
  }
  const [told] = await withTimeout(host.time, { timeoutMs: previewTimeoutMs, what: 'preview', signal }, (inner) =>
    line.paced('query', 1, inner, () =>
      line.questions.ask<ToldOrder>(previewKey(orderId), inner, () =>
        line.send((api) => api.placeOrder(orderId, libraryContract(contract), wire as never)),
      ),
    ),
  )
  if (told === undefined) throw new TradewireError('TW_TIMEOUT', 'TWS gave no preview')
  return previewOf(told)
}

/** TWS tells nine margins: before, change and after, each for initial, maintenance and equity. */
function previewOf(told: ToldOrder): IbkrPreview {
  const { margins, commission, commissionCurrency, warning } = told
  const [
    initialBefore,
    maintenanceBefore,
    equityBefore,
    initialChange,
    maintenanceChange,
    equityChange,
    initialAfter,
    maintenanceAfter,
    equityAfter,
  ] = margins
  return {
    initialMargin: { before: initialBefore ?? '', change: initialChange ?? '', after: initialAfter ?? '' },
    maintenanceMargin: {
      before: maintenanceBefore ?? '',
      change: maintenanceChange ?? '',
      after: maintenanceAfter ?? '',
    },
    equityWithLoan: { before: equityBefore ?? '', change: equityChange ?? '', after: equityAfter ?? '' },
    commission,
    commissionCurrency,
    warning,
  }
}
