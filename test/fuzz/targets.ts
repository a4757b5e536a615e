/** Everything that reads bytes from outside. A new reader is a new line here. */
import type { FuzzTarget } from './harness.js'
import { configTarget, jsonModelsTarget, marketDataTarget } from './targets-core.js'
import { fixTargets } from './targets-fix.js'
import { journalTargets } from './targets-journal.js'
import { twsTargets } from './targets-tws.js'
import { webSocketTargets } from './targets-websocket.js'
import { zmqTargets } from './targets-zmq.js'

/** All targets. */
export const fuzzTargets: readonly FuzzTarget[] = [
  ...journalTargets,
  marketDataTarget,
  jsonModelsTarget,
  configTarget,
  ...fixTargets,
  ...twsTargets,
  ...zmqTargets,
  ...webSocketTargets,
]
