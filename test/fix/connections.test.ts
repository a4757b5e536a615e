/** Connecting: addresses in turn, hours, aborts, what a connection must not be, and what sessions make of stores that fail. */
import { describe, expect, it } from 'vitest'
import { FixAcceptor } from '../../src/connectors/fix/acceptor/acceptor.js'
import { FixEncoder } from '../../src/connectors/fix/codec/encoder.js'
import { FixMessage } from '../../src/connectors/fix/codec/message.js'
import { loadFixDictionary } from '../../src/connectors/fix/dictionary/built-in.js'
import { RejectReason } from '../../src/connectors/fix/dictionary/reject-reason.js'
import { FixValidator } from '../../src/connectors/fix/dictionary/validator.js'
import type { FixSessionConfig } from '../../src/connectors/fix/session/config.js'
import { FixSession } from '../../src/connectors/fix/session/fix-session.js'
import { FixInitiator } from '../../src/connectors/fix/session/initiator.js'
import { VersionedValidator } from '../../src/connectors/fix/session/versioned-validator.js'
import { MemoryStore } from '../../src/connectors/fix/store/memory-store.js'
import { fileError } from '../../src/core/file-system.js'
import { SeededRandom } from '../../src/core/random.js'
import { VirtualTime } from '../../src/core/virtual-time.js'
import { makePair, RecordingApplication, say } from './support/session-pair.js'
import { SimulatedNetwork } from './support/simulated-network.js'

const names: FixSessionConfig = {
  beginString: 'FIX.4.4',
  role: 'initiator',
  senderCompId: 'CLIENT',
  targetCompId: 'VENUE',
}

function sessionOf(time: VirtualTime, config: Partial<FixSessionConfig> = {}): FixSession {
  return new FixSession({
    config: { ...names, ...config },
    store: new MemoryStore(),
    clock: time,
    application: new RecordingApplication(),
  })
}

function initiatorOf(
  endpoints: { host: string; port: number }[],
  more: Partial<ConstructorParameters<typeof FixInitiator>[0]> = {},
) {
  const time = new VirtualTime()
  const network = new SimulatedNetwork(time, new SeededRandom(1))
  return new FixInitiator({ session: sessionOf(time), time, network, random: new SeededRandom(1), endpoints, ...more })
}

describe('an initiator', () => {
  it('leaves this machine with TLS, or when it is told that the line is safe', () => {
    const far = [{ host: 'fix.example.com', port: 1 }]
    expect(() => initiatorOf(far)).toThrow(expect.objectContaining({ code: 'TW_INVALID_CONFIG' }))
    expect(() => initiatorOf([])).toThrow('endpoints')
    expect(initiatorOf(far, { allowInsecure: true }).session.phase).toBe('idle')
    expect(initiatorOf(far, { tls: {} }).session.phase).toBe('idle')
    expect(initiatorOf([{ host: '::1', port: 1 }]).session.phase).toBe('idle')
    const acceptor = sessionOf(new VirtualTime(), { role: 'acceptor' })
    expect(() => initiatorOf([{ host: 'localhost', port: 1 }], { session: acceptor })).toThrow('is an acceptor')
  })

  it('tries its addresses in turn', async () => {
    const pair = await makePair()
    const session = sessionOf(pair.time)
    const initiator = new FixInitiator({
      ...{ session, time: pair.time, network: pair.network, random: new SeededRandom(1) },
      endpoints: [
        { host: '127.0.0.1', port: 1 },
        { host: '127.0.0.1', port: pair.acceptor.port },
      ],
    })
    await expect(pair.time.runUntil(initiator.connect())).rejects.toMatchObject({ code: 'TW_NETWORK' })
    const ups: unknown[] = []
    initiator.events.on('up', ({ endpoint }) => ups.push(endpoint))
    await pair.time.runUntil(initiator.connect())
    expect(ups).toEqual([{ host: '127.0.0.1', port: pair.acceptor.port }])
    await expect(initiator.connect()).rejects.toMatchObject({ code: 'TW_INVALID_STATE' })
    await pair.time.runUntil(initiator.stop())
    expect(session.phase).toBe('idle')
  })

  it('comes back by itself, and stays away when it is stopped', async () => {
    const pair = await makePair()
    const downs: string[] = []
    pair.initiator.events.on('down', ({ reason }) => downs.push(reason))
    pair.initiator.start()
    pair.initiator.start()
    await pair.pass(100)
    expect(pair.client.isLoggedOn).toBe(true)
    for (const end of pair.network.openEnds) pair.network.cutConnection(end)
    await pair.pass(5_000)
    expect(pair.client.isLoggedOn).toBe(true)
    expect(downs).toEqual(['cut'])
    await pair.time.runUntil(pair.initiator[Symbol.asyncDispose]())
    await pair.pass(120_000)
    expect(pair.client.phase).toBe('idle')
    await pair.time.runUntil(pair.acceptor[Symbol.asyncDispose]())
    pair.initiator.start()
    await pair.pass(2_000)
    expect(downs.at(-1)).toContain('nobody listens')
    await pair.time.runUntil(pair.initiator.stop())
  })

  it('gives up a logon that is aborted', async () => {
    const time = new VirtualTime()
    const network = new SimulatedNetwork(time, new SeededRandom(1))
    await network.listen({ host: '', port: 5 }, (connection) =>
      connection.start({ onData: () => {}, onClose: () => {} }),
    )
    const endpoints = [{ host: '127.0.0.1', port: 5 }]
    const initiator = new FixInitiator({
      session: sessionOf(time),
      time,
      network,
      random: new SeededRandom(1),
      endpoints,
    })
    const abort = new AbortController()
    const attempt = initiator.connect(abort.signal)
    await time.advanceMsAsync(100)
    abort.abort()
    await expect(attempt).rejects.toThrow('aborted')
    const silent = initiator.connect()
    await expect(time.runUntil(silent)).rejects.toThrow('no answer to our Logon')
  })
})

describe('an acceptor', () => {
  it('has one session of each name, and none before it listens', async () => {
    const pair = await makePair()
    expect(() => pair.acceptor.add(pair.venue)).toThrow(expect.objectContaining({ code: 'TW_DUPLICATE' }))
    expect(() => pair.acceptor.add(pair.client)).toThrow(expect.objectContaining({ code: 'TW_INVALID_CONFIG' }))
    const idle = new FixAcceptor({ time: pair.time, network: pair.network, port: 0 })
    expect(() => idle.port).toThrow(expect.objectContaining({ code: 'TW_INVALID_STATE' }))
    await pair.acceptor.start()
    expect(pair.acceptor.sessions).toHaveLength(1)
  })

  it('makes sessions for names it does not know, where it is told how', async () => {
    const time = new VirtualTime()
    const network = new SimulatedNetwork(time, new SeededRandom(1))
    const made: FixSession[] = []
    const acceptor = new FixAcceptor({
      ...{ time, network, port: 7 },
      onUnknown: (logon) => {
        const targetCompId = logon.string(49) ?? ''
        made.push(sessionOf(time, { role: 'acceptor', senderCompId: 'VENUE', targetCompId }))
        return made.at(-1)
      },
    })
    await acceptor.start()
    const session = sessionOf(time, { senderCompId: 'NEWCOMER', senderSubId: 'DESK' })
    const endpoints = [{ host: '127.0.0.1', port: 7 }]
    const initiator = new FixInitiator({ session, time, network, random: new SeededRandom(1), endpoints })
    await time.runUntil(initiator.connect())
    expect(made.map(({ name, phase }) => [name, phase])).toEqual([['FIX.4.4:VENUE->NEWCOMER', 'active']])
    await time.runUntil(initiator.disconnect())
  })

  it('tells sessions apart by their sub ids', async () => {
    const pair = await makePair({
      both: { senderSubId: 'A' },
      venue: { config: { senderSubId: 'X', targetSubId: 'B' } },
    })
    await expect(pair.connect()).rejects.toMatchObject({ code: 'TW_NOT_CONNECTED' })
    const right = await makePair({
      client: { config: { senderSubId: 'B', targetSubId: 'X' } },
      venue: { config: { senderSubId: 'X', targetSubId: 'B' } },
    })
    await right.connect()
    say(right.client, 'a')
    await right.pass(100)
    expect(right.venueApp.texts).toEqual(['a'])
    const line = right.clientLog.lines.find((each) => each.includes('|58=a|'))
    expect(line).toMatch(/\|49=CLIENT\|50=B\|52=[^|]*\|56=VENUE\|57=X\|58=a\|/)
  })
})

describe('resets', () => {
  it('after every logout, or after every disconnect', async () => {
    const pair = await makePair({ both: { resetOnLogout: true } })
    await pair.connect()
    await pair.time.runUntil(pair.initiator.disconnect())
    await pair.pass(10)
    expect([pair.client, pair.venue].map((each) => [each.nextOutgoing, each.nextIncoming])).toEqual([
      [1, 1],
      [1, 1],
    ])
    const other = await makePair({ both: { resetOnDisconnect: true, refreshOnLogon: true } })
    await other.connect()
    for (const end of other.network.openEnds) other.network.cutConnection(end)
    await other.pass(10)
    expect([other.client, other.venue].map((each) => [each.nextOutgoing, each.nextIncoming])).toEqual([
      [1, 1],
      [1, 1],
    ])
    other.client.reset()
    expect(() => other.client.sequenceReset(9)).toThrow(expect.objectContaining({ code: 'TW_NOT_CONNECTED' }))
    await other.connect()
    expect(() => other.client.setNumbers({ nextIncoming: 4 })).toThrow(
      expect.objectContaining({ code: 'TW_INVALID_STATE' }),
    )
  })

  it('that the store refuses end the connection, and nothing else', async () => {
    class Refusing extends MemoryStore {
      override reset(): void {
        throw fileError('open', 'x', 'EIO')
      }
    }
    const pair = await makePair({ client: { store: new Refusing(), config: { resetOnLogon: true } } })
    await expect(pair.connect()).rejects.toThrow('EIO')
    expect(pair.client.phase).toBe('idle')
    const venue = await makePair({
      venue: { store: new Refusing(), config: { resetOnLogon: true, resetOnDisconnect: true } },
    })
    await expect(venue.connect()).rejects.toMatchObject({ code: 'TW_NOT_CONNECTED' })
    expect(venue.venue.phase).toBe('idle')
  })

  it('a number that cannot be written down is written later', async () => {
    class Failing extends MemoryStore {
      commits = 0
      override commit(): void {
        if (++this.commits < 5) throw fileError('write', 'x', 'ENOSPC')
      }
    }
    const store = new Failing()
    const pair = await makePair({ venue: { store } })
    await pair.connect()
    for (let i = 0; i < 5; i++) {
      say(pair.client, `${i}`)
      await pair.pass(20)
    }
    expect(pair.venueApp.texts).toHaveLength(5)
    expect(store.commits).toBeGreaterThan(5)
  })
})

describe('versions within a session', () => {
  const encoder = new FixEncoder({ beginString: 'FIXT.1.1' })
  const view = new FixMessage()
  function message(type: string, header: [number, string][], body: [number, string][]): FixMessage {
    encoder.begin(type)
    const all: [number, string][] = [[34, '1'], [49, 'A'], [52, '20240102-14:30:00'], [56, 'B'], ...header, ...body]
    for (const [tag, value] of all) encoder.string(tag, value)
    encoder.end()
    view.read(encoder.bytes, encoder.start, encoder.finish)
    return view
  }

  it('are told apart by message, by logon, or by setting', async () => {
    const load = async (version: 'FIX.5.0' | 'FIX.5.0SP2') => new FixValidator(await loadFixDictionary(version))
    const validators = new Map([
      ['7', await load('FIX.5.0')],
      ['9', await load('FIX.5.0SP2')],
    ])
    const validator = new VersionedValidator(validators, '7')
    // OrderMassActionRequest came in with FIX 5.0 SP 1.
    const check = (header: [number, string][], type = 'CA', body: [number, string][] = [[11, 'id']]) => {
      const reason = validator.validate(message(type, header, body))
      return [reason, validator.refTag]
    }
    expect(check([[1128, '4']])).toEqual([RejectReason.invalidApplVerId, 1128])
    const unknown = [RejectReason.invalidMsgType, undefined]
    expect([check([]), check([[1128, '7']])]).toEqual([unknown, unknown])
    const known = check([[1128, '9']])
    expect(known[0]).toBe(RejectReason.requiredTagMissing)
    expect(
      check([], 'A', [
        [98, '0'],
        [108, '30'],
        [1137, '9'],
      ]),
    ).toEqual([RejectReason.none, undefined])
    expect(check([])).toEqual(known)
    expect(() => new VersionedValidator(validators, '8')).toThrow(
      expect.objectContaining({ code: 'TW_INVALID_CONFIG' }),
    )
  })
})
