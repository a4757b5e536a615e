import { describe, it } from 'vitest'
import { describeConformance } from '../../testing/conformance/index.js'
import { twsConformance } from './tws-venue.test-support.js'

describeConformance({ describe, it }, 'IbkrConnector over a real socket', twsConformance)
