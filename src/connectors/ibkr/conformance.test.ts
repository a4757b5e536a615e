import { passing } from '../../../test/support/conformance.js'
import { describeConformance } from '../../testing/conformance/index.js'
import { twsConformance } from './tws-venue.test-support.js'

describeConformance(passing, 'IbkrConnector over a real socket', twsConformance)
