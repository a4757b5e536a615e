/** A connector over ZeroMQ passes the kit: market data of a publisher, orders through a gateway with a whole system behind it, all over real sockets. */
import { describe, it } from 'vitest'
import { zmqConformance } from '../../src/gateways/zmq/conformance.test-support.js'
import { describeConformance } from '../../src/testing/conformance/index.js'

describeConformance({ describe, it }, 'ZmqConnector', zmqConformance)
