import { describe, expect, it } from 'vitest'
import type { TradewireError } from '../../core/errors.js'
import { hmacSha256 } from '../../core/hmac.js'
import { VirtualTime } from '../../core/virtual-time.js'
import { SimulatedNetwork } from '../../testing/simulated-network.js'
import type { Alert, AlertSink } from './alert.js'
import { AlertCenter, type AlertCenterOptions } from './alert-center.js'
import { callbackSink, webhookSink } from './webhook.js'

function centerOf(options: Partial<AlertCenterOptions> = {}) {
  const time = new VirtualTime()
  const told: Alert[] = []
  const center = new AlertCenter({ time, sinks: [callbackSink((alert) => void told.push(alert))], ...options })
  return { time, told, center }
}

const loss = { kind: 'breaker', key: 'dailyLoss', severity: 'warning', message: 'near the limit' } as const

describe('alerts', () => {
  it('are told at once, and the same cause again is counted', () => {
    const { center, told, time } = centerOf()
    const first = center.raise(loss)
    center.raise(loss)
    expect([told.length, first.count, center.list().length]).toEqual([1, 2, 1])
    time.advanceMs(60_000)
    center.raise(loss)
    expect([told.length, told[1]?.count]).toEqual([2, 3])
  })

  it('are told again when they become worse, and when the cause comes back', () => {
    const { center, told } = centerOf()
    center.raise(loss)
    center.raise({ ...loss, severity: 'critical' })
    center.raise(loss)
    expect(told.map(({ severity }) => severity)).toEqual(['warning', 'critical'])
    center.resolve('breaker', 'dailyLoss')
    center.resolve('breaker', 'dailyLoss')
    center.resolve('breaker')
    expect(center.list({ open: true })).toEqual([])
    center.raise(loss)
    expect(told.length).toBe(3)
  })

  it('are told no more once somebody has seen them', () => {
    const { center, told, time } = centerOf()
    const { id } = center.raise(loss)
    center.acknowledge(id, 'ann')
    time.advanceMs(120_000)
    center.raise(loss)
    expect([told.length, center.list()[0]?.acknowledgedBy]).toEqual([1, 'ann'])
    center.raise({ ...loss, severity: 'critical' })
    expect([told.length, center.list({ severity: 'critical' })[0]?.acknowledgedBy]).toEqual([2, undefined])
    expect(() => center.acknowledge(99, 'ann')).toThrow('There is no alert 99')
  })

  it('of events are told once in a while', () => {
    const { center, told, time } = centerOf()
    for (let i = 0; i < 5; i++) center.raise({ kind: 'denied', severity: 'info', message: 'x', isEvent: true })
    expect([told.length, center.list({ open: true }).length]).toEqual([1, 0])
    time.advanceMs(60_000)
    center.raise({ kind: 'denied', severity: 'info', message: 'x', isEvent: true })
    expect(told.length).toBe(2)
  })

  it('are bounded in number', () => {
    const { center } = centerOf({ remembered: 2 })
    for (const key of ['a', 'b', 'c']) center.raise({ ...loss, key })
    expect(center.list().map(({ key }) => key)).toEqual(['c', 'b'])
    center.resolve('breaker', 'c')
    center.raise({ ...loss, key: 'd' })
    expect(center.list().map(({ key }) => key)).toEqual(['d', 'b'])
  })
})

describe('the way to a sink', () => {
  it('tries again with growing waits, then gives up and goes on', async () => {
    const attempts: number[] = []
    const time = new VirtualTime()
    const sink: AlertSink = {
      name: 'broken',
      send: ({ key }) => {
        attempts.push(time.monotonicNs() / 1e6)
        if (key === 'a') throw new Error('down')
      },
    }
    const center = new AlertCenter({ time, sinks: [sink], retries: 2, retryMs: 100 })
    center.raise({ ...loss, key: 'a' })
    center.raise({ ...loss, key: 'b' })
    await time.runUntil(new Promise<void>((resolve) => void time.after(1_000, resolve)))
    expect(attempts).toEqual([0, 100, 300, 300])
    expect(center.report()).toEqual([{ sink: 'broken', waiting: 0, delivered: 1, failed: 1, dropped: 0 }])
  })

  it('is bounded, and ends', async () => {
    const { center, time } = centerOf({
      sinks: [{ name: 'slow', send: () => new Promise<void>(() => {}) }],
      capacity: 2,
    })
    for (const key of ['a', 'b', 'c', 'd']) center.raise({ ...loss, key })
    expect(center.report()).toEqual([{ sink: 'slow', waiting: 2, delivered: 0, failed: 0, dropped: 2 }])
    center.close()
    center.raise({ ...loss, key: 'e' })
    expect([center.report()[0]?.dropped, time.pendingTimers]).toEqual([4, 0])
  })
})

describe('a sink', () => {
  it('may give anything back, and what is no promise is delivered', () => {
    const told: string[] = []
    const { center } = centerOf({ sinks: [{ name: 'list', send: (({ key }: Alert) => told.push(key)) as never }] })
    for (const key of ['a', 'b']) center.raise({ ...loss, key })
    expect([told, center.report()[0]]).toMatchObject([['a', 'b'], { delivered: 2, failed: 0 }])
  })

  it('is told of one alert after the other, and again after a refusal', async () => {
    const told: string[] = []
    const send = async ({ key }: Alert) => {
      told.push(key)
      if (told.length === 1) throw new Error('busy')
    }
    const { center, time } = centerOf({ sinks: [{ name: 'slow', send }] })
    for (const key of ['a', 'b']) center.raise({ ...loss, key })
    await time.runUntil(new Promise<void>((resolve) => void time.after(1_000, resolve)))
    expect([told, center.report()[0]]).toMatchObject([['a', 'a', 'b'], { delivered: 2, failed: 0, waiting: 0 }])
    expect(time.pendingTimers).toBe(0)
  })

  it('that never answers keeps no alert behind it; a late answer is none', async () => {
    const answers: (() => void)[] = []
    const sink = { name: 'dead', send: () => new Promise<void>((resolve) => void answers.push(resolve)) }
    const { center, time } = centerOf({ sinks: [sink], retries: 0, timeoutMs: 1_000 })
    for (const key of ['a', 'b']) center.raise({ ...loss, key })
    time.advanceMs(1_000)
    answers[0]?.()
    await Promise.resolve()
    expect(center.report()[0]).toMatchObject({ waiting: 1, delivered: 0, failed: 1 })
    answers[1]?.()
    await Promise.resolve()
    expect(center.report()[0]).toMatchObject({ waiting: 0, delivered: 1, failed: 1 })
    expect(time.pendingTimers).toBe(0)
  })

  it('is not told again after the end, and what comes between two attempts waits its turn', () => {
    const told: string[] = []
    const send = ({ key }: Alert) => {
      told.push(key)
      throw new Error('down')
    }
    const { center, time } = centerOf({ sinks: [{ name: 'down', send }], capacity: 1 })
    for (const key of ['a', 'b']) center.raise({ ...loss, key })
    time.advanceMs(500)
    expect([told, center.report()[0]]).toMatchObject([['a', 'a'], { waiting: 1, dropped: 1 }])
    for (const bad of [{ capacity: 0 }, { retries: -1 }, { retryMs: Number.NaN }, { timeoutMs: 0.5 }])
      expect(() => centerOf({ sinks: [{ name: 'x', send }], ...bad })).toThrow('must be a whole number from')
    center.close()
    time.advanceMs(60_000)
    expect(told).toEqual(['a', 'a'])
  })
})

describe('the webhook', () => {
  const answers = async (answer: string | undefined) => {
    const time = new VirtualTime()
    const network = new SimulatedNetwork({ time })
    let received = ''
    await network.listen({ host: 'localhost', port: 8_080 }, (peer) =>
      peer.start({
        onData: (bytes) => {
          received += new TextDecoder().decode(bytes)
          if (answer === undefined) peer.close()
          else if (answer !== 'silent') peer.send(new TextEncoder().encode(answer))
        },
        onClose: () => {},
      }),
    )
    const secret = 'a secret of the two'
    const sink = webhookSink({ url: 'http://localhost:8080/alerts?x=1', secret, network, time })
    const center = new AlertCenter({ time })
    const sent = Promise.resolve(sink.send(center.raise(loss))).then(
      () => 'sent',
      (error: TradewireError) => error.code,
    )
    return { result: await time.runUntil(sent), received, secret }
  }

  it('posts the alert with a signature of its body', async () => {
    const { result, received, secret } = await answers('HTTP/1.1 204 No Content\r\n\r\n')
    const [head = '', body = ''] = received.split('\r\n\r\n')
    expect(result).toBe('sent')
    expect(head).toContain('POST /alerts?x=1 HTTP/1.1')
    expect(head).toContain(`x-tradewire-signature: sha256=${hmacSha256(secret, body)}`)
    expect(JSON.parse(body)).toMatchObject({ kind: 'breaker', key: 'dailyLoss', count: 1 })
  })

  it('fails for other answers, none, and nonsense', async () => {
    for (const [answer, code] of [
      ['HTTP/1.1 500 Error\r\n\r\n', 'TW_NETWORK'],
      [undefined, 'TW_NETWORK'],
      ['silent', 'TW_TIMEOUT'],
      ['x'.repeat(2_000), 'TW_NETWORK'],
    ] as const)
      expect((await answers(answer)).result).toBe(code)
  })

  it('is sent encrypted to what its address says, by name and port', async () => {
    const asked: object[] = []
    const heads: string[] = []
    const network = {
      connect: async (options: object) => {
        asked.push(options)
        return {
          start: ({ onData }: { onData(chunk: Uint8Array): void }) => {
            const answer = new TextEncoder().encode('HTTP/1.1 200 OK\r\n\r\n')
            // In pieces, as it may come.
            onData(answer.subarray(0, 5))
            onData(answer.subarray(5))
          },
          send: (bytes: Uint8Array) => heads.push(new TextDecoder().decode(bytes)),
          destroy: () => {},
        }
      },
    } as never
    const time = new VirtualTime()
    const center = new AlertCenter({ time })
    const post = async (url: string, ca?: string) =>
      webhookSink({ url, secret: '0123456789abcdef', network, time, ...(ca === undefined ? {} : { ca }) }).send(
        center.raise(loss),
      )
    await post('https://example.com:8443/x')
    await post('https://example.com/', 'PEM')
    await post('http://[::1]:8080/')
    expect(asked).toEqual([
      { host: 'example.com', port: 8_443, timeoutMs: 5_000, tls: { serverName: 'example.com' } },
      { host: 'example.com', port: 443, timeoutMs: 5_000, tls: { serverName: 'example.com', ca: 'PEM' } },
      { host: '::1', port: 8_080, timeoutMs: 5_000 },
    ])
    expect(heads.map((head) => /host: (.*)\r/.exec(head)?.[1])).toEqual([
      'example.com:8443',
      'example.com',
      '[::1]:8080',
    ])
  })

  it('goes to safe addresses only', () => {
    const time = new VirtualTime()
    const network = new SimulatedNetwork({ time })
    const make =
      (url: string, secret = '0123456789abcdef') =>
      () =>
        webhookSink({ url, secret, network, time })
    expect(make('http://example.com/')).toThrow('https address')
    expect(make('nonsense')).toThrow('https address')
    expect(make('https://ann:word@example.com/')).toThrow('no credentials')
    expect(make('https://example.com/', 'short')).toThrow('at least 16 characters')
    expect(make('https://example.com/')).not.toThrow()
    expect(() =>
      webhookSink({
        url: 'http://example.com/',
        secret: '0123456789abcdef',
        network,
        time,
        allowInsecure: true,
        ca: 'x',
      }),
    ).not.toThrow()
  })
})
