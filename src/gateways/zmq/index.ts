/**
 * `tradewire/zmq-gateway`: one process that owns order management and risk takes orders of others over ZeroMQ.
 */
export type { GatewayClient } from '../../connectors/zmq/orders/order-server.js'
export { type GatewaySystem, ZmqOrderGateway, type ZmqOrderGatewayOptions } from './order-gateway.js'
