import { afterEach, describe, expect, it } from 'vitest'
import type { Connection, Listener } from '../core/network.js'
import { nodeNetwork } from '../core/node-network.js'
import { RealTime } from '../core/real-time.js'
import { sleep } from '../core/time.js'
import { VirtualTime } from '../core/virtual-time.js'
import { FaultProxy } from './fault-proxy.js'
import { SimulatedNetwork } from './simulated-network.js'

const time = new RealTime()
const open: { close(): unknown }[] = []
afterEach(async () => {
  for (const each of open.splice(0).reverse()) await each.close()
})

/** A server that answers with what it is sent, and a proxy in front of it. */
async function echo() {
  const received: string[] = []
  const listener: Listener = await nodeNetwork.listen({ host: '127.0.0.1', port: 0 }, (connection) =>
    connection.start({
      onData: (chunk) => {
        received.push(Buffer.from(chunk).toString())
        connection.send(chunk)
      },
      onClose: () => {},
    }),
  )
  open.push(listener)
  const proxy = await FaultProxy.open({ port: listener.port })
  open.push(proxy)
  return { proxy, received }
}

/** A client that keeps what it hears. */
async function client(proxy: FaultProxy) {
  const connection: Connection = await nodeNetwork.connect({ host: '127.0.0.1', port: proxy.port, timeoutMs: 1_000 })
  const chunks: string[] = []
  const state = { isClosed: false }
  connection.start({
    onData: (chunk) => chunks.push(Buffer.from(chunk).toString()),
    onClose: () => {
      state.isClosed = true
    },
  })
  open.push({ close: () => connection.destroy() })
  const heard = (count: number) => until(() => chunks.join('').length >= count)
  return { send: (text: string) => connection.send(Buffer.from(text)), chunks, state, heard }
}

/** A proxy on a simulated clock, what its server received and when, and a line to it. */
async function timed() {
  const time = new VirtualTime()
  const network = new SimulatedNetwork({ time })
  const received: [atMs: number, text: string][] = []
  const { port } = await network.listen({ host: 'server', port: 0 }, (connection) =>
    connection.start({
      onData: (chunk) =>
        void received.push([Math.round(time.monotonicNs() / 1e6 - startMs), Buffer.from(chunk).toString()]),
      onClose: () => {},
    }),
  )
  const proxy = await FaultProxy.open({ port, network, time })
  const line = await time.runUntil(network.connect({ host: 'proxy', port: proxy.port, timeoutMs: 1_000 }))
  line.start({ onData: () => {}, onClose: () => {} })
  time.advanceMs(10)
  const startMs = time.monotonicNs() / 1e6
  /** Sends a text, and lets it come as far as the proxy. */
  const send = (text: string) => {
    line.send(Buffer.from(text))
    time.advanceMs(1)
  }
  return { time, proxy, received, send }
}

async function until(condition: () => boolean): Promise<void> {
  for (let i = 0; i < 2_000 && !condition(); i++) await sleep(time, 2)
  expect(condition()).toBe(true)
}

describe('FaultProxy', () => {
  it('passes bytes through unchanged', async () => {
    const { proxy } = await echo()
    const { send, chunks, heard } = await client(proxy)
    send('hello')
    await heard(5)
    expect(chunks.join('')).toBe('hello')
    expect(proxy.counters).toMatchObject({ connections: 1, bytesToServer: 5, bytesToClient: 5, lostBytes: 0 })
    expect(proxy.connections).toBe(1)
  })

  it('splits chunks into pieces', async () => {
    const { proxy } = await echo()
    proxy.faults.toClient = { splitBytes: 1, delayMs: 2 }
    const { send, chunks, heard } = await client(proxy)
    send('abcdef')
    await heard(6)
    expect(chunks.join('')).toBe('abcdef')
    expect(proxy.counters.bytesToClient).toBe(6)
  })

  it('merges chunks', async () => {
    const { time, proxy, received, send } = await timed()
    proxy.faults.toServer = { mergeMs: 60 }
    for (const text of ['a', 'b', 'c']) send(text)
    time.advanceMs(100)
    expect(received).toEqual([[60, 'abc']])
  })

  it('delays without letting anything overtake', async () => {
    const { time, proxy, received, send } = await timed()
    proxy.faults.toServer = { delayMs: 40 }
    send('slow')
    proxy.faults.toServer = {}
    send('fast')
    time.advanceMs(100)
    expect(received).toEqual([
      [40, 'slow'],
      [40, 'fast'],
    ])
  })

  it('sends bytes twice', async () => {
    const { proxy } = await echo()
    proxy.faults.toServer = { duplicate: 1 }
    const { send, chunks, heard } = await client(proxy)
    send('x')
    await heard(2)
    expect(chunks.join('')).toBe('xx')
    expect(proxy.counters.duplicates).toBe(1)
  })

  it('cuts the line in the middle of a message, after what has passed', async () => {
    const { proxy } = await echo()
    proxy.faults.toClient = { cutAfterBytes: 4 }
    const { send, chunks, state } = await client(proxy)
    send('abcdefgh')
    await until(() => state.isClosed)
    expect(chunks.join('')).toBe('abcd')
    expect(proxy.counters).toMatchObject({ cuts: 1, lostBytes: 4 })
    await until(() => proxy.connections === 0)
    const again = await client(proxy)
    again.send('abcdefgh')
    await again.heard(8)
  })

  it('cuts all connections at once', async () => {
    const { proxy } = await echo()
    const first = await client(proxy)
    const second = await client(proxy)
    await until(() => proxy.connections === 2)
    proxy.cut()
    await until(() => first.state.isClosed && second.state.isClosed)
    expect(proxy.counters.cuts).toBe(2)
  })

  it('goes silent without telling, refuses, and heals', async () => {
    const { proxy } = await echo()
    const { send, chunks, state } = await client(proxy)
    send('1')
    await until(() => chunks.length === 1)
    proxy.silence()
    send('lost')
    await sleep(time, 40)
    expect([chunks.join(''), state.isClosed, proxy.counters.lostBytes]).toEqual(['1', false, 4])
    proxy.isRefusing = true
    const refused = await client(proxy)
    await until(() => refused.state.isClosed)
    expect(proxy.counters.refused).toBe(1)
    proxy.heal()
    send('2')
    await until(() => chunks.join('') === '12')
    proxy.inject(Buffer.from('!'))
    await until(() => chunks.join('') === '12!')
  })

  it('is closed for good', async () => {
    const { proxy } = await echo()
    const { state } = await client(proxy)
    await until(() => proxy.connections === 1)
    await proxy.close()
    await until(() => state.isClosed)
    expect(() => proxy.port).toThrow('TW_DISPOSED')
  })
})
