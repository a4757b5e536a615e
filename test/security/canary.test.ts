/**
 * Secrets are planted wherever a host can put one; then a whole system runs, well and badly, with peers that quote what they
 * were sent; then everything that came out is searched: log, events, errors, files, and what there is to see of each object.
 */
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer as createHttpServer } from 'node:http'
import { type AddressInfo, createServer, type Server } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type WebSocket, WebSocketServer } from 'ws'
import { curveKeyPair } from 'zeromq'
import { FixConnector } from '../../src/connectors/fix/index.js'
import { WebSocketConnector } from '../../src/connectors/websocket/index.js'
import { ZmqConnector, ZmqPublisher } from '../../src/connectors/zmq/index.js'
import { TypedEmitter } from '../../src/core/emitter.js'
import { nodeFileSystem } from '../../src/core/node-file-system.js'
import { nodeNetwork } from '../../src/core/node-network.js'
import { RealTime } from '../../src/core/real-time.js'
import { Secret } from '../../src/core/secret.js'
import { callbackSecrets, envSecrets } from '../../src/core/secret-provider.js'
import { sleep } from '../../src/core/time.js'
import { FixVenue } from '../../src/gateways/fix-venue/index.js'
import { ZmqOrderGateway } from '../../src/gateways/zmq/index.js'
import { AuditTrail } from '../../src/oms/audit/audit-trail.js'
import { webhookSink } from '../../src/risk/alerts/webhook.js'
import { TradingSystem } from '../../src/system/trading-system.js'
import { testShare } from '../../src/testing/builders.js'
import { smallFeed } from '../websocket/small-venue.js'
import { Canaries, Outputs } from './canaries.js'

const time = new RealTime()
const canaries = new Canaries()
const outputs = new Outputs()
const folder = mkdtempSync(join(tmpdir(), 'tradewire-canary-'))
const cleanups: (() => unknown)[] = []
const emit = TypedEmitter.prototype.emit

beforeAll(() => {
  // Whatever anything announces.
  const watched = function (this: unknown, event: unknown, ...values: unknown[]): unknown {
    outputs.add(`event ${String(event)}`, values)
    return (emit as (...all: unknown[]) => unknown).call(this, event, ...values)
  }
  TypedEmitter.prototype.emit = watched as typeof emit
})

afterAll(async () => {
  TypedEmitter.prototype.emit = emit
  for (const cleanup of cleanups.reverse()) await cleanup()
  rmSync(folder, { recursive: true })
})

async function until(condition: () => boolean, what: string): Promise<void> {
  for (let i = 0; i < 1_000; i++) {
    if (condition()) return
    await sleep(time, 10)
  }
  throw new Error(`${what}: did not happen`)
}

async function portOf(server: Server): Promise<number> {
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  cleanups.push(() => new Promise((resolve) => server.close(resolve)))
  return (server.address() as AddressInfo).port
}

async function failureOf(where: string, run: () => unknown): Promise<void> {
  let failure: unknown
  try {
    await run()
  } catch (error) {
    failure = error
  }
  expect(failure, `${where} should have failed`).toBeDefined()
  outputs.add(`error of ${where}`, failure)
}

const fixNames = { beginString: 'FIX.4.4', senderCompId: 'ME', targetCompId: 'VENUE', logoutTimeoutMs: 200 } as const
const fixBase = {
  instruments: [testShare],
  environment: 'simulated',
  connection: { healthIntervalMs: 0, connectTimeoutMs: 1_000, reconnect: { firstDelayMs: 10, maxAttempts: 1 } },
} as const

/** A FIX venue that refuses every Logon and quotes what it was sent, in the clear and in Base64. */
async function quotingFixVenue(): Promise<number> {
  const server = createServer((socket) => {
    socket.on('error', () => {})
    socket.once('data', (bytes) => {
      const sent = bytes.toString('latin1').replaceAll('\u0001', ' ')
      const text = `refused: ${sent} ${Buffer.from(/ 554=(\S+)/.exec(sent)?.[1] ?? '').toString('base64')}`
      const body = `35=5\u000149=VENUE\u000156=ME\u000134=1\u000152=${fixTime()}\u000158=${text}\u0001`
      const head = `8=FIX.4.4\u00019=${body.length}\u0001`
      const sum = [...`${head}${body}`].reduce((total, char) => (total + char.charCodeAt(0)) % 256, 0)
      socket.end(`${head}${body}10=${String(sum).padStart(3, '0')}\u0001`, 'latin1')
    })
  })
  return await portOf(server)
}

const fixTime = () => new Date().toISOString().replace(/-/g, '').replace('T', '-').replace('Z', '')

function credentials(kind: string, wrap: (value: string) => string | Secret) {
  return {
    username: wrap(canaries.plant(`FIX ${kind} 553`)),
    password: wrap(canaries.plant(`FIX ${kind} 554`)),
    newPassword: wrap(canaries.plant(`FIX ${kind} 925`)),
    rawData: wrap(canaries.plant(`FIX ${kind} 96`)),
    encryptedPassword: { method: 1, dataBase64: wrap(canaries.plant(`FIX ${kind} 1402`)) },
  }
}

describe('secrets', () => {
  it.each([
    ['as text', (value: string) => value],
    ['wrapped', (value: string) => new Secret(value)],
  ])('in the Logon of FIX, %s, to a venue that quotes them', async (kind, wrap) => {
    const port = await quotingFixVenue()
    const connector = await FixConnector.of('FIX.4.4', {
      ...fixBase,
      session: { ...fixNames, credentials: credentials(kind, wrap) },
      endpoints: [{ host: '127.0.0.1', port }],
      log: join(folder, `log ${kind}`),
      store: join(folder, `store ${kind}`),
    })
    await failureOf('a refused logon', () =>
      TradingSystem.start({
        mode: 'paper',
        time,
        connectors: { fix: connector },
        journal: join(folder, `refused ${kind}`),
        logger: outputs.logger(),
      }),
    )
    outputs.add('connector', connector)
    await connector[Symbol.asyncDispose]()
    outputs.addFiles('files of a refused logon', folder)
    expect(outputs.leaks(canaries)).toEqual([])
    expect(outputs.count('files of a refused logon')).toBeGreaterThan(1)
  })

  it('of a system that trades: FIX, ZeroMQ, WebSocket, webhook, audit trail', async () => {
    const password = canaries.plant('FIX venue 554')
    const venue = await FixVenue.open({
      time,
      instruments: [testShare],
      sessions: [
        {
          beginString: 'FIX.4.4',
          senderCompId: 'VENUE',
          targetCompId: 'ME',
          logon: { username: 'me', password: new Secret(password) },
        },
      ],
    })
    cleanups.push(() => venue.close())
    venue.quote('IBM', 99.5, 100.5, 1_000)
    const fix = await FixConnector.of('FIX.4.4', {
      ...fixBase,
      profile: { marketData: { quotes: true, updates: 'full' } },
      session: {
        ...fixNames,
        credentials: { username: 'me', password: await envSecrets({ env: { KEY: password } }).get('KEY') },
      },
      endpoints: [{ host: '127.0.0.1', port: venue.port }],
      log: join(folder, 'fix-log'),
      store: join(folder, 'fix-store'),
    })

    const key = canaries.plant('WebSocket header')
    const sockets: WebSocket[] = []
    const http = createHttpServer()
    const webSockets = new WebSocketServer({ server: http })
    let seenKey: string | undefined
    webSockets.on('connection', (socket, request) => {
      seenKey = request.headers['x-api-key'] as string
      sockets.push(socket)
      socket.send(JSON.stringify({ error: `hello ${seenKey}` }))
    })
    const wsPort = await portOf(http as unknown as Server)
    const query = canaries.plant('WebSocket query')
    const ws = new WebSocketConnector({
      url: `ws://127.0.0.1:${wsPort}/stream?token=${query}`,
      feed: smallFeed,
      headers: async () => ({ 'x-api-key': await callbackSecrets(() => key).get('ws') }),
      reconnect: { firstDelayMs: 10, maxAttempts: 2 },
    })

    const server = curveKeyPair()
    const client = curveKeyPair()
    for (const [who, pair] of [
      ['server', server],
      ['client', client],
    ] as const)
      canaries.take(`CURVE ${who}`, pair.secretKey)
    const publisher = new ZmqPublisher({
      bind: 'tcp://127.0.0.1:*',
      service: 'tcp://127.0.0.1:*',
      instruments: [testShare] as never,
      time,
      logger: outputs.logger(),
      security: {
        curve: {
          publicKey: server.publicKey,
          secretKey: new Secret(server.secretKey),
          allowedKeys: [client.publicKey],
        },
      },
    } as never)

    const hookSecret = canaries.plant('webhook HMAC')
    const hookPath = canaries.plant('webhook path')
    let hooks = 0
    const hookPort = await portOf(
      createHttpServer((request, response) => {
        hooks++
        response.statusCode = 500
        response.end(`wrong signature ${request.headers['x-tradewire-signature']} for ${request.url}`)
      }) as unknown as Server,
    )
    const sink = webhookSink({
      url: `http://127.0.0.1:${hookPort}/hooks/${hookPath}`,
      secret: new Secret(hookSecret),
      network: nodeNetwork,
      time,
    })

    const journal = join(folder, 'journal')
    const logger = outputs.logger()
    const system = await TradingSystem.start({
      mode: 'paper',
      time,
      journal,
      connectors: { fix, ws },
      alertSinks: [sink],
      logger,
    })
    cleanups.push(() => system.stop())
    await until(() => fix.isReady, 'the logon')
    await system.subscribe(['IBM'], ['quotes'], 'fix')
    venue.quote('IBM', 99.4, 100.6, 1_000)
    const submit = () =>
      system.orders.submit({ symbol: 'IBM', side: 'buy', quantity: 10, price: '99', connector: 'fix' })
    let order = submit()
    // The quote is on its way.
    for (let tries = 0; order.status === 'DENIED' && tries < 500; tries++) {
      await sleep(time, 10)
      order = submit()
    }
    await until(() => order.status === 'ACCEPTED' || order.isClosed, 'the acknowledgement')
    expect(order.status, order.reason).toBe('ACCEPTED')

    const token = canaries.plant('gateway token')
    const gateway = new ZmqOrderGateway({
      bind: 'tcp://127.0.0.1:*',
      system,
      clients: { remote: { token: new Secret(token) } },
      heartbeatMs: 100,
      security: {
        curve: {
          publicKey: server.publicKey,
          secretKey: new Secret(server.secretKey),
          allowedKeys: [client.publicKey],
        },
      },
    })
    await gateway.start()
    cleanups.push(() => gateway.stop())
    for (const given of [token, `wrong${canaries.plant('wrong gateway token')}`]) {
      const zmq = new ZmqConnector({
        instruments: [testShare],
        gateway: {
          endpoint: gateway.endpoint,
          client: 'remote',
          token: new Secret(given),
          environment: 'paper',
          heartbeatMs: 100,
        },
        security: { curve: { ...client, secretKey: new Secret(client.secretKey), serverKey: server.publicKey } },
        connectTimeoutMs: 1_000,
        reconnect: { firstDelayMs: 10, maxAttempts: 1 },
      } as never)
      const start = () =>
        TradingSystem.start({ mode: 'paper', time, connectors: { zmq }, logger }).then((other) => {
          outputs.add('system', other)
          return other.stop()
        })
      if (given === token) await start()
      else await failureOf('a refused token', start)
      outputs.add('connector', zmq)
    }

    const trail = AuditTrail.open({
      fileSystem: nodeFileSystem,
      path: join(folder, 'audit.log'),
      key: new Secret(canaries.plant('audit key')),
      nowUs: () => time.wallUs(),
    })
    trail.append({ kind: 'test', actor: 'me' })
    outputs.add('audit', [trail, trail.head])
    trail.close()

    system.kill({ actor: 'me', reason: 'test' })
    for (const socket of sockets) socket.close(4_001, `bad key ${key}`.slice(0, 120))
    await until(() => hooks > 0 && sockets.length > 1, 'the alert and the reconnect')
    await sleep(time, 50)
    outputs.add('system', system)
    outputs.add('report', [
      system.snapshot(),
      system.exportState(),
      system.problems,
      system.routes,
      [...system.reconciliations],
      system.getMemoryUse(),
      order.snapshot,
      order.explain(),
      [...system.connectors].map(([name, connector]) => [name, connector.health, connector.statistics]),
    ])
    for (const each of [fix, ws, sink, gateway, publisher, venue]) outputs.add('object', each)
    expect(seenKey).toBe(key)
    await system.stop()
    expect(outputs.addFiles('journal', journal)).toBeGreaterThan(1_000)
    expect(outputs.addFiles('files', folder)).toBeGreaterThan(1_000)
    expect(outputs.leaks(canaries)).toEqual([])
    for (const where of ['log', 'event', 'error', 'files', 'journal'])
      expect(outputs.count(where), where).toBeGreaterThan(0)
  }, 60_000)

  it('in options that are wrong', async () => {
    const bad = canaries.plant('bad option')
    const network = nodeNetwork
    const curve = curveKeyPair()
    const attempts: Record<string, () => unknown> = {
      'webhook.secret': () => webhookSink({ url: 'https://host/x', secret: bad.slice(0, 15), network, time }),
      'webhook.url': () => webhookSink({ url: `https://me:${bad}@host/x`, secret: bad, network, time }),
      'webhook.url protocol': () => webhookSink({ url: `ftp://host/${bad}`, secret: bad, network, time }),
      'websocket.url user': () => new WebSocketConnector({ url: `wss://me:${bad}@host/`, feed: smallFeed }),
      'websocket.url': () => new WebSocketConnector({ url: `http:/${bad}`, feed: smallFeed }),
      'curve.secretKey': () =>
        new ZmqConnector({
          instruments: [testShare],
          endpoint: 'tcp://127.0.0.1:1',
          security: { curve: { ...curve, secretKey: bad, serverKey: curve.publicKey } },
        } as never),
      'credentials of the wrong form': () =>
        FixConnector.of('FIX.4.4', {
          ...fixBase,
          session: { ...fixNames, credentials: bad as never },
          endpoints: [{ host: '127.0.0.1', port: 1 }],
        }),
      'an unknown credential': () =>
        FixConnector.of('FIX.4.4', {
          ...fixBase,
          session: { ...fixNames, credentials: { pasword: bad } as never },
          endpoints: [{ host: '127.0.0.1', port: 1 }],
        }),
      'a secret that is none': () => new Secret({ bad } as never),
      'an unknown option of a system': () => TradingSystem.start({ mode: 'paper', apiKey: bad } as never),
    }
    for (const [where, attempt] of Object.entries(attempts)) await failureOf(where, attempt)
    expect(outputs.leaks(canaries)).toEqual([])
  })

  it('are found where they do get out', () => {
    const own = new Canaries()
    const value = own.plant('somewhere')
    const leaky: [string, unknown][] = [
      ['text', `x${value}y`],
      ['field', { deep: { deeper: [{ value }] } }],
      ['cause', new Error('outer', { cause: new Error(`inner ${value}`) })],
      ['base64', Buffer.from(`${value}`).toString('base64')],
      ['hex', Buffer.from(value).toString('hex')],
      ['map', new Map([[1, value]])],
    ]
    for (const [where, leak] of leaky) {
      const seen = new Outputs()
      seen.add(where, leak)
      expect(seen.leaks(own).length, where).toBeGreaterThan(0)
    }
    const seen = new Outputs()
    seen.logger().child({ value }).info('a line')
    expect(seen.leaks(own)).toEqual(['log info: somewhere'])
  })
})
