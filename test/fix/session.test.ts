/** The session's rules one by one, between two of our own sessions on virtual time. */
import { describe, expect, it } from 'vitest'
import { FileStore } from '../../src/connectors/fix/store/file-store.js'
import { MemoryStore } from '../../src/connectors/fix/store/memory-store.js'
import { VirtualTime } from '../../src/core/virtual-time.js'
import { SimulatedDisk } from '../../src/testing/simulated-disk.js'
import { makePair, RecordingApplication, say } from './support/session-pair.js'

describe('logon and logout', () => {
  it('both sides are told, and the numbers go on at the next logon', async () => {
    const pair = await makePair()
    await pair.connect()
    say(pair.client, 'one')
    await pair.pass(100)
    expect(pair.venueApp.texts).toEqual(['one'])
    await pair.time.runUntil(pair.initiator.disconnect('enough'))
    await pair.pass(100)
    expect(pair.venueApp.events).toEqual(['logon', 'logout: logged out by the peer: enough'])
    expect(pair.clientApp.events).toEqual(['logon', 'logout: logged out'])
    expect([pair.client.nextOutgoing, pair.venue.nextIncoming]).toEqual([4, 4])
    await pair.connect()
    say(pair.client, 'two')
    await pair.pass(100)
    expect(pair.venueApp.texts).toEqual(['one', 'two'])
    expect(pair.venue.counters.resendRequestsSent).toBe(0)
  })

  it('a Logon that nobody answers fails within its time', async () => {
    const pair = await makePair({ venue: { config: { targetCompId: 'SOMEBODY' } } })
    await expect(pair.connect()).rejects.toMatchObject({ code: 'TW_NOT_CONNECTED' })
    expect(pair.acceptor.counters.refusedUnknown).toBe(1)
  })

  it('credentials go out, are checked, and are refused with a reason', async () => {
    class Venue extends RecordingApplication {
      authenticate(message: { string(tag: number): string | undefined }): string | undefined {
        return message.string(554) === 'right' ? undefined : 'wrong password'
      }
    }
    const credentials = { username: 'me', password: 'wrong', rawData: 'a\u0001b' }
    const pair = await makePair({ client: { config: { credentials } }, venue: { application: new Venue() } })
    await expect(pair.connect()).rejects.toThrow('wrong password')
    expect(pair.clientLog.lines.join('\n')).toContain('|95=3|96=a|b|98=0|')
    const right = await makePair({
      client: { config: { credentials: { ...credentials, password: 'right' } } },
      venue: { application: new Venue() },
    })
    await right.connect()
    expect(right.client.isLoggedOn).toBe(true)
  })

  it('a Logon is signed over what it holds', async () => {
    const contexts: unknown[] = []
    class Signer extends RecordingApplication {
      signLogon(context: { sendingTime: string; msgSeqNum: number }) {
        contexts.push(context)
        return { rawData: `${context.sendingTime}/${context.msgSeqNum}`, extra: [[8013, 'S']] as const }
      }
    }
    const pair = await makePair({
      client: { application: new Signer(), config: { timestampPrecision: 'microseconds' } },
    })
    await pair.connect()
    const logon = pair.clientLog.lines.find(
      (line) => line.startsWith('> 8=FIX.4.4') && line.includes('|35=A|'),
    ) as string
    const sendingTime = /\|52=([^|]*)\|/.exec(logon)?.[1]
    expect(sendingTime).toMatch(/^\d{8}-\d\d:\d\d:\d\d\.\d{6}$/)
    expect(logon).toContain(`|96=${sendingTime}/1|`)
    expect(logon).toMatch(/\|8013=S\|10=\d{3}\|$/)
  })

  it('a second connection of the same names is closed, the first lives on', async () => {
    const pair = await makePair()
    await pair.connect()
    const other = await makePair({ time: pair.time })
    void other
    const stranger = await pair.network.connect({ host: '127.0.0.1', port: pair.acceptor.port, timeoutMs: 1 })
    let isClosed = false
    stranger.start({ onData: () => {}, onClose: () => (isClosed = true) })
    const logon = pair.clientLog.lines
      .find((line) => line.includes('|35=A|'))
      ?.slice(2)
      .replaceAll('|', '\u0001') as string
    stranger.send(Buffer.from(logon, 'latin1'))
    await pair.pass(5_000)
    expect(isClosed).toBe(true)
    expect(pair.acceptor.counters.refusedDuplicate).toBe(1)
    expect(pair.venue.isLoggedOn).toBe(true)
  })
})

describe('silence', () => {
  it('is broken by heartbeats, and tested before the connection is given up', async () => {
    const pair = await makePair({ both: { heartBtIntSeconds: 10 } })
    await pair.connect()
    pair.clientLog.sentTypes()
    await pair.pass(60_500)
    expect(pair.clientLog.sentTypes()).toEqual(['0', '0', '0', '0', '0', '0'])
    for (const end of pair.network.openEnds) if (end.remote !== 'client') end.pause()
    await pair.pass(13_000)
    expect(pair.clientLog.sentTypes()).toContain('1')
    expect(pair.client.isLoggedOn).toBe(true)
    await pair.pass(15_000)
    expect(pair.client.isLoggedOn).toBe(false)
    expect(pair.clientApp.events.at(-1)).toBe('logout: no sign of life from the peer')
  })

  it('of a suspended process is not silence of the peer', async () => {
    const pair = await makePair({ both: { heartBtIntSeconds: 10 } })
    await pair.connect()
    // The timer of a process that was suspended fires 40 s late.
    pair.client.onTimer(40_000_000_000)
    expect(pair.client.isLoggedOn).toBe(true)
  })
})

describe('gaps', () => {
  /** A client that lost what the venue sent while it was away. */
  async function away(options: Parameters<typeof makePair>[0] = {}) {
    const pair = await makePair(options)
    await pair.connect()
    for (const end of pair.network.openEnds) pair.network.cutConnection(end)
    await pair.pass(10)
    expect(pair.venue.phase).toBe('idle')
    for (const text of ['a', 'b', 'c']) expect(say(pair.venue, text)).toBe(false)
    return pair
  }

  it('what was kept while logged off comes by resend, in order and once', async () => {
    const pair = await away()
    await pair.connect()
    say(pair.venue, 'd')
    await pair.pass(1_000)
    expect(pair.clientApp.texts).toEqual(['a*', 'b*', 'c*', 'd'])
    expect(pair.client.nextIncoming).toBe(pair.venue.nextOutgoing)
    expect(pair.client.counters.resendRequestsSent).toBe(1)
  })

  it('NextExpectedMsgSeqNum takes the place of the request', async () => {
    const pair = await away({ both: { nextExpectedMsgSeqNum: true } })
    await pair.connect()
    say(pair.venue, 'd')
    await pair.pass(1_000)
    expect(pair.clientApp.texts).toEqual(['a*', 'b*', 'c*', 'd'])
    expect(pair.client.counters.resendRequestsSent).toBe(0)
    expect(pair.client.isRecovering).toBe(false)
  })

  it('are asked for in parts where that is wanted', async () => {
    const pair = await away({ client: { config: { maxResendRequest: 2 } } })
    await pair.connect()
    await pair.pass(1_000)
    expect(pair.clientApp.texts).toEqual(['a*', 'b*', 'c*'])
    expect(pair.client.counters.resendRequestsSent).toBe(2)
    const requests = pair.clientLog.lines.filter((line) => line.startsWith('>') && line.includes('|35=2|'))
    expect(requests.map((line) => /\|7=(\d+)\|16=(\d+)\|/.exec(line)?.slice(1).join('-'))).toEqual(['2-3', '4-0'])
  })

  it('a request that is not answered is repeated, and the session ends when that is in vain', async () => {
    const pair = await away({ both: { heartBtIntSeconds: 300 }, client: { config: { resendTimeoutMs: 3_000 } } })
    pair.network.swallow = (bytes) => bytes.includes('\u000143=Y\u0001')
    await pair.connect()
    await pair.pass(11_000)
    expect(pair.client.counters.resendRequestsSent).toBe(4)
    expect(pair.client.isLoggedOn).toBe(true)
    await pair.pass(4_000)
    expect(pair.clientApp.events.at(-1)).toContain('logout')
    expect(pair.clientLog.lines.join()).toContain('missing messages were not resent')
  })

  it('a hole in a resend is asked for again', async () => {
    const pair = await away({ both: { heartBtIntSeconds: 300 } })
    let swallowed = 0
    pair.network.cuts = false
    pair.network.swallow = (bytes) => bytes.includes('|58=b|'.replaceAll('|', '\u0001')) && ++swallowed === 1
    await pair.connect()
    await pair.pass(1_000)
    expect(swallowed).toBeGreaterThan(0)
    say(pair.venue, 'd')
    await pair.pass(1_000)
    expect(pair.clientApp.texts).toEqual(['a*', 'b*', 'c*', 'd'])
  })
})

describe('resends', () => {
  it("skip orders and the session's own messages by gap fills", async () => {
    const pair = await makePair()
    await pair.connect()
    say(pair.client, 'news')
    say(pair.client, 'order', 'D')
    say(pair.client, 'more news')
    await pair.pass(100)
    pair.clientLog.sentTypes()
    const encoder = pair.venue.begin('2')
    encoder.int(7, 1)
    encoder.int(16, 0)
    pair.venue.send()
    await pair.pass(1_000)
    expect(pair.clientLog.sentTypes()).toEqual(['4+', 'B+', '4+', 'B+'])
    expect(pair.client.counters.staleOrders).toBe(1)
    expect(pair.venueApp.texts).toEqual(['news', 'order', 'more news'])
  })

  it('orders that are young enough go out again where that is asked for', async () => {
    const pair = await makePair({ client: { config: { maxOrderAgeOnResendMs: 1_000 } } })
    await pair.connect()
    say(pair.client, 'order', 'D')
    await pair.pass(100)
    pair.clientLog.sentTypes()
    const ask = async () => {
      const encoder = pair.venue.begin('2')
      encoder.int(7, 2)
      encoder.int(16, 2)
      pair.venue.send()
      await pair.pass(500)
      return pair.clientLog.sentTypes()
    }
    expect(await ask()).toEqual(['D+'])
    await pair.pass(1_000)
    expect(await ask()).toEqual(['4+'])
  })

  it('of 1,000 messages leave room for other work, and what is sent meanwhile follows', async () => {
    const pair = await makePair()
    await pair.connect()
    for (let i = 0; i < 1_000; i++) say(pair.venue, `${i}`)
    await pair.pass(1_000)
    expect(pair.clientApp.texts).toHaveLength(1_000)
    pair.clientApp.texts.length = 0
    pair.venueLog.lines.length = 0
    // The client forgets everything but its names: it asks for all of it.
    await pair.time.runUntil(pair.initiator.disconnect())
    await pair.pass(10)
    pair.client.setNumbers({ nextIncoming: 1 })
    await pair.connect()
    say(pair.venue, 'new')
    await pair.pass(2_000)
    expect(pair.clientApp.texts).toHaveLength(1_001)
    expect(pair.clientApp.texts.at(-1)).toBe('new')
    expect(pair.client.nextIncoming).toBe(pair.venue.nextOutgoing)
  })

  it('an order is refused while one is under way', async () => {
    const pair = await makePair({ client: { config: { maxBufferedBytes: 100 } } })
    await pair.connect()
    for (let i = 0; i < 200; i++) {
      say(pair.client, `${i}`)
      await pair.pass(20)
    }
    pair.network.latencyMs = 100
    const encoder = pair.venue.begin('2')
    encoder.int(7, 1)
    encoder.int(16, 0)
    pair.venue.send()
    while (pair.client.obstacle('D') === undefined) await pair.pass(1)
    expect(() => pair.client.begin('D')).toThrow(expect.objectContaining({ retryable: true }))
    await pair.pass(10_000)
    expect(pair.client.obstacle('D')).toBeUndefined()
  })
})

describe('numbers', () => {
  it('a number that is too low ends the session, by a Logout or by a Reject', async () => {
    const pair = await makePair()
    await pair.connect()
    say(pair.client, 'a')
    await pair.pass(100)
    await pair.time.runUntil(pair.initiator.disconnect())
    await pair.pass(10)
    pair.client.setNumbers({ nextOutgoing: 2 })
    await expect(pair.connect()).rejects.toThrow('MsgSeqNum too low, expecting 4 but received 2')

    const strict = await makePair({ venue: { config: { tooLow: 'reject' } } })
    await strict.connect()
    say(strict.client, 'a')
    await strict.pass(100)
    await strict.time.runUntil(strict.initiator.disconnect())
    await strict.pass(10)
    strict.client.setNumbers({ nextOutgoing: 2 })
    await expect(strict.connect()).rejects.toMatchObject({ code: 'TW_NOT_CONNECTED' })
  })

  it('begin at 1 with every logon where that is agreed', async () => {
    const pair = await makePair({ client: { config: { resetOnLogon: true } } })
    await pair.connect()
    say(pair.client, 'a')
    await pair.pass(100)
    await pair.time.runUntil(pair.initiator.disconnect())
    await pair.pass(10)
    await pair.connect()
    expect([pair.client.nextOutgoing, pair.client.nextIncoming]).toEqual([2, 2])
    expect([pair.venue.nextOutgoing, pair.venue.nextIncoming]).toEqual([2, 2])
    const logons = ['reset by peer', 'logon', 'logout: logged out by the peer', 'reset by peer', 'logon']
    expect(pair.venueApp.events.map((event) => event.replace(/: logged out$/, ': logged out by the peer'))).toEqual(
      logons,
    )
  })

  it('begin at 1 in the middle of a session, from either side, without a message lost', async () => {
    const pair = await makePair()
    await pair.connect()
    say(pair.client, 'a')
    say(pair.venue, 'x')
    pair.client.reset()
    say(pair.client, 'b')
    await pair.pass(500)
    say(pair.venue, 'y')
    await pair.pass(500)
    expect(pair.venueApp.texts).toEqual(['a', 'b'])
    expect(pair.clientApp.texts).toEqual(['x', 'y'])
    expect([pair.client.nextOutgoing, pair.venue.nextIncoming]).toEqual([3, 3])
    expect([pair.venue.nextOutgoing, pair.client.nextIncoming]).toEqual([3, 3])
    expect(pair.venueApp.events).toContain('reset by peer')
  })

  it('an unagreed reset is refused where that is wanted', async () => {
    const pair = await makePair({ venue: { config: { unexpectedReset: 'refuse' } } })
    await pair.connect()
    pair.client.reset()
    await pair.pass(5_000)
    expect(pair.client.isLoggedOn).toBe(false)
    expect(pair.clientApp.events.at(-1)).toContain('ResetSeqNumFlag was not agreed')
  })

  it('jump by a SequenceReset', async () => {
    const pair = await makePair()
    await pair.connect()
    pair.client.sequenceReset(50)
    say(pair.client, 'a')
    await pair.pass(500)
    expect(pair.venueApp.texts).toEqual(['a'])
    expect(pair.venue.nextIncoming).toBe(51)
    expect(() => pair.client.sequenceReset(3)).toThrow(expect.objectContaining({ code: 'TW_INVALID_ARGUMENT' }))
  })

  it('LastMsgSeqNumProcessed is in every message', async () => {
    const pair = await makePair({ both: { lastMsgSeqNumProcessed: true } })
    await pair.connect()
    say(pair.venue, 'x')
    await pair.pass(100)
    say(pair.client, 'a')
    const last = pair.clientLog.lines.filter((line) => line.startsWith('>')).at(-1)
    expect(last).toContain('|56=VENUE|369=2|58=a|')
  })
})

describe('sending', () => {
  it('is refused while logged off, and costs no number', async () => {
    const pair = await makePair()
    expect(() => say(pair.client, 'a')).toThrow(expect.objectContaining({ code: 'TW_NOT_CONNECTED' }))
    expect(pair.client.nextOutgoing).toBe(1)
    await pair.connect()
    expect(say(pair.client, 'a')).toBe(true)
  })

  it('is limited in every window', async () => {
    const pair = await makePair({ client: { config: { throttle: { messages: 3, windowMs: 1_000 } } } })
    await pair.connect()
    for (let i = 0; i < 3; i++) say(pair.client, 'a')
    expect(pair.client.obstacle('B')).toBe('throttled')
    expect(() => say(pair.client, 'b')).toThrow(expect.objectContaining({ code: 'TW_CAPACITY' }))
    await pair.pass(1_001)
    expect(say(pair.client, 'c')).toBe(true)
  })

  it('waits in the store where the session keeps messages, and goes on by itself', async () => {
    const pair = await makePair({ venue: { config: { throttle: { messages: 5, windowMs: 1_000 } } } })
    await pair.connect()
    for (let i = 0; i < 20; i++) say(pair.venue, `${i}`)
    await pair.pass(500)
    expect(pair.clientApp.texts).toHaveLength(5)
    await pair.pass(4_000)
    expect(pair.clientApp.texts).toEqual(Array.from({ length: 20 }, (_, i) => `${i}`))
  })

  it('an order that could not be kept is not sent; a cancel is', async () => {
    class BrokenStore extends MemoryStore {
      isBroken = false
      override append(bytes: Uint8Array, start: number, end: number): void {
        if (this.isBroken) throw new Error('disk full')
        super.append(bytes, start, end)
      }
    }
    const store = new BrokenStore()
    const pair = await makePair({ client: { store } })
    await pair.connect()
    store.isBroken = true
    expect(() => say(pair.client, 'order', 'D')).toThrow('disk full')
    expect(say(pair.client, 'cancel', 'F')).toBe(true)
    store.isBroken = false
    expect(say(pair.client, 'order', 'D')).toBe(true)
    await pair.pass(500)
    expect(pair.venueApp.texts).toEqual(['cancel', 'order'])
    expect(pair.client.counters.unsaved).toBe(1)
  })

  it('needs begin and send in one turn', async () => {
    const pair = await makePair()
    await pair.connect()
    pair.client.begin('B').string(58, 'a')
    await pair.pass(31_000)
    expect(() => pair.client.send()).toThrow(expect.objectContaining({ code: 'TW_INVALID_STATE' }))
  })
})

describe('the application', () => {
  it('that throws harms nothing', async () => {
    class Failing extends RecordingApplication {
      override onMessage(): undefined {
        throw new Error('bug')
      }
    }
    const pair = await makePair({ venue: { application: new Failing() } })
    await pair.connect()
    say(pair.client, 'a')
    await pair.pass(100)
    expect(pair.venue.counters.applicationErrors).toBe(1)
    expect(pair.venue.nextIncoming).toBe(3)
  })

  it('refuses messages by kind', async () => {
    class Refusing extends RecordingApplication {
      override onMessage(message: { string(tag: number): string | undefined }): undefined {
        const text = message.string(58)
        if (text === 'unsupported') return { kind: 'unsupported' } as never
        if (text === 'business') return { kind: 'business', reason: 5, text: 'no', refId: 'id' } as never
        return { kind: 'session', reason: 5, refTag: 58 } as never
      }
    }
    const pair = await makePair({ venue: { application: new Refusing() } })
    await pair.connect()
    for (const text of ['unsupported', 'business', 'session']) say(pair.client, text)
    await pair.pass(100)
    const answers = pair.venueLog.lines
      .filter((line) => /^> .*\|35=[j3]\|/.test(line))
      .map((line) => line.replace(/^.*\|56=CLIENT\|/, '').replace(/10=.*/, ''))
    expect(answers).toEqual([
      '45=2|58=Unsupported Message Type|372=B|380=3|',
      '45=3|58=no|372=B|379=id|380=5|',
      '45=4|58=Value is incorrect (out of range) for this tag|371=58|372=B|373=5|',
    ])
  })
})

describe('hours', () => {
  const schedule = { startTime: '08:00:00', endTime: '17:00:00', timeZone: 'UTC' }

  it('the session goes down at their end, and the numbers begin anew the next day', async () => {
    const time = new VirtualTime({ epochUs: Date.UTC(2024, 0, 2, 16, 59, 0) * 1_000 })
    const pair = await makePair({ time, both: { schedule } })
    pair.initiator.start()
    await pair.pass(1_000)
    say(pair.client, 'a')
    await pair.pass(30_000)
    expect(pair.venue.nextIncoming).toBe(3)
    await pair.pass(40_000)
    expect([pair.client.phase, pair.venue.phase]).toEqual(['idle', 'idle'])
    await pair.pass(3_600_000)
    expect(pair.client.phase).toBe('idle')
    await pair.pass(50_409_000)
    expect(pair.client.isLoggedOn).toBe(true)
    expect([pair.client.nextOutgoing, pair.venue.nextIncoming]).toEqual([2, 2])
    await pair.time.runUntil(pair.initiator.stop())
  })

  it('that passed while the process was away begin the numbers anew all the same', async () => {
    const disk = new SimulatedDisk({ seed: 1 })
    const start = (day: number) => {
      const files = disk.mount()
      const time = new VirtualTime({ epochUs: Date.UTC(2024, 0, day, 12, 0, 0) * 1_000 })
      const stores = ['client', 'venue'].map((name) => new FileStore(files, name))
      const [client, venue] = stores.map((store) => ({ store }))
      return { stores, pair: makePair({ time, both: { schedule }, client: client as object, venue: venue as object }) }
    }
    const numbers: number[][] = []
    for (const day of [2, 2, 3]) {
      const { stores, pair: made } = start(day)
      const pair = await made
      await pair.connect()
      say(pair.client, 'a')
      await pair.pass(100)
      numbers.push([pair.client.nextOutgoing, pair.venue.nextIncoming])
      await pair.time.runUntil(pair.initiator.disconnect())
      await pair.pass(100)
      for (const store of stores) store.close()
    }
    // A Logon and a message; a Logout came between the first two.
    expect(numbers).toEqual([
      [3, 3],
      [6, 6],
      [3, 3],
    ])
  })

  it('outside of them there is no logon', async () => {
    const time = new VirtualTime({ epochUs: Date.UTC(2024, 0, 2, 20, 0, 0) * 1_000 })
    const pair = await makePair({ time, both: { schedule } })
    await expect(pair.connect()).rejects.toThrow('outside of the session hours')
  })
})
