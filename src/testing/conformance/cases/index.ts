/** All cases, in the order in which they are run. */
import type { ConformanceCase } from '../case.js'
import { cancelCases } from './cancels.js'
import { connectionCases } from './connection.js'
import { dataCases } from './data.js'
import { disposalCases } from './disposal.js'
import { executionCases } from './executions.js'
import { instrumentCases } from './instruments.js'
import { orderCases } from './orders.js'
import { pacingCases } from './pacing.js'
import { reconciliationCases } from './reconciliation.js'
import { reconnectCases } from './reconnect.js'
import { systemCases } from './system.js'

/** Every conformance case. Ids never change their meaning; new cases get new numbers. */
export const conformanceCases: readonly ConformanceCase[] = [
  ...connectionCases,
  ...instrumentCases,
  ...dataCases,
  ...orderCases,
  ...cancelCases,
  ...executionCases,
  ...reconnectCases,
  ...reconciliationCases,
  ...pacingCases,
  ...disposalCases,
  ...systemCases,
]
