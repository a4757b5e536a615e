import { describe, expect, it } from 'vitest'
import { curveKeyPair, Publisher } from 'zeromq'
import { definitions, openConnector, openPublisher, pause, until } from './feed.test-support.js'
import { checkEndpoint, checkLibrary } from './security.js'
import { ZmqConnector } from './zmq-connector.js'
import { ZmqPublisher } from './zmq-publisher.js'

const refusal = { code: 'TW_INVALID_CONFIG' }

describe('security', () => {
  it('refuses plain TCP beyond the loopback unless it is allowed', () => {
    for (const endpoint of [
      'tcp://10.0.0.1:5555',
      'tcp://*:5555',
      'tcp://0.0.0.0:5555',
      'tcp://eth0:1',
      'tcp://[::]:5555',
      'tcp://127.0.0.1.evil.com:5555',
      'tcp://localhost.evil.com:1',
    ])
      expect(() => checkEndpoint('bind', endpoint, {}), endpoint).toThrowError(expect.objectContaining(refusal))
    for (const endpoint of ['tcp://127.0.0.1:5555', 'tcp://localhost:*', 'tcp://[::1]:5555', 'ipc:///tmp/feed'])
      checkEndpoint('bind', endpoint, {})
    checkEndpoint('bind', 'tcp://*:5555', { allowInsecure: true })
    for (const endpoint of ['udp://127.0.0.1:1', 'inproc://feed', '127.0.0.1:5555', 'tcp://127.0.0.1', ''])
      expect(() => checkEndpoint('bind', endpoint, { allowInsecure: true }), endpoint).toThrowError(
        expect.objectContaining(refusal),
      )
  })

  it('refuses ZMQ_CONFLATE, unlimited queues, unknown options and keys that are none', () => {
    const base = { endpoint: 'tcp://127.0.0.1:1', instruments: definitions }
    const make = (more: object) => () => new ZmqConnector({ ...base, ...more })
    for (const more of [
      { conflate: true },
      { highWaterMark: 0 },
      { highWaterMark: -1 },
      { maxMessageBytes: 0 },
      { endpont: 'x' },
      { slow: { quotes: 'block' } },
      { slow: { book: 'dropOldest' } },
      { slow: { quote: 'conflate' } },
      { security: { curve: { publicKey: 'x', secretKey: 'y', serverKey: 'z' } } },
      { security: { ...{ allow: [] } } },
    ])
      expect(make(more), JSON.stringify(more)).toThrowError(/TW_INVALID_(CONFIG|ARGUMENT)/)
    make({ highWaterMark: 0, allowUnbounded: true })()
    const keys = curveKeyPair()
    expect(make({ security: { curve: keys } })).toThrowError(expect.objectContaining(refusal))
    try {
      make({ security: { curve: { ...keys, secretKey: 'canary-secret', serverKey: keys.publicKey } } })()
    } catch (error) {
      expect(String(error)).not.toContain('canary-secret')
    }
    expect(() => new ZmqPublisher({ bind: 'tcp://*:1', instruments: [] })).toThrowError(
      expect.objectContaining(refusal),
    )
  })

  it('refuses a libzmq with known holes', () => {
    expect(() => checkLibrary('4.3.1')).toThrowError(expect.objectContaining({ code: 'TW_INVALID_STATE' }))
    checkLibrary('4.3.2')
    checkLibrary()
  })

  it('admits with CURVE only the keys on the list, and only a server with the right key', async () => {
    const server = curveKeyPair()
    const friend = curveKeyPair()
    const stranger = curveKeyPair()
    const publisher = await openPublisher({ security: { curve: { ...server, allowedKeys: [friend.publicKey] } } })
    const settings = { connectTimeoutMs: 400, reconnect: { maxAttempts: 1 } }
    const good = await openConnector(publisher, { security: { curve: { ...friend, serverKey: server.publicKey } } })
    await good.connector.subscribeTo({ kind: 'quotes', instrument: 0 })
    await until(() => good.connector.feedStreams[0]?.state === 'live', 'an encrypted stream')
    await pause(50)
    publisher.publishQuote(0, 0, 1, 2, 3, 4, 5, 0, 6, 0)
    await until(() => good.received.quotes.length === 1, 'an encrypted quote')
    for (const security of [
      { curve: { ...stranger, serverKey: server.publicKey } },
      { curve: { ...friend, serverKey: stranger.publicKey } },
      {},
    ])
      await expect(openConnector(publisher, { ...settings, security })).rejects.toThrow()
    await good.connector.stop()
    await publisher.stop()
  })

  it('admits only addresses on the list', async () => {
    const publisher = await openPublisher({ security: { allowAddresses: ['10.9.9.9'] } })
    await expect(openConnector(publisher, { connectTimeoutMs: 400, reconnect: { maxAttempts: 1 } })).rejects.toThrow()
    await publisher.stop()
    const open = await openPublisher({ security: { allowAddresses: ['127.0.0.1'] } })
    const { connector } = await openConnector(open)
    expect(connector.isReady).toBe(true)
    await connector.stop()
    await open.stop()
  })

  it('takes no message larger than the limit, and garbage harms nothing', async () => {
    const time = { connector: undefined as ZmqConnector | undefined }
    const { connector, received } = await openConnector(undefined, {
      bind: 'tcp://127.0.0.1:*',
      instruments: definitions,
      maxMessageBytes: 4_096,
    })
    time.connector = connector
    await connector.subscribeTo({ kind: 'quotes', instrument: 0 })
    const [endpoint] = connector.endpoints
    const rogue = new Publisher({ linger: 0 })
    rogue.connect(endpoint as string)
    await pause(200)
    await rogue.send(Buffer.concat([Buffer.from('quotes/IBM.TEST\0'), Buffer.alloc(10_000, 1)]))
    await pause(200)
    for (const bytes of [
      'quotes/IBM.TEST\0',
      'quotes/IBM.TEST\0TW\x01\x01\x03',
      `quotes/IBM.TEST\0TW${'\xff'.repeat(60)}`,
    ])
      await rogue.send(Buffer.from(bytes, 'latin1'))
    await rogue.send(['quotes/IBM.TEST\0', 'two parts'])
    const publisher = await openPublisher({ bind: [], connect: endpoint as string })
    await pause(300)
    publisher.publishQuote(0, 0, 1, 2, 3, 4, 5, 0, 6, 0)
    await until(() => received.quotes.length === 1, 'the quote of an honest publisher that connects')
    await until(() => connector.counters.malformed >= 4, 'garbage counted')
    rogue.close()
    await publisher.stop()
    await connector.stop()
  })
})
