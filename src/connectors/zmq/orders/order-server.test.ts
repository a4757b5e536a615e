import { describe, expect, it } from 'vitest'
import { Dealer } from 'zeromq'
import { silentLogger } from '../../../core/logger.js'
import { RealTime } from '../../../core/real-time.js'
import { decode, encode, ORDER_PROTOCOL } from './messages.js'
import { OrderServer } from './order-server.js'

describe('OrderServer', () => {
  it('a session to which a message could not be sent is over: what was lost may have been an execution', async () => {
    const time = new RealTime()
    const ended: string[] = []
    const server = new OrderServer(
      {
        bind: 'tcp://127.0.0.1:*',
        clients: { reader: {}, deaf: {} },
        environment: 'paper',
        // Silence is not what ends sessions here.
        heartbeatMs: 600_000,
        highWaterMark: 4,
        time,
        logger: silentLogger,
      },
      {
        message: () => {},
        session: (client, isOpen) => {
          if (!isOpen) ended.push(client)
        },
      },
    )
    await server.open()
    const sockets: Dealer[] = []
    const connect = async (client: string) => {
      const socket = new Dealer({ linger: 0, receiveHighWaterMark: 4 })
      sockets.push(socket)
      socket.connect(server.endpoint)
      await socket.send(encode({ t: 'hello', version: ORDER_PROTOCOL, client }) as Buffer)
      const [welcome] = await socket.receive()
      expect(decode(welcome as Buffer)).toMatchObject({ t: 'welcome' })
      return socket
    }
    try {
      await connect('reader')
      await connect('deaf')
      const padding = 'x'.repeat(60_000)
      for (let sent = 0; sent < 5_000 && server.connected.includes('deaf'); sent++) {
        server.send('deaf', { t: 'report', kind: 'accepted', padding })
        await new Promise<void>((resolve) => time.nextTurn(resolve))
      }
      expect(ended).toEqual(['deaf'])
      expect(server.connected).toEqual(['reader'])
    } finally {
      for (const socket of sockets) socket.close()
      server.close()
    }
  })
})
