import { describe, expect, it } from 'vitest'
import { latin1, latin1Bytes } from '../codec/bytes.js'
import { FixEncoder } from '../codec/encoder.js'
import { GarbledReason } from '../codec/garbled.js'
import { FixMessage } from '../codec/message.js'
import { TimestampPrecision } from '../codec/times.js'
import { type FixSessionConfig, resolveSessionConfig } from './config.js'
import { identityFileName, identityText } from './identity.js'
import { findSendingTime, patchForResend, storedMsgType } from './resend-patch.js'
import { MessageThrottle } from './throttle.js'

const base: FixSessionConfig = { beginString: 'FIX.4.4', role: 'initiator', senderCompId: 'A', targetCompId: 'B' }

describe('settings', () => {
  it('have defaults by role and version', () => {
    const initiator = resolveSessionConfig(base)
    expect(initiator).toMatchObject({ isInitiator: true, storesOffline: false, heartBtIntSeconds: 30, precision: 3 })
    const acceptor = resolveSessionConfig({ ...base, beginString: 'FIX.4.0', role: 'acceptor' })
    expect(acceptor).toMatchObject({ isInitiator: false, storesOffline: true, precision: 0 })
    const fixt = resolveSessionConfig({ ...base, beginString: 'FIXT.1.1', defaultApplVerId: 'FIX.5.0SP2' })
    expect(fixt.defaultApplVerId).toBe('9')
  })

  it('that are wrong are named', () => {
    const wrong: [Partial<Record<keyof FixSessionConfig | 'heartbeat', unknown>>, string][] = [
      [{ heartbeat: 3 }, 'heartbeat'],
      [{ role: 'both' }, 'role'],
      [{ beginString: 'FIX.5.0' }, 'beginString'],
      [{ senderCompId: '' }, 'senderCompId'],
      [{ targetSubId: 'a\u0001b' }, 'targetSubId'],
      [{ heartBtIntSeconds: -1 }, 'heartBtIntSeconds'],
      [{ maxLatencyMs: 1.5 }, 'maxLatencyMs'],
      [{ tooLow: 'ignore' }, 'tooLow'],
      [{ timestampPrecision: 'hours' }, 'timestampPrecision'],
      [{ defaultApplVerId: '9' }, 'defaultApplVerId'],
      [{ beginString: 'FIXT.1.1' }, 'defaultApplVerId'],
      [{ beginString: 'FIX.4.0', resetOnLogon: true }, 'resetOnLogon'],
      [{ beginString: 'FIX.4.0', senderLocationId: 'X' }, 'location'],
      [{ throttle: { messages: 0, windowMs: 1 } }, 'throttle.messages'],
      [{ throttle: { messages: 1, windowMs: 0 } }, 'throttle.windowMs'],
    ]
    for (const [change, named] of wrong) {
      expect(() => resolveSessionConfig({ ...base, ...change } as FixSessionConfig)).toThrow(named)
    }
  })

  it('give sessions names', () => {
    const identity = { ...base, senderSubId: 'S', targetLocationId: 'L', qualifier: 'drop copy' }
    expect(identityText(identity)).toBe('FIX.4.4:A/S->B//L:drop copy')
    expect(identityFileName(identity)).toBe('FIX.4.4-A%2FS-B%2F%2FL-drop%20copy')
  })
})

describe('a throttle', () => {
  it('lets no window hold more than the limit, wherever it begins', () => {
    const throttle = new MessageThrottle({ messages: 5, windowMs: 10 })
    const sent: number[] = []
    for (let now = 0; now < 200e6; now += 0.7e6) {
      if (throttle.nextFreeNs() > now) continue
      throttle.take(now)
      sent.push(now)
    }
    for (const from of sent) expect(sent.filter((at) => at >= from && at < from + 10e6).length).toBeLessThanOrEqual(5)
    expect(sent.length).toBeGreaterThan(90)
  })
})

describe('a message for a resend', () => {
  const NOW = Date.UTC(2024, 0, 2, 14, 30, 5) * 1_000
  const facts = { sendingTimeStart: -1, sendingTimeEnd: -1 }

  function patched(text: string, precision: TimestampPrecision = TimestampPrecision.milliseconds): string {
    const body = latin1Bytes(text.replaceAll('|', '\u0001'))
    const encoder = new FixEncoder({ beginString: 'FIX.4.4' })
    encoder.begin('8')
    encoder.fields(body)
    encoder.end()
    const stored = encoder.copy()
    findSendingTime(stored, 0, stored.length, facts)
    const target = new FixEncoder({ beginString: 'FIX.4.4' })
    patchForResend(target, stored, 0, stored.length, NOW, precision, facts)
    const view = new FixMessage()
    expect(view.read(target.bytes, target.start, target.finish)).toBe(GarbledReason.none)
    return latin1(target.bytes, target.start, target.finish).replaceAll('\u0001', '|')
  }

  it('has its new fields where an ordered header has them', () => {
    expect(patched('34=7|49=A|52=20240102-14:30:00.000|56=B|115=X|128=Y|11=id|58=text|')).toContain(
      '|35=8|34=7|43=Y|49=A|52=20240102-14:30:05.000|56=B|115=X|122=20240102-14:30:00.000|128=Y|11=id|58=text|10=',
    )
  })

  it('is whole in any order of the header, with nothing but a header, or without a SendingTime', () => {
    expect(patched('49=A|56=B|34=7|52=20240102-14:30:00|11=id|', TimestampPrecision.seconds)).toContain(
      '|35=8|43=Y|49=A|56=B|34=7|52=20240102-14:30:05|122=20240102-14:30:00|11=id|10=',
    )
    expect(patched('34=7|52=20240102-14:30:00|')).toContain(
      '|34=7|43=Y|52=20240102-14:30:05.000|122=20240102-14:30:00|10=',
    )
    expect(patched('34=7|11=id|')).toContain('|34=7|43=Y|11=id|10=')
    expect(patched('34=7|43=Y|52=20240102-14:30:02|122=20240102-14:30:00|11=id|')).toContain(
      '|34=7|43=Y|52=20240102-14:30:05.000|122=20240102-14:30:02|11=id|10=',
    )
  })

  it('keeps data fields and groups byte for byte', () => {
    const body = '453=2|448=a|447=D|448=b|447=D|354=5|355=a|b=c|58=x|'
    expect(patched(`34=7|52=20240102-14:30:00|212=3|213=<|>|${body}`)).toContain(`|212=3|213=<|>|${body}10=`)
  })

  it('tells its type', () => {
    const stored = latin1Bytes('8=FIX.4.4\u00019=5\u000135=AE\u0001')
    expect(storedMsgType(stored, 0, stored.length)).toBe('AE')
  })
})
