import { describe, expect, expectTypeOf, it } from 'vitest'
import * as config from './config-schema.js'

const schema = config.options({
  name: config.text(20),
  maxOrders: config.withDefault(config.positiveInteger(1_000), 100),
  reconnectMs: config.withDefault(config.durationMs(), 500),
  warningAt: config.withDefault(config.fraction(), 0.8),
  maxNotional: config.amount({ min: '0' }),
  mode: config.oneOf(['paper', 'live']),
  password: config.optional(config.secret()),
  isEnabled: config.withDefault(config.flag(), true),
  level: config.optional(config.wholeNumber(-5, 5)),
  symbols: config.withDefault(config.list(config.text(), 3), []),
  limits: config.optional(config.mapOf(config.options({ max: config.realNumber(0, 10) }), 2)),
  algo: config.optional(
    config.variant('type', [
      { word: 'twap', schema: config.options({ type: config.oneOf(['twap']), durationMs: config.durationMs(1_000) }) },
      { word: 'pov', schema: config.options({ type: config.oneOf(['pov']), rate: config.fraction() }) },
    ]),
  ),
})
const minimal = { name: 'desk', maxNotional: '1000000', mode: 'paper' }
const parse = (changes: object = {}) => config.parseConfig(schema, { ...minimal, ...changes }, 'risk configuration')

function refusal(run: () => unknown): { code: string; field: unknown; message: string; fields: string[] } {
  try {
    run()
  } catch (error) {
    const { code, details, message } = error as {
      code: string
      message: string
      details: { field: unknown; faults: { field: string }[] }
    }
    return { code, field: details.field, message, fields: details.faults.map(({ field }) => field) }
  }
  throw new Error('was accepted')
}

describe('parseConfig', () => {
  it('fills in defaults and keeps what was said', () => {
    const defaults = { maxOrders: 100, reconnectMs: 500, warningAt: 0.8, isEnabled: true, symbols: [] }
    expect(parse()).toEqual({ ...minimal, ...defaults })
    expect(parse({ maxOrders: undefined })).toEqual({ ...minimal, ...defaults })
    const said = {
      maxOrders: 5,
      reconnectMs: 0.5,
      warningAt: 1,
      isEnabled: false,
      symbols: ['A'],
      level: -5,
      limits: { IBM: { max: 1 } },
      algo: { type: 'pov', rate: 0.1 },
    }
    expect(parse(said)).toEqual({ ...minimal, ...said })
  })

  it('has the type of its schema', () => {
    const value = parse()
    expectTypeOf(value.maxOrders).toEqualTypeOf<number>()
    expectTypeOf(value.mode).toEqualTypeOf<'paper' | 'live'>()
    expectTypeOf(value.level).toEqualTypeOf<number | undefined>()
    expectTypeOf<NonNullable<config.SchemaValue<typeof schema>['algo']>['type']>().toEqualTypeOf<'twap' | 'pov'>()
  })

  it('gives amounts as exact plain text', () => {
    const amounts: [string | number, string][] = [
      ['0.10', '0.10'],
      [0.1, '0.1'],
      [1e21, '1000000000000000000000'],
      [-0, '0'],
      [1e-7, '0.0000001'],
    ]
    for (const [input, output] of amounts) expect(parse({ maxNotional: input }).maxNotional).toBe(output)
  })

  it('tells all mistakes at once', () => {
    const { code, message, fields } = refusal(() => parse({ name: '', maxOrders: 0, mode: 'lvie', warningAt: 1.1 }))
    expect(code).toBe('TW_INVALID_CONFIG')
    expect(fields).toEqual(['name', 'maxOrders', 'warningAt', 'mode'])
    expect(message).toContain(
      'risk configuration: name must be text of 1 to 20 characters, got 0; maxOrders must be a whole number from 1 to 1000, got 0',
    )
    expect(message).toContain('mode must be one of "paper", "live", got "lvie"')
  })

  it('lists the known options for an unknown one, and the one that was probably meant', () => {
    const { field, message } = refusal(() => parse({ maxOrder: 5 }))
    expect(field).toBe('maxOrder')
    expect(message).toContain('maxOrder is unknown; did you mean maxOrders? (known: algo, isEnabled, level,')
  })

  it.each<[string, object, string]>([
    ['name', { name: 5 }, 'must be text, got a number'],
    ['name', { name: undefined }, 'must be text, got nothing'],
    ['maxOrders', { maxOrders: 1.5 }, 'whole number from 1 to 1000'],
    ['maxOrders', { maxOrders: '5' }, 'got "5"'],
    ['maxOrders', { maxOrders: Number.NaN }, 'got NaN'],
    ['reconnectMs', { reconnectMs: 0 }, 'above 0'],
    ['reconnectMs', { reconnectMs: Number.POSITIVE_INFINITY }, 'at most 2000000000'],
    ['level', { level: 6 }, 'from -5 to 5'],
    ['maxNotional', { maxNotional: '-1' }, 'of at least 0'],
    ['maxNotional', { maxNotional: '1e6' }, 'must be a decimal number'],
    ['maxNotional', { maxNotional: Number.NaN }, 'got NaN'],
    ['maxNotional', { maxNotional: '9'.repeat(401) }, 'must be a decimal number'],
    ['isEnabled', { isEnabled: 'yes' }, 'true or false'],
    ['symbols', { symbols: 'A' }, 'must be a list, got text'],
    ['symbols', { symbols: ['a', 'b', 'c', 'd'] }, 'at most 3 entries, got 4'],
    ['symbols.1', { symbols: ['a', 5] }, 'must be text'],
    ['limits', { limits: [] }, 'must be an object, got a list'],
    ['limits', { limits: { a: { max: 1 }, b: { max: 1 }, c: { max: 1 } } }, 'at most 2 entries'],
    ['limits.IBM.max', { limits: { IBM: { max: 11 } } }, 'from 0 to 10'],
    ['limits.IBM.maxx', { limits: { IBM: { max: 1, maxx: 1 } } }, 'did you mean max?'],
    ['limits.IBM.max', { limits: { IBM: {} } }, 'is missing'],
    ['limits.constructor', { limits: { constructor: { max: 1 } } }, 'is not allowed'],
    ['algo', { algo: 'twap' }, 'must be an object, got text'],
    ['algo.type', { algo: { type: 'vwap' } }, 'must be one of "twap", "pov", got "vwap"'],
    ['algo.type', { algo: {} }, 'got nothing'],
    ['algo.durationMs', { algo: { type: 'twap', durationMs: 5 } }, 'of at least 1000'],
    ['algo.rate', { algo: { type: 'twap', durationMs: 5_000, rate: 1 } }, 'is unknown'],
  ])('refuses a bad %s: %j', (field, changes, message) => {
    const refused = refusal(() => parse(changes))
    expect(refused.field).toBe(field)
    expect(refused.message).toContain(message)
  })

  it('takes false where an option may be switched off, and nothing else beside its schema', () => {
    const switchable = config.options({ collar: config.withDefault(config.orFalse(config.fraction()), 0.05) })
    const collar = (input: object) => config.parseConfig(switchable, input, 'x').collar
    expect([collar({}), collar({ collar: false }), collar({ collar: 0.1 })]).toEqual([0.05, false, 0.1])
    for (const bad of [true, 2, 'false', null]) expect(refusal(() => collar({ collar: bad })).field).toBe('collar')
    expectTypeOf(collar({})).toEqualTypeOf<number | false>()
  })

  it('refuses what is no object, and what is no plain data', () => {
    expect(refusal(() => config.parseConfig(schema, 'secret=hunter2', 'x')).message).not.toContain('hunter2')
    expect(refusal(() => config.parseConfig(schema, [], 'x')).message).toContain('must be an object, got a list')
    expect(refusal(() => parse({ name: () => 'desk' })).field).toBe('name')
    expect(refusal(() => parse({ limits: new Map() })).field).toBe('limits')
  })

  it('never shows a secret', () => {
    for (const password of [12_345_678, '', 'hunter2'.repeat(2_000), ['hunter2'], { hunter2: 1 }]) {
      const { field, message } = refusal(() => parse({ password }))
      expect(field).toBe('password')
      expect(message).not.toMatch(/hunter2|12345678/)
    }
    expect(parse({ password: 'hunter2' }).password).toBe('hunter2')
  })
})
