import { createServer, type Server, type Socket } from 'node:net'
import { afterEach, describe, expect, it } from 'vitest'
import type { Connection, ConnectionHandlers, Listener } from './network.js'
import { nodeNetwork } from './node-network.js'

const host = '127.0.0.1'
const cleanups: (() => void | Promise<void>)[] = []

afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup()
})

async function listen(onConnection: (connection: Connection) => void): Promise<Listener> {
  const listener = await nodeNetwork.listen({ host, port: 0 }, onConnection)
  cleanups.push(() => listener.close())
  return listener
}

async function connect(port: number): Promise<Connection> {
  const connection = await nodeNetwork.connect({ host, port, timeoutMs: 5_000 })
  cleanups.push(() => connection.destroy())
  return connection
}

/** A raw peer, for what the port itself would not do. */
async function rawServer(onSocket: (socket: Socket) => void, allowHalfOpen = false): Promise<number> {
  const sockets: Socket[] = []
  const server: Server = createServer({ allowHalfOpen }, (socket) => {
    sockets.push(socket)
    socket.on('error', () => {})
    onSocket(socket)
  })
  await new Promise<void>((resolve) => server.listen(0, host, resolve))
  cleanups.push(
    () =>
      new Promise<void>((resolve) => {
        for (const socket of sockets) socket.destroy()
        server.close(() => resolve())
      }),
  )
  return (server.address() as { port: number }).port
}

/** Handlers that note what they are told. */
function recorder(overrides: Partial<ConnectionHandlers> = {}) {
  const chunks: Uint8Array[] = []
  let closed: (error: Error | undefined) => void = () => {}
  const closing = new Promise<Error | undefined>((resolve) => {
    closed = resolve
  })
  const state = { closes: 0, drains: 0 }
  const handlers: ConnectionHandlers = {
    onData: (chunk) => chunks.push(chunk),
    onDrain: () => state.drains++,
    onClose: (error) => {
      state.closes++
      closed(error)
    },
    ...overrides,
  }
  return {
    handlers,
    closing,
    state,
    text: () => Buffer.concat(chunks).toString(),
    bytes: () => Buffer.concat(chunks).length,
  }
}

const wait = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))
const until = async (condition: () => boolean) => {
  for (let i = 0; i < 2_000 && !condition(); i++) await wait(2)
  expect(condition()).toBe(true)
}

describe('nodeNetwork', () => {
  it('carries bytes both ways and closes in an orderly way, once', async () => {
    const served = recorder()
    const { port } = await listen((connection) => {
      connection.start({
        ...served.handlers,
        onData: (chunk) => {
          served.handlers.onData(chunk)
          connection.send(Buffer.from('pong'))
        },
      })
    })
    const connection = await connect(port)
    expect(connection.remote).toBe(`${host}:${port}`)
    const seen = recorder()
    connection.start(seen.handlers)
    expect(() => connection.start(seen.handlers)).toThrow(/TW_INVALID_STATE/)
    expect(connection.send(Buffer.from('ping'))).toBe(true)
    await until(() => seen.text() === 'pong')
    expect(served.text()).toBe('ping')
    connection.close()
    connection.close()
    expect(await seen.closing).toBeUndefined()
    expect(await served.closing).toBeUndefined()
    expect(connection.send(Buffer.from('x'))).toBe(false)
    await wait(20)
    expect([seen.state.closes, served.state.closes]).toEqual([1, 1])
  })

  it('delivers what was sent before close', async () => {
    const served = recorder()
    const { port } = await listen((connection) => connection.start(served.handlers))
    const connection = await connect(port)
    connection.start(recorder().handlers)
    const block = new Uint8Array(300_000).fill(7)
    for (let i = 0; i < 10; i++) connection.send(block)
    connection.close()
    await served.closing
    expect(served.bytes()).toBe(3_000_000)
  })

  it('delivers bytes that came before start', async () => {
    const { port } = await listen((connection) => {
      connection.start(recorder().handlers)
      connection.send(Buffer.from('early'))
    })
    const connection = await connect(port)
    await wait(30)
    const seen = recorder()
    connection.start(seen.handlers)
    await until(() => seen.text() === 'early')
  })

  it('tells of a connection that was lost before start', async () => {
    const { port } = await listen((connection) => connection.start(recorder().handlers))
    const connection = await connect(port)
    connection.destroy()
    await wait(20)
    const seen = recorder()
    connection.start(seen.handlers)
    expect(seen.state.closes).toBe(0)
    expect(await seen.closing).toBeUndefined()
    expect(seen.state.closes).toBe(1)
  })

  it('fails with TW_NETWORK where nobody listens', async () => {
    const listener = await nodeNetwork.listen({ host, port: 0 }, () => {})
    await listener.close()
    for (const name of [host, 'localhost']) {
      const attempt = nodeNetwork.connect({ host: name, port: listener.port, timeoutMs: 5_000 })
      await expect(attempt).rejects.toMatchObject({
        code: 'TW_NETWORK',
        retryable: true,
        message: expect.stringMatching(/ECONNREFUSED/),
      })
    }
  })

  it('fails with TW_TIMEOUT when the peer says nothing', async () => {
    const port = await rawServer(() => {})
    // The handshake of TLS waits for an answer that never comes.
    const attempt = nodeNetwork.connect({ host, port, timeoutMs: 40, tls: {} })
    await expect(attempt).rejects.toMatchObject({
      code: 'TW_TIMEOUT',
      message: expect.stringContaining('within 40 ms'),
    })
  })

  it('fails with TW_ABORTED when the signal fires, before or during', async () => {
    let open = 0
    const port = await rawServer((socket) => {
      open++
      socket.on('close', () => open--)
      socket.resume()
    })
    const controller = new AbortController()
    const attempt = nodeNetwork.connect({ host, port, timeoutMs: 5_000, tls: {}, signal: controller.signal })
    await until(() => open === 1)
    controller.abort()
    await expect(attempt).rejects.toMatchObject({ code: 'TW_ABORTED' })
    await until(() => open === 0)
    const late = nodeNetwork.connect({ host, port, timeoutMs: 5_000, signal: controller.signal })
    await expect(late).rejects.toMatchObject({ code: 'TW_ABORTED' })
  })

  it('fails when the peer does not speak TLS, and never without checking its certificate', async () => {
    const port = await rawServer((socket) => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n'))
    await expect(nodeNetwork.connect({ host, port, timeoutMs: 5_000, tls: {} })).rejects.toMatchObject({
      code: 'TW_NETWORK',
    })
  })

  it('refuses ports, timeouts and keys that cannot be', async () => {
    for (const port of [0, -1, 65_536, 1.5, Number.NaN]) {
      await expect(nodeNetwork.connect({ host, port, timeoutMs: 10 })).rejects.toMatchObject({
        code: 'TW_INVALID_ARGUMENT',
      })
    }
    for (const timeoutMs of [0, -1, Number.NaN, Number.POSITIVE_INFINITY]) {
      await expect(nodeNetwork.connect({ host, port: 1, timeoutMs })).rejects.toThrow(/timeoutMs.*TW_INVALID_ARGUMENT/)
    }
    const tls = { key: 'no key', certificate: 'no certificate' }
    await expect(nodeNetwork.connect({ host, port: 1, timeoutMs: 10, tls })).rejects.toMatchObject({
      code: 'TW_INVALID_ARGUMENT',
    })
    await expect(nodeNetwork.listen({ host, port: -1 }, () => {})).rejects.toMatchObject({
      code: 'TW_INVALID_ARGUMENT',
    })
  })

  it('tells of a reset by the peer, with the error', async () => {
    const port = await rawServer((socket) => setTimeout(() => socket.resetAndDestroy(), 10))
    const connection = await connect(port)
    const seen = recorder()
    connection.start(seen.handlers)
    expect(await seen.closing).toMatchObject({ code: 'ECONNRESET' })
  })

  it('destroys a connection whose peer keeps its half open', async () => {
    let peerEnded = false
    let peerClosed = false
    const port = await rawServer((socket) => {
      socket.on('end', () => {
        peerEnded = true
      })
      socket.on('close', () => {
        peerClosed = true
      })
      socket.resume()
    }, true)
    const connection = await connect(port)
    const seen = recorder()
    connection.start(seen.handlers)
    connection.close()
    await until(() => peerEnded)
    await wait(20)
    expect(seen.state.closes).toBe(0)
    connection.destroy()
    await seen.closing
    await until(() => peerClosed || seen.state.closes === 1)
    expect(seen.state.closes).toBe(1)
  })

  it('gives up a closed connection whose peer never ends, also a paused one', { timeout: 10_000 }, async () => {
    const port = await rawServer((socket) => socket.resume(), true)
    const connection = await connect(port)
    const seen = recorder()
    connection.start(seen.handlers)
    connection.pause()
    connection.close()
    await seen.closing
    expect(seen.state.closes).toBe(1)
  })

  it('shows back-pressure: send says false, bytes are counted, and drain follows', async () => {
    let peer: Socket | undefined
    const port = await rawServer((socket) => {
      peer = socket
      socket.pause()
    })
    const connection = await connect(port)
    const seen = recorder()
    connection.start(seen.handlers)
    const block = new Uint8Array(1_000_000)
    let sent = 0
    while (connection.send(block) && sent < 200) sent++
    sent++
    expect(sent).toBeLessThan(200)
    expect(connection.bufferedBytes).toBeGreaterThan(0)
    await wait(20)
    expect(seen.state.drains).toBe(0)
    let received = 0
    peer?.on('data', (chunk) => {
      received += chunk.length
    })
    peer?.resume()
    await until(() => seen.state.drains === 1 && received === sent * block.length)
    expect(connection.bufferedBytes).toBe(0)
  })

  it('stops and resumes reading', async () => {
    let peer: Connection | undefined
    const { port } = await listen((connection) => {
      peer = connection
      connection.start(recorder().handlers)
    })
    const connection = await connect(port)
    const seen = recorder()
    connection.start(seen.handlers)
    connection.pause()
    await until(() => peer !== undefined)
    peer?.send(Buffer.from('held back'))
    await wait(30)
    expect(seen.text()).toBe('')
    connection.resume()
    await until(() => seen.text() === 'held back')
  })

  it('ends the connection when a handler throws, and tells the owner what', async () => {
    const failure = new Error('cannot decode')
    const { port } = await listen((connection) => {
      connection.start(recorder().handlers)
      connection.send(Buffer.from('garbage'))
    })
    const connection = await connect(port)
    const seen = recorder({
      onData: () => {
        throw failure
      },
    })
    connection.start(seen.handlers)
    expect(await seen.closing).toBe(failure)
  })

  it('ends one connection, not the listener, when accepting it throws', async () => {
    let accepted = 0
    const { port } = await listen((connection) => {
      if (++accepted === 1) throw new Error('no room')
      connection.start(recorder().handlers)
      connection.send(Buffer.from('welcome'))
    })
    const first = recorder()
    ;(await connect(port)).start(first.handlers)
    await first.closing
    const second = recorder()
    ;(await connect(port)).start(second.handlers)
    await until(() => second.text() === 'welcome')
  })

  it('closes a listener with its connections, more than once, and frees its port', async () => {
    const listener = await nodeNetwork.listen({ host, port: 0 }, (connection) => connection.start(recorder().handlers))
    const taken = nodeNetwork.listen({ host, port: listener.port }, () => {})
    await expect(taken).rejects.toMatchObject({ code: 'TW_NETWORK', message: expect.stringContaining('EADDRINUSE') })
    const connection = await connect(listener.port)
    const seen = recorder()
    connection.start(seen.handlers)
    await Promise.all([listener.close(), listener.close()])
    await seen.closing
    const again = await nodeNetwork.listen({ host, port: listener.port }, () => {})
    await again.close()
  })
})
