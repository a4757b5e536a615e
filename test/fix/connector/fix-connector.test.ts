/** What the FIX connector says and understands, version by version, against a venue that says what the test says. */
import { describe, expect, it } from 'vitest'
import { FixConnector } from '../../../src/connectors/fix/connector/fix-connector.js'
import { type FixVersion, loadFixDictionary } from '../../../src/connectors/fix/dictionary/built-in.js'
import { testShare } from '../../../src/testing/builders.js'
import { type ScriptedPair, scripted } from './scripted-venue.js'

const versions: readonly FixVersion[] = ['FIX.4.0', 'FIX.4.1', 'FIX.4.2', 'FIX.4.3', 'FIX.4.4', 'FIX.5.0', 'FIX.5.0SP2']
const price = { symbol: 'IBM', side: 'buy', quantity: 100, price: '100' } as const

/** How each version says that so many were filled; `id` is the ExecID. */
function fill(version: FixVersion, id: string, last: number, cumulative: number, order = 'A'): string {
  const status = cumulative === 100 ? '2' : '1'
  const execType =
    version === 'FIX.4.0' ? '' : version === 'FIX.4.1' || version === 'FIX.4.2' ? `150=${status}|` : '150=F|'
  const transaction = version < 'FIX.4.3' ? '20=0|' : ''
  return `37=V1|11=${order}|17=${id}|${transaction}${execType}39=${status}|55=IBM|54=1|38=100|32=${last}|31=100|151=${100 - cumulative}|14=${cumulative}|6=100|60=20261121-10:00:00`
}

let reports = 1_000

/** A report about no execution. */
function status(version: FixVersion, execType: string, ordStatus: string, order: string, more = ''): string {
  const transaction = version < 'FIX.4.3' ? '20=0|' : ''
  const type = version === 'FIX.4.0' ? '' : `150=${execType}|`
  const shares = version === 'FIX.4.0' || version === 'FIX.4.1' ? '32=0|31=0|' : ''
  return `37=V1|11=${order}|17=${++reports}|${transaction}${type}39=${ordStatus}|55=IBM|54=1|38=100|${shares}151=100|14=0|6=0${more}`
}

async function placed(
  version: FixVersion,
  profile: Parameters<typeof scripted>[1] = {},
): Promise<ScriptedPair & { order: number; id: string }> {
  const pair = await scripted(version, profile)
  const order = pair.host.submit(pair.connector, price)
  await pair.pass()
  const id = pair.last('D').fields.get(11) as string
  pair.say('8', status(version, '0', '0', id))
  await pair.pass()
  return Object.assign(pair, { order, id })
}

describe.each(versions)('%s', (version) => {
  it('acknowledges, fills in parts, corrects and takes back', async () => {
    const { say, pass, host, order, id, problems } = await placed(version)
    say('8', fill(version, '101', 40, 40, id))
    say('8', fill(version, '102', 60, 100, id))
    const isOld = version < 'FIX.4.3'
    const restate = (kind: 'bust' | 'correct', reference: string, last: number) =>
      `37=V1|11=${id}|17=${900 + last}|${isOld ? `20=${kind === 'bust' ? 1 : 2}|` : ''}${version === 'FIX.4.0' ? '' : `150=${isOld ? '1' : kind === 'bust' ? 'H' : 'G'}|`}39=1|19=${reference}|55=IBM|54=1|38=100|32=${last}|31=100.5|151=0|14=90|6=100`
    say('8', restate('correct', '101', 30))
    say('8', restate('bust', '102', 60))
    await pass()
    expect(host.reports.kinds(order)).toEqual(['accepted', 'filled', 'filled', 'corrected', 'busted'])
    expect(host.reports.of('filled').map(({ exec, quantityUnits }) => [exec, quantityUnits])).toEqual([
      ['101', 40],
      ['102', 60],
    ])
    const [corrected] = host.reports.of('corrected')
    expect([corrected?.reference, corrected?.quantityUnits, corrected?.priceUnits]).toEqual(['101', 30, 1_005_000])
    expect(host.reports.of('busted')[0]?.reference).toBe('102')
    expect(host.reports.filledUnits(order)).toBe(30)
    expect(problems).toEqual([])
  })

  it('decides nothing by pending states', async () => {
    const { say, pass, host, order, id } = await placed(version)
    for (const state of version === 'FIX.4.0' ? ['6', 'A', '7', '9', 'B'] : ['6', 'A', 'E', '7', '9', 'B'])
      if (state !== 'E' || version >= 'FIX.4.2') say('8', status(version, state, state, id))
    await pass()
    expect(host.reports.kinds(order)).toEqual(['accepted'])
  })

  it('changes and cancels by ids of their own, each naming the one before', async () => {
    const { say, pass, host, order, id, last, connector } = await placed(version)
    const generation = host.replace(connector, order, { price: '101' })
    await pass()
    const change = last('G')
    expect([change.fields.get(41), change.fields.get(44), change.fields.get(38)]).toEqual([id, '101', '100'])
    const changeId = change.fields.get(11) as string
    say('8', status(version, '5', version < 'FIX.4.4' ? '5' : '0', changeId, `|41=${id}|44=101`))
    await pass()
    expect(host.reports.of('replaced')[0]).toMatchObject({ generation, priceUnits: 1_010_000 })
    host.cancel(connector, order)
    await pass()
    const cancel = last('F')
    expect([cancel.fields.get(41), cancel.fields.get(37) ?? 'V1']).toEqual([changeId, 'V1'])
    say('8', status(version, '4', '4', cancel.fields.get(11) as string, `|41=${changeId}`))
    await pass()
    expect(host.reports.kinds(order)).toEqual(['accepted', 'replaced', 'canceled'])
  })

  it('reports refusals of orders, changes and cancels by their own requests', async () => {
    const { say, pass, host, order, id, last, connector } = await placed(version)
    const change = host.replace(connector, order, { price: '101' })
    const cancel = host.cancel(connector, order)
    await pass()
    const reject = (request: string, to: number) =>
      `37=V1|11=${request}|41=${id}|39=0|${version >= 'FIX.4.2' ? `434=${to}|` : ''}102=0|58=too late`
    say('9', reject(last('G').fields.get(11) as string, 2))
    say('9', reject(last('F').fields.get(11) as string, 1))
    await pass()
    expect(host.reports.of('replaceRejected')[0]).toMatchObject({
      number: order,
      generation: change,
      reason: 'too late',
    })
    expect(host.reports.of('cancelRejected')[0]).toMatchObject({
      number: order,
      generation: cancel,
      reason: 'too late',
    })
    const other = host.submit(connector, price)
    await pass()
    say('8', status(version, '8', '8', last('D').fields.get(11) as string, '|58=no such thing'))
    await pass()
    expect(host.reports.kinds(other)).toEqual(['rejected'])
  })

  it('takes a rejected message for a refusal of what it carried', async () => {
    const pair = await scripted(version)
    const { host, connector, pass } = pair
    pair.refuse = { kind: 'session', reason: 5, text: 'Value is incorrect', refTag: 55 }
    const order = host.submit(connector, price)
    await pass()
    expect(host.reports.reports).toMatchObject([{ kind: 'rejected', number: order }])
    expect(host.reports.of('rejected')[0]?.reason).toContain('Value is incorrect')
    pair.refuse = { kind: 'unsupported' }
    const next = host.submit(connector, price)
    await pass()
    expect(host.reports.kinds(next)).toEqual(['rejected'])
  })
})

describe('execution ids', () => {
  it('are made from order and quantity where the venue has none', async () => {
    const { say, pass, host } = await placed('FIX.4.2', { execIds: 'none' })
    const id = host.reports.of('accepted').length
    expect(id).toBe(1)
    const order = (await Promise.resolve(host.reports.of('accepted')[0]))?.number as number
    const wire = say
    wire('8', fill('FIX.4.2', '0', 40, 40, 'X').replace('11=X', '11=Y'))
    await pass()
    // An order that nobody here knows, on the same venue id: found by it.
    expect(host.reports.kinds(order)).toEqual(['accepted', 'filled'])
    wire('8', fill('FIX.4.2', '0', 60, 100, 'X'))
    wire('8', fill('FIX.4.2', '0', 60, 100, 'X'))
    await pass()
    expect(host.reports.of('filled').map(({ exec }) => exec)).toEqual(['V1#40', 'V1#100', 'V1#100'])
  })

  it.each([
    ['day', '20261121/7'],
    ['order', 'V1/7'],
    ['unique', '7'],
  ] as const)('scope %s', async (execIds, expected) => {
    const { say, pass, host, id } = await placed('FIX.4.4', { execIds })
    say('8', fill('FIX.4.4', '7', 40, 40, id))
    await pass()
    expect(host.reports.of('filled')[0]?.exec).toBe(expected)
  })
})

describe('ends of orders', () => {
  it('of a fill that also ends the order: both are reported', async () => {
    const { say, pass, host, order, id } = await placed('FIX.4.4')
    say('8', fill('FIX.4.4', '101', 40, 40, id).replace('39=1', '39=4'))
    await pass()
    expect(host.reports.kinds(order)).toEqual(['accepted', 'filled', 'canceled'])
  })

  it('by the end of the day: DAY orders expire, others stay', async () => {
    const { say, pass, host, order, id, connector, last } = await placed('FIX.4.4')
    say('8', status('FIX.4.4', '3', '3', id))
    const lasting = host.submit(connector, { ...price, timeInForce: 'GTC' })
    await pass()
    const other = last('D').fields.get(11) as string
    say('8', status('FIX.4.4', '0', '0', other).replace('37=V1', '37=V2'))
    say('8', status('FIX.4.4', '3', '3', other).replace('37=V1', '37=V2'))
    await pass()
    expect(host.reports.kinds(order)).toEqual(['accepted', 'expired'])
    expect(host.reports.kinds(lasting)).toEqual(['accepted'])
  })
})

describe('chains of requests', () => {
  it.each([
    ['latest', 'G'],
    ['accepted', 'D'],
  ] as const)('name the %s id while a change is under way', async (chaining, type) => {
    const { pass, host, order, connector, last, heard } = await placed('FIX.4.4', { chaining })
    host.replace(connector, order, { price: '101' })
    await pass()
    const previous = last(type).fields.get(11)
    host.replace(connector, order, { price: '102' })
    await pass()
    expect(heard.filter((message) => message.type === 'G')[1]?.fields.get(41)).toBe(previous)
  })

  it('fall back to the last accepted id after a refusal', async () => {
    const { say, pass, host, order, id, connector, last } = await placed('FIX.4.4')
    host.replace(connector, order, { price: '101' })
    await pass()
    say('9', `37=V1|11=${last('G').fields.get(11)}|41=${id}|39=0|434=2|102=0`)
    await pass()
    host.cancel(connector, order)
    await pass()
    expect(last('F').fields.get(41)).toBe(id)
  })
})

describe('answers to changes', () => {
  it('that come again, or late, change nothing', async () => {
    const { say, pass, host, order, id, connector, last } = await placed('FIX.4.4', { chaining: 'accepted' })
    const answers: string[] = []
    for (const [at, price] of ['101', '102'].entries()) {
      host.replace(connector, order, { price })
      await pass()
      const previous = at === 0 ? id : (/11=(\w+)/.exec(answers[0] as string)?.[1] as string)
      const clOrdId = last('G').fields.get(11) as string
      answers.push(status('FIX.4.4', '5', '0', clOrdId, `|41=${previous}|44=${price}`))
      say('8', answers[at] as string)
      await pass()
    }
    const newest = last('G').fields.get(11)
    expect(host.reports.kinds(order)).toEqual(['accepted', 'replaced', 'replaced'])
    // The same again, as a drop copy tells it.
    say('8', answers[1] as string)
    await pass()
    expect(host.reports.kinds(order)).toHaveLength(3)
    // An earlier one is told by its own generation, and the chain goes on from the newest.
    say('8', answers[0] as string)
    await pass()
    expect(host.reports.of('replaced').at(-1)).toMatchObject({ generation: 1, priceUnits: 1_010_000 })
    host.cancel(connector, order)
    await pass()
    expect(last('F').fields.get(41)).toBe(newest)
  })

  it('that the venue makes by itself are told', async () => {
    const { say, pass, host, order, connector, last } = await placed('FIX.4.4')
    host.replace(connector, order, { price: '101' })
    await pass()
    const clOrdId = last('G').fields.get(11) as string
    say('8', status('FIX.4.4', '5', '0', clOrdId, '|44=101'))
    say('8', status('FIX.4.4', 'D', '0', clOrdId, '|44=100.5'))
    await pass()
    expect(host.reports.of('replaced').at(-1)).toMatchObject({ generation: 0, priceUnits: 1_005_000 })
  })
})

describe('words', () => {
  it('name instruments by SecurityID, count lots, leave out and add fields', async () => {
    const { host, connector, pass, last } = await scripted('FIX.4.2', {
      symbology: { identifyBy: 'securityId', securityIdSource: '8', symbolText: '[N/A]', securityExchange: true },
      quantities: 'lots',
      account: false,
      omit: { D: [60] },
      fields: { D: [[9001, 'desk']] },
      clOrdId: { maxLength: 20, prefix: 'TW', upperCase: true },
    })
    host.submit(connector, { ...price, quantity: 300 })
    await pass()
    const { fields } = last('D')
    expect([48, 22, 55, 207, 38, 21, 9001].map((tag) => fields.get(tag))).toEqual([
      ...['IBM', '8', '[N/A]', 'XNYS', '3', '1', 'desk'],
    ])
    expect([fields.has(1), fields.has(60)]).toEqual([false, false])
    expect(fields.get(11)).toMatch(/^TW[0-9A-Z]{9,18}$/)
  })

  it('say stops, touched, trailing and closing orders', async () => {
    const modern = await scripted('FIX.5.0SP2')
    const send = async (pair: ScriptedPair, request: object) => {
      pair.host.submit(pair.connector, { symbol: 'IBM', side: 'buy', quantity: 100, ...request })
      await pair.pass()
      return pair.last('D').fields
    }
    const show = (fields: ReadonlyMap<number, string>, tags: readonly number[]) => tags.map((tag) => fields.get(tag))
    const touched = await send(modern, { type: 'LIMIT_IF_TOUCHED', price: '99', triggerPrice: '98' })
    expect(show(touched, [40, 44, 1100, 1102, 1109, 99])).toEqual(['2', '99', '4', '98', 'D', undefined])
    const trailing = await send(modern, { type: 'TRAILING_STOP', trailing: { basisPoints: 50 } })
    expect(show(trailing, [40, 18, 211, 836])).toEqual(['P', 'a', '50', '1'])
    const stop = await send(modern, { type: 'STOP_LIMIT', price: '105', triggerPrice: '104', triggerSource: 'bid_ask' })
    expect(show(stop, [40, 44, 99, 1107])).toEqual(['4', '105', '104', '1'])
    const flags = await send(modern, { price: '99', postOnly: true, displayQuantity: 10 })
    expect(show(flags, [18, 1138])).toEqual(['6', '10'])
    const old = await scripted('FIX.4.2')
    expect(show(await send(old, { type: 'MARKET', timeInForce: 'CLO' }), [40, 59])).toEqual(['5', undefined])
    expect(show(await send(old, { price: '99', timeInForce: 'CLO' }), [40, 44])).toEqual(['B', '99'])
  })

  it('refuse what cannot be said, and send nothing', async () => {
    const { host, connector, pass, heard } = await scripted('FIX.4.4')
    const order = host.submit(connector, {
      ...price,
      price: undefined as never,
      type: 'STOP',
      triggerPrice: '104',
      triggerSource: 'mid',
    })
    await pass()
    expect(host.reports.reports).toMatchObject([{ kind: 'rejected', number: order }])
    expect(host.reports.reports[0]?.reason).toContain('not sent')
    expect(heard).toEqual([])
  })

  it('offer by version what its dictionary has', async () => {
    const typesOf = async (version: FixVersion) => (await scripted(version)).connector.capabilities.orders?.types ?? []
    expect(await typesOf('FIX.4.2')).not.toContain('TRAILING_STOP')
    expect(await typesOf('FIX.4.4')).toContain('TRAILING_STOP')
    expect(await typesOf('FIX.4.4')).not.toContain('LIMIT_IF_TOUCHED')
    expect(await typesOf('FIX.5.0')).toContain('LIMIT_IF_TOUCHED')
  })
})

describe('connections', () => {
  it('end when the venue resets its numbers while trading', async () => {
    const { session, pass, host, connector } = await scripted('FIX.4.4')
    session.reset()
    await pass(50)
    expect(host.disconnects).toEqual(['the venue reset the sequence numbers'])
    await pass(5_000)
    expect(connector.isReady).toBe(true)
  })

  it('report an order as not sent while the session takes none', async () => {
    const { session, pass, host, connector, heard } = await scripted('FIX.4.4')
    session.logout('closing')
    await pass(50)
    expect(connector.isReady).toBe(false)
    expect(() => host.submit(connector, price)).toThrow(/TW_NOT_READY|waiting|nothing was sent/)
    expect(heard).toEqual([])
  })
})

describe('options', () => {
  it('that are unknown, missing or impossible are refused by name', async () => {
    const dictionary = await loadFixDictionary('FIX.4.4')
    const options = {
      session: { beginString: 'FIX.4.4', senderCompId: 'ME', targetCompId: 'VENUE' },
      endpoints: [{ host: '127.0.0.1', port: 1 }],
      dictionary,
      instruments: [testShare],
      environment: 'paper',
    } as const
    const attempts: readonly [object, RegExp][] = [
      [{ colour: 1 }, /colour/],
      [{ instruments: [] }, /instruments/],
      [{ environment: 'test' }, /environment/],
      [{ endpoints: [] }, /endpoints/],
      [{ environment: 'live' }, /store/],
      [{ profile: { speed: 1 } }, /speed/],
      [{ profile: { symbology: { identifyBy: 'securityId' } } }, /securityIdSource/],
      [{ profile: { trades: true, execIds: 'none' } }, /trades/],
      [{ session: { ...options.session, beginString: 'FIX.4.2' } }, /FIX\.4\.2/],
      [{ session: { ...options.session, role: 'acceptor' } }, /role/],
      [{ dropCopy: { session: options.session, endpoints: [] } }, /dropCopy\.endpoints/],
      [{ connection: { tries: 1 } }, /tries/],
      [{ profile: { marketData: { colour: true } } }, /marketData\.colour/],
      [{ profile: { symbology: { by: 'symbol' } } }, /symbology\.by/],
      [{ profile: { marketData: { status: 'always' } } }, /marketData\.status/],
      [{ profile: { marketData: { statuses: { '99': 'asleep' } } } }, /statuses: 99/],
    ]
    for (const [change, message] of attempts)
      expect(() => new FixConnector({ ...options, ...change } as never), JSON.stringify(change)).toThrow(message)
    const older = await loadFixDictionary('FIX.4.2')
    const session = { ...options.session, beginString: 'FIX.4.2' }
    expect(() => new FixConnector({ ...options, session, dictionary: older, profile: { positions: true } })).toThrow(
      /AN/,
    )
  })
})
