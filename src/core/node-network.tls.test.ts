import { createServer, type TLSSocket } from 'node:tls'
import { afterEach, describe, expect, it } from 'vitest'
import { fingerprintOf, selfSigned } from './certificate.test-support.js'
import type { Connection } from './network.js'
import { nodeNetwork } from './node-network.js'

const cleanups: (() => Promise<void>)[] = []
afterEach(async () => {
  for (const cleanup of cleanups.splice(0)) await cleanup()
})

const own = selfSigned()

async function serve(): Promise<{ port: number; serverNames: unknown[] }> {
  const sockets: TLSSocket[] = []
  const serverNames: unknown[] = []
  const server = createServer({ cert: own.certificate, key: own.key }, (socket) => {
    sockets.push(socket)
    serverNames.push(socket.servername)
    socket.on('error', () => {})
    socket.pipe(socket)
  })
  server.on('tlsClientError', () => {})
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  cleanups.push(
    () =>
      new Promise((resolve) => {
        for (const socket of sockets) socket.destroy()
        server.close(() => resolve())
      }),
  )
  return { port: (server.address() as { port: number }).port, serverNames }
}

describe('nodeNetwork over TLS', () => {
  it.each(['localhost', '127.0.0.1'])('connects to %s by a given authority and carries bytes', async (host) => {
    const { port, serverNames } = await serve()
    const connection = await nodeNetwork.connect({ host, port, timeoutMs: 5_000, tls: { ca: own.certificate } })
    const echoed = await new Promise<string>((resolve) => {
      connection.start({ onData: (chunk) => resolve(Buffer.from(chunk).toString()), onClose: () => resolve('closed') })
      connection.send(Buffer.from('8=FIX.4.4'))
    })
    connection.destroy()
    expect(echoed).toBe('8=FIX.4.4')
    // An address is no server name (RFC 6066).
    expect(serverNames).toEqual([host === 'localhost' ? 'localhost' : false])
  })

  it('refuses a certificate of an unknown authority, another key, or another name', async () => {
    const { port } = await serve()
    const host = '127.0.0.1'
    const attempts = [{}, { ca: selfSigned().certificate }, { ca: own.certificate, serverName: 'venue.example' }]
    for (const tls of attempts) {
      const attempt = nodeNetwork.connect({ host, port, timeoutMs: 5_000, tls })
      await expect(attempt).rejects.toMatchObject({ code: 'TW_NETWORK' })
    }
  })

  it('connects to a pinned certificate only, however it is written', async () => {
    const { port } = await serve()
    const pin = fingerprintOf(own.certificate)
    const options = { host: '127.0.0.1', port, timeoutMs: 5_000 }
    for (const fingerprint of [pin, pin.replaceAll(':', '').toLowerCase()]) {
      const tls = { ca: own.certificate, fingerprints: [fingerprintOf(selfSigned().certificate), fingerprint] }
      ;(await nodeNetwork.connect({ ...options, tls })).destroy()
    }
    const tls = { ca: own.certificate, fingerprints: [fingerprintOf(selfSigned().certificate)] }
    await expect(nodeNetwork.connect({ ...options, tls })).rejects.toMatchObject({ code: 'TW_NETWORK' })
  })
})

describe('nodeNetwork listening over TLS', () => {
  const accepted: Connection[] = []

  async function listen(ca?: string): Promise<number> {
    accepted.length = 0
    const tls = { certificate: own.certificate, key: own.key, ...(ca === undefined ? {} : { ca }) }
    const listener = await nodeNetwork.listen({ host: '127.0.0.1', port: 0, tls }, (connection) => {
      accepted.push(connection)
      connection.start({ onData: (chunk) => connection.send(chunk), onClose: () => {} })
    })
    cleanups.push(() => listener.close())
    return listener.port
  }

  /** What comes back of a word; `closed` when the line was closed instead. */
  async function echo(connection: Connection): Promise<string> {
    const echoed = await new Promise<string>((resolve) => {
      connection.start({ onData: (chunk) => resolve(Buffer.from(chunk).toString()), onClose: () => resolve('closed') })
      connection.send(Buffer.from('8=FIX.4.4'))
    })
    connection.destroy()
    return echoed
  }

  it('carries bytes', async () => {
    const port = await listen()
    const options = { host: '127.0.0.1', port, timeoutMs: 5_000, tls: { ca: own.certificate } }
    expect(await echo(await nodeNetwork.connect(options))).toBe('8=FIX.4.4')
  })

  it('takes clients whose certificate its authority signed, and shows nobody else', async () => {
    const client = selfSigned()
    const port = await listen(client.certificate)
    const connect = (tls: { ca: string; certificate?: string; key?: string }) =>
      nodeNetwork.connect({ host: '127.0.0.1', port, timeoutMs: 5_000, tls })
    expect(await echo(await connect({ ca: own.certificate, ...client }))).toBe('8=FIX.4.4')
    expect(accepted).toHaveLength(1)
    // With TLS 1.3 a client learns that it is refused after its own side of the handshake.
    for (const stranger of [{}, selfSigned()]) {
      const answer = connect({ ca: own.certificate, ...stranger }).then(echo, () => 'closed')
      expect(await answer).toBe('closed')
    }
    expect(accepted).toHaveLength(1)
  })

  it('closes connections that do not speak TLS', async () => {
    const port = await listen()
    const plain = await nodeNetwork.connect({ host: '127.0.0.1', port, timeoutMs: 5_000 })
    const end = new Promise<string>((resolve) => plain.start({ onData: () => {}, onClose: () => resolve('closed') }))
    plain.send(Buffer.from('8=FIX.4.4\u00019=5\u000135=A\u000110=000\u0001'))
    expect(await end).toBe('closed')
    expect(accepted).toHaveLength(0)
  })

  it('refuses a key that is none', async () => {
    const tls = { certificate: own.certificate, key: 'no key' }
    const attempt = nodeNetwork.listen({ host: '127.0.0.1', port: 0, tls }, () => {})
    await expect(attempt).rejects.toMatchObject({ code: 'TW_INVALID_ARGUMENT' })
  })
})
