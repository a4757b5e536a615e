/**
 * Streams on their way from one connector to another: of a source that failed, or of a connector that is taken out of a
 * running system. Whatever cannot go on is said in its place among the data, and as a problem.
 */
import type { BaseConnector } from '../connector/base-connector.js'
import type { Subscription } from '../connector/subscriptions.js'
import { TradewireError } from '../core/errors.js'
import type { Discontinuity } from '../model/market-data.js'
import type { OrderCore } from '../oms/order-core.js'
import type { FeedRouter } from '../routing/feed-router.js'

/** What streams are moved with. */
export interface MovedStreamsParts {
  readonly core: OrderCore
  readonly feeds: FeedRouter
  readonly connectors: ReadonlyMap<string, BaseConnector>
  onError(error: unknown, where: string): void
}

/** Every user of a stream moves from one connector to another. */
export async function moveUsers(
  subscription: Subscription,
  users: number,
  from: BaseConnector,
  to: BaseConnector,
): Promise<void> {
  const steps: Promise<void>[] = []
  for (let user = 0; user < users; user++) steps.push(to.subscribeTo(subscription), from.unsubscribeFrom(subscription))
  await Promise.all(steps)
}

/**
 * What only a leaving connector brings is asked for at another one that has such data: of the feed of the instrument where it
 * has one, else of any. `named` users want it from this connector and no other: for them it ends.
 */
export async function moveStreams(
  leaving: BaseConnector,
  named: (subscription: Subscription) => number,
  { core, feeds, connectors, onError }: MovedStreamsParts,
): Promise<void> {
  const steps: Promise<void>[] = []
  for (const { subscription, users } of leaving.streams) {
    const { instrument, kind } = subscription
    const moving = users - named(subscription)
    if (moving <= 0) continue
    const feed = feeds.feed(instrument)
    const isLine = feed !== undefined && feed.lineOf(leaving.source) >= 0
    const others = (isLine ? feed.sources.map((source) => core.connectors[source]) : [...connectors.values()]).filter(
      (each): each is BaseConnector => each !== undefined && each !== leaving && each.capabilities.data.includes(kind),
    )
    const isBrought = others.some(({ subscriptions }) =>
      subscriptions.some((each) => each.instrument === instrument && each.kind === kind),
    )
    if (isLine && isBrought) continue
    const [next] = others
    const mark = (source: number, reason: Discontinuity['reason']) =>
      feeds.announce(instrument, source, { stream: streamOf(kind), reason, previousSource: leaving.source })
    if (next === undefined) {
      mark(leaving.source, 'lost')
      onError(
        new TradewireError(
          'TW_NOT_SUPPORTED',
          `No other connector has ${kind}; add one, or end the subscription first`,
        ),
        `${kind} of ${core.instruments.at(instrument).id} at ${leaving.name}`,
      )
      continue
    }
    if (!isLine) mark(next.source, 'failover')
    const asked = moveUsers(subscription, moving, leaving, next)
    steps.push(asked.catch((error) => onError(error, `subscribing to ${kind} at ${next.name}`)))
  }
  await Promise.all(steps)
}

/** The stream of a discontinuity that a kind of data belongs to. */
function streamOf(kind: Subscription['kind']): Discontinuity['stream'] {
  if (kind === 'quotes' || kind === 'trades' || kind === 'book') return kind
  return kind === 'orders' ? 'book' : 'all'
}
