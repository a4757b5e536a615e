/**
 * What the sources that are not listened to brought and the one that is has not brought yet: kept, where messages have numbers
 * or ids, so that a change of source leaves no hole. The active source silences it all by bringing the same.
 *
 *   active  1 2 3 4 ✕
 *   standby 1 2 3 4 5 6 ── kept: 5 6 ── the change ── 5 6 handed on, then 7 8 …
 */
import type { Feed, FeedStream, HeldMessage } from './feed.js'
import type { WaitingRoom } from './waiting-room.js'

/** Whether a message of a standby may be needed later: it was not handed on yet, as far as its number or id tells. */
export function isNew({ seenTrades, trades }: Feed, stream: FeedStream, number: number): boolean {
  if (Number.isNaN(number)) return false
  if (stream === trades && seenTrades !== undefined) return !seenTrades.has(number)
  return !(number <= stream.arbiter.last)
}

/** Keeps a message of a standby; of too many the oldest goes. */
export function keep(feed: Feed, stream: FeedStream, message: HeldMessage): void {
  const { kept } = stream
  let handedOn = 0
  while (handedOn < kept.length && !isNew(feed, stream, (kept[handedOn] as HeldMessage).sequence)) handedOn++
  if (kept.length - handedOn >= feed.maxHeld) handedOn = kept.length - feed.maxHeld + 1
  if (handedOn > 0) kept.splice(0, handedOn)
  kept.push(message)
}

/**
 * A source is listened to from now on: what it brought beyond what was handed on follows, in order. `sinceMs`: what is older
 * is no part of the break; it matters where ids have no order.
 */
export function replayKept(feed: Feed, instrument: number, line: number, sinceMs: number, waiting: WaitingRoom): void {
  for (const stream of [feed.quotes, feed.trades]) {
    const own = stream.kept.splice(0).filter((each) => each.line === line && isNew(feed, stream, each.sequence))
    if (own.length === 0) continue
    if (stream === feed.trades && feed.seenTrades !== undefined) {
      for (const each of own) {
        if (each.sinceMs < sinceMs || feed.seenTrades.has(each.sequence) || !each.publish()) continue
        feed.seenTrades.add(each.sequence)
        stream.arbiter.received(line, each.sequence)
        stream.arbiter.delivered(line, each.sequence)
      }
      continue
    }
    for (const each of own) waiting.hold(feed, stream, instrument, each)
    waiting.letGo(feed, stream, instrument)
  }
}
