import { createHash, generateKeyPairSync, type KeyObject, sign } from 'node:crypto'
import { createServer, type TLSSocket } from 'node:tls'
import { afterEach, describe, expect, it } from 'vitest'
import { nodeNetwork } from './node-network.js'

/** DER: a tag, a length, a body. */
function der(tag: number, ...parts: Uint8Array[]): Buffer {
  const body = Buffer.concat(parts)
  const length = body.length < 128 ? [body.length] : [0x82, body.length >> 8, body.length & 255]
  return Buffer.concat([Buffer.from([tag, ...length]), body])
}
const bytes = (...values: number[]) => Buffer.from(values)
const sequence = (...parts: Uint8Array[]) => der(0x30, ...parts)
const ecdsaWithSha256 = sequence(der(0x06, Buffer.from('2a8648ce3d040302', 'hex')))
const commonName = (name: string) =>
  sequence(der(0x31, sequence(der(0x06, bytes(0x55, 0x04, 0x03)), der(0x0c, Buffer.from(name)))))

/** A certificate for `localhost` and 127.0.0.1, signed by its own key, made anew for every run. */
function selfSigned(): { certificate: string; key: string } {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'prime256v1' })
  const names = sequence(der(0x82, Buffer.from('localhost')), der(0x87, bytes(127, 0, 0, 1)))
  const extensions = sequence(
    sequence(der(0x06, bytes(0x55, 0x1d, 0x13)), der(0x01, bytes(0xff)), der(0x04, sequence(der(0x01, bytes(0xff))))),
    sequence(der(0x06, bytes(0x55, 0x1d, 0x11)), der(0x04, names)),
  )
  const publicDer = publicKey.export({ type: 'spki', format: 'der' })
  const serial = createHash('sha256').update(publicDer).digest().subarray(0, 8)
  const toBeSigned = sequence(
    der(0xa0, der(0x02, bytes(2))),
    der(0x02, bytes(1), serial),
    ecdsaWithSha256,
    commonName('localhost'),
    sequence(der(0x17, Buffer.from('200101000000Z')), der(0x18, Buffer.from('99991231235959Z'))),
    commonName('localhost'),
    publicDer,
    der(0xa3, extensions),
  )
  const signed = sequence(toBeSigned, ecdsaWithSha256, der(0x03, bytes(0), signature(toBeSigned, privateKey)))
  const base64 = signed.toString('base64').replaceAll(/.{64}/g, '$&\n')
  return {
    certificate: `-----BEGIN CERTIFICATE-----\n${base64}\n-----END CERTIFICATE-----\n`,
    key: privateKey.export({ type: 'pkcs8', format: 'pem' }) as string,
  }
}

const signature = (data: Uint8Array, key: KeyObject) => sign('sha256', data, key)

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
})
