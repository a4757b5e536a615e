/** A connector over ZeroMQ passes the kit: market data of a publisher, orders through a gateway with a whole system behind it, all over real sockets. */
import { zmqConformance } from '../../src/gateways/zmq/conformance.test-support.js'
import { describeConformance } from '../../src/testing/conformance/index.js'
import { passing } from '../support/conformance.js'

describeConformance(passing, 'ZmqConnector', zmqConformance)
