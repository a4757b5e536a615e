import { describe, expect, it } from 'vitest'
import { CLOSE_LINGER_MS, type Connection } from '../core/network.js'
import { settlePromises, VirtualTime } from '../core/virtual-time.js'
import { SimulatedNetwork, type SimulatedNetworkOptions } from './simulated-network.js'

/** A connection, what each end received, and how each was closed. */
async function pair(options: Partial<SimulatedNetworkOptions> = {}) {
  const time = new VirtualTime()
  const network = new SimulatedNetwork({ time, ...options })
  const server = { received: [] as number[], chunks: [] as number[], closed: [] as (string | undefined)[] }
  const client = { received: [] as number[], chunks: [] as number[], closed: [] as (string | undefined)[] }
  const handlersOf = (end: typeof server) => ({
    onData: (bytes: Uint8Array) => {
      end.received.push(...bytes)
      end.chunks.push(bytes.length)
    },
    onClose: (error?: Error) => void end.closed.push(error?.message),
  })
  let peer!: Connection
  const listener = await network.listen({ host: 'venue', port: 0 }, (connection) => {
    peer = connection
    peer.start(handlersOf(server))
  })
  const connect = () => network.connect({ host: 'venue', port: listener.port, timeoutMs: 1_000 })
  const connection = await time.runUntil(connect())
  connection.start(handlersOf(client))
  return { time, network, listener, connect, connection, peer, server, client }
}

const codeOf = (error: { code?: string }) => error.code

describe('SimulatedNetwork', () => {
  it('carries bytes both ways in order, however they are cut', async () => {
    const { time, connection, peer, server, client, network } = await pair({
      seed: 3,
      minDelayMs: 1,
      maxDelayMs: 30,
      split: 0.5,
      join: 0.5,
    })
    const sent: number[] = []
    for (let i = 0; i < 200; i++) {
      const bytes = Uint8Array.from({ length: 1 + (i % 7) }, (_, k) => (i * 7 + k) & 255)
      sent.push(...bytes)
      connection.send(bytes)
      peer.send(bytes)
      // The sender may use its buffer again.
      bytes.fill(0)
      if (i % 3 === 0) time.advanceMs(5)
    }
    time.advanceMs(100)
    expect(server.received).toEqual(sent)
    expect(client.received).toEqual(sent)
    expect(new Set(server.chunks).size).toBeGreaterThan(7)
    expect([connection.bufferedBytes, network.counters.delivered, network.open]).toEqual([0, 2 * sent.length, 1])
  })

  it('does the same again from the same seed', async () => {
    const run = async (seed: number) => {
      const { time, connection, server } = await pair({ seed, maxDelayMs: 20, split: 0.4, join: 0.4 })
      const log: string[] = []
      for (let i = 0; i < 50; i++) {
        connection.send(new Uint8Array(20))
        time.advanceMs(7)
        log.push(`${server.chunks.length} ${server.received.length}`)
      }
      return `${log.join()} ${server.chunks.join()}`
    }
    expect(await run(1)).toBe(await run(1))
    expect(await run(1)).not.toBe(await run(2))
  })

  it('delivers what was sent before a close, then closes both ends without an error', async () => {
    const { time, connection, server, client, network } = await pair({ minDelayMs: 10, maxDelayMs: 10 })
    connection.send(Uint8Array.of(1, 2, 3))
    connection.close()
    expect(connection.send(Uint8Array.of(4))).toBe(false)
    time.advanceMs(100)
    expect([server.received, server.closed, client.closed]).toEqual([[1, 2, 3], [undefined], [undefined]])
    expect([network.open, time.pendingTimers]).toEqual([0, 0])
  })

  it('resets what was on its way, and tells both ends', async () => {
    const { time, connection, server, client, network } = await pair({ minDelayMs: 10, maxDelayMs: 10 })
    connection.send(Uint8Array.of(1, 2, 3))
    network.cut('a cable was pulled')
    time.advanceMs(100)
    expect([server.received, server.closed, client.closed]).toEqual([
      [],
      ['a cable was pulled [TW_NETWORK]'],
      ['a cable was pulled [TW_NETWORK]'],
    ])
    expect([network.counters.lost, network.open, time.pendingTimers]).toEqual([3, 0, 0])
  })

  it('falls silent without a word, until it is cut', async () => {
    const { time, connection, server, client, network } = await pair()
    network.silence()
    connection.send(Uint8Array.of(1))
    time.advanceMs(60_000)
    expect([server.received, server.closed, client.closed]).toEqual([[], [], []])
    network.cut()
    expect([server.closed.length, client.closed.length]).toEqual([1, 1])
  })

  it('ends a close by itself when the peer cannot hear of it', async () => {
    const { time, connection, client, network } = await pair()
    network.silence()
    connection.close()
    time.advanceMs(CLOSE_LINGER_MS - 1)
    expect(client.closed).toEqual([])
    time.advanceMs(1)
    expect(client.closed).toEqual([undefined])
  })

  it('refuses, hangs until the time-out, and is aborted', async () => {
    const { time, connect, network } = await pair()
    network.refuseNext()
    expect(await time.runUntil(connect().catch(codeOf))).toBe('TW_NETWORK')
    network.hangNext()
    const startNs = time.monotonicNs()
    expect(await time.runUntil(connect().catch(codeOf))).toBe('TW_TIMEOUT')
    expect(time.monotonicNs() - startNs).toBe(1_000_000_000)
    expect(await time.runUntil(network.connect({ host: 'x', port: 1, timeoutMs: 10 }).catch(codeOf))).toBe('TW_NETWORK')
    network.hangNext()
    const controller = new AbortController()
    const attempt = network.connect({ host: 'venue', port: 1, timeoutMs: 10, signal: controller.signal }).catch(codeOf)
    controller.abort()
    expect(await attempt).toBe('TW_ABORTED')
    expect(time.pendingTimers).toBe(0)
  })

  it('shows back-pressure, stops reading and goes on', async () => {
    const { time, connection, peer, server } = await pair({ highWaterBytes: 10 })
    peer.pause()
    expect([connection.send(new Uint8Array(8)), connection.send(new Uint8Array(8))]).toEqual([true, false])
    time.advanceMs(1_000)
    expect([server.received.length, connection.bufferedBytes]).toEqual([0, 16])
    peer.resume()
    time.advanceMs(1)
    expect([server.received.length, connection.bufferedBytes]).toEqual([16, 0])
  })

  it('keeps what comes before start, and tells of a connection that is lost before it', async () => {
    const time = new VirtualTime()
    const network = new SimulatedNetwork({ time })
    const peers: Connection[] = []
    await network.listen({ host: 'venue', port: 5_000 }, (peer) => void peers.push(peer))
    const connection = await time.runUntil(network.connect({ host: 'venue', port: 5_000, timeoutMs: 10 }))
    connection.send(Uint8Array.of(7))
    time.advanceMs(1)
    const received: number[] = []
    const closed: unknown[] = []
    peers[0]?.start({ onData: (bytes) => void received.push(...bytes), onClose: () => {} })
    time.advanceMs(1)
    expect(received).toEqual([7])
    network.cut()
    connection.start({ onData: () => {}, onClose: (error) => void closed.push(error) })
    time.advanceMs(1)
    expect(closed).toHaveLength(1)
  })

  it('ends a connection whose handler throws, and a listener with its connections', async () => {
    const { time, listener, connection, peer, server, client, network, connect } = await pair()
    await settlePromises()
    server.received.push = () => {
      throw new Error('bad bytes')
    }
    connection.send(Uint8Array.of(1))
    time.advanceMs(1)
    expect([server.closed, client.closed]).toEqual([['bad bytes'], ['reset by the peer [TW_NETWORK]']])
    expect(peer.send(Uint8Array.of(1))).toBe(false)
    await time.runUntil(connect())
    await listener.close()
    await listener.close()
    expect(network.open).toBe(0)
    expect(await time.runUntil(connect().catch(codeOf))).toBe('TW_NETWORK')
  })

  it.each([
    [{ splits: 1 }, /no option splits/],
    [{ split: 2 }, /split .* 2/],
    [{ minDelayMs: -1 }, /minDelayMs/],
  ])('names the option that is wrong: %o', (options, message) => {
    expect(() => new SimulatedNetwork({ time: new VirtualTime(), ...options } as SimulatedNetworkOptions)).toThrow(
      message,
    )
  })
})
