import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { SimulatedDisk } from '../../../testing/simulated-disk.js'
import { MessageMask, secretTags } from './mask.js'
import { FileMessageLog, noMessageLog } from './message-log.js'

const soh = (text: string) => new Uint8Array(Buffer.from(text.replaceAll('|', '\u0001'), 'latin1'))
const mask = (text: string, options = {}) => new MessageMask(options).text(soh(text))

describe('masking', () => {
  it('hides secrets and shows the rest', () => {
    expect(mask('8=FIX.4.4|35=A|553=me|554=pass|925=next|108=30|')).toBe(
      '8=FIX.4.4|35=A|553=***|554=***|925=***|108=30|',
    )
    expect(mask('35=D|1=ACCOUNT1234|', { accounts: true })).toBe('35=D|1=*******1234|')
    expect(mask('1=abc|', { accounts: true })).toBe('1=***|')
    expect(mask('35=D|58=hello|', { tags: [58] })).toBe('35=D|58=***|')
  })

  it('knows data fields by their lengths', () => {
    expect(mask('95=8|96=ab|10=cd|98=0|')).toBe('95=8|96=***|98=0|')
    expect(mask('354=3|355=a|b|58=x|')).toBe('354=3|355=a?b|58=x|')
  })

  it('hides all that follows once a length lies', () => {
    expect(mask('95=2|96=secret|58=part of it|')).toBe('95=2|96=***')
    expect(mask('95=99|96=secret|58=x|')).toBe('95=99|96=***')
  })

  it('never shows a secret, whatever surrounds it', () => {
    const secret = 'S3CR3T'
    fc.assert(
      fc.property(
        fc.constantFrom(...secretTags),
        fc.array(fc.tuple(fc.integer({ min: 1, max: 9_999 }), fc.string({ maxLength: 8 })), { maxLength: 10 }),
        fc.array(fc.tuple(fc.integer({ min: 1, max: 9_999 }), fc.string({ maxLength: 8 })), { maxLength: 10 }),
        (tag, before, after) => {
          const field = ([number, value]: [number, string]) => `${number}=${value.replaceAll(/[^ -~]/g, '')}|`
          const text = `${before.map(field).join('')}${tag}=${secret}|${after.map(field).join('')}`
          expect(mask(text)).not.toContain(secret)
        },
      ),
    )
  })
})

describe('a message log', () => {
  const US = Date.UTC(2024, 0, 2, 14, 30, 0) * 1_000 + 123_456
  const read = (disk: SimulatedDisk, name = 'logs/s.log') => new TextDecoder().decode(disk.readFile(name))

  it('writes lines in batches, without secrets', () => {
    const disk = new SimulatedDisk({ seed: 1 })
    const log = new FileMessageLog(disk.mount(), 'logs', 's')
    const bytes = soh('8=FIX.4.4|554=x|')
    log.outgoing(US, bytes, 0, bytes.length)
    log.incoming(US, bytes, 0, 10)
    log.event(US, 'two\nlines')
    expect(disk.exists('logs/s.log')).toBe(false)
    log.flush()
    const at = '20240102-14:30:00.123456'
    expect(read(disk)).toBe(`${at} > 8=FIX.4.4|554=***|\n${at} < 8=FIX.4.4|\n${at} - two lines\n`)
    log.close()
    log.close()
    log.event(US, 'late')
    const again = new FileMessageLog(disk.mount(), 'logs', 's')
    again.event(Number.NaN, 'more')
    again.close()
    expect(read(disk)).toMatch(/lines\n-{8} - more\n$/)
  })

  it('begins new files and keeps a number of them', () => {
    const disk = new SimulatedDisk({ seed: 1 })
    const log = new FileMessageLog(disk.mount(), 'logs', 's', { maxFileBytes: 4_096, keepFiles: 2, bufferBytes: 256 })
    for (let i = 0; i < 400; i++) log.event(US, `line ${i}`)
    log.event(US, 'x'.repeat(1_000))
    log.close()
    expect(disk.list('logs')).toEqual(['s.1.log', 's.log'])
    expect(read(disk)).toContain('line 399')
  })

  it('loses lines, and nothing else, when the disk fails', () => {
    const disk = new SimulatedDisk({ seed: 1 })
    const log = new FileMessageLog(disk.mount(), 'logs', 's')
    disk.limitSpace(0)
    log.event(US, 'lost')
    log.flush()
    expect(log.lostLines).toBe(1)
    disk.heal()
    log.event(US, 'kept')
    log.flush()
    expect(read(disk)).toContain('kept')
  })

  it('that is none takes everything', () => {
    noMessageLog.incoming(0, soh(''), 0, 0)
    noMessageLog.outgoing(0, soh(''), 0, 0)
    noMessageLog.event(0, '')
    noMessageLog.flush()
    expect(noMessageLog.close()).toBeUndefined()
  })
})
