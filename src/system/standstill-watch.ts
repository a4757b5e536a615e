/** Waits for orders on a virtual clock that nobody moves fail after a while, instead of never ending. */
import { TradewireError } from '../core/errors.js'
import { StandstillWatch } from '../core/standstill.js'
import { VirtualTime } from '../core/virtual-time.js'
import type { Surroundings } from './compose.js'

/** Watches the waits of a system on virtual time; undefined on real time. `isIdle`: it runs, and nobody moves its market. */
export function composeStandstillWatch(
  { core, time, resources }: Surroundings,
  isIdle: () => boolean,
): StandstillWatch | undefined {
  core.onSettling = () => time.requestSettling?.()
  if (!(time instanceof VirtualTime)) return undefined
  const watch = new StandstillWatch(
    time,
    () => isIdle() && core.hasWaits,
    () =>
      core.giveUpWaits(
        new TradewireError(
          'TW_STANDSTILL',
          'An order is awaited, and nothing moves virtual time: call system.run() first, or await both together: const [, result] = await Promise.all([system.run({ durationMs }), order.done()])',
        ),
      ),
  )
  core.onWait = () => watch.begin()
  resources.defer(() => watch.end())
  return watch
}
