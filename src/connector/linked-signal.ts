/** One signal that fires when either of two does, and lets go of both when it is no longer needed. */
import { listenForAbort } from '../core/time.js'

/** `release` takes the listeners off: a long-lived signal must not collect one for each operation. */
export function linkedSignal(
  first: AbortSignal | undefined,
  second: AbortSignal | undefined,
): { signal: AbortSignal | undefined; release(): void } {
  if (first === undefined || second === undefined) return { signal: first ?? second, release: () => {} }
  const controller = new AbortController()
  const onFirst = () => controller.abort(first.reason)
  const onSecond = () => controller.abort(second.reason)
  if (first.aborted) onFirst()
  else if (second.aborted) onSecond()
  listenForAbort(first, onFirst)
  listenForAbort(second, onSecond)
  return {
    signal: controller.signal,
    release: () => {
      first.removeEventListener('abort', onFirst)
      second.removeEventListener('abort', onSecond)
    },
  }
}
