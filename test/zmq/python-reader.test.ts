/** The documented format is what is on the wire: a reader in another language, in sixty lines, understands all of it. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { describe, expect, it } from 'vitest'
import { definitions, openPublisher, pause } from '../../src/connectors/zmq/feed.test-support.js'

const hasPyzmq = existsSync('/usr/lib/python3/dist-packages/zmq/__init__.py')
const reader = join(import.meta.dirname, 'reader.py')

describe.skipIf(!hasPyzmq)('python reader', () => {
  it('is no longer than it says', () => {
    expect(readFileSync(reader, 'utf8').trimEnd().split('\n').length).toBeLessThanOrEqual(60)
  })

  for (const format of ['packed', 'json'] as const)
    it(`reads every kind of event: ${format}`, async () => {
      const publisher = await openPublisher({ format, groups: { all: definitions.map(({ id }) => id) } })
      const child = spawn('/usr/bin/python3', [reader, publisher.endpoints[0] as string, 'group/all', '2'])
      const lines: string[] = []
      const errors: string[] = []
      child.stderr.on('data', (chunk: Buffer) => errors.push(chunk.toString()))
      const read = createInterface({ input: child.stdout })
      read.on('line', (line) => lines.push(line))
      await once(read, 'line')
      await pause(300)
      publisher.publishQuote(0, 0, 100.25, 100.5, 300, 200, 1_700_000_000_000_001, 0, 17, 3)
      if (format === 'packed') {
        publisher.publishTrade(1, 0, 100.5, 7, -1, 1_700_000_000_000_002, 0, 18, 4_711, 9)
        publisher.beginBook(2, 0, true, 1_700_000_000_000_003, 0, 5, 4)
        publisher.addLevel(0, 100.25, 300)
        publisher.addOrder(1, 1, 100.5, 200, 77)
        publisher.commitBook(true)
        publisher.publishBar(0, 0, 60_000_000, 1, 3, 0.5, 2, 100, 5, 1.5, 10, 20, 0, true)
        publisher.publishStatus(0, 0, 3, 1_700_000_000_000_004)
        publisher.publishNote(0, 0, { headline: 'Größe' }, 1_700_000_000_000_005)
      }
      publisher.flush()
      publisher.publishQuote(1, 0, 5, 6, 7, 8, 9, 0, 10, 11)
      publisher.flush()
      await once(child, 'exit')
      await publisher.stop()
      expect(errors.join('')).toBe('')
      const events = lines.slice(1).map((line) => JSON.parse(line) as unknown)
      if (format === 'json')
        expect(events).toEqual([
          {
            kind: 'quote',
            instrument: 'IBM.TEST',
            tsEventUs: 1_700_000_000_000_001,
            bid: 100.25,
            ask: 100.5,
            bidSize: 300,
            askSize: 200,
            sequence: 17,
            flags: 3,
          },
          {
            kind: 'quote',
            instrument: 'SPY.TEST',
            tsEventUs: 9,
            bid: 5,
            ask: 6,
            bidSize: 7,
            askSize: 8,
            sequence: 10,
            flags: 11,
          },
        ])
      else
        expect(events).toEqual([
          ['quote', 'IBM.TEST', 100.25, 100.5, 300, 200, 1_700_000_000_000_001, 17, 3],
          ['trade', 'SPY.TEST', 100.5, 7, 1_700_000_000_000_002, 18, 4_711, -1, 9],
          [
            'book',
            'QQQ.TEST',
            1,
            1,
            1_700_000_000_000_003,
            5,
            4,
            [
              [0, 0, 100.25, 300, 0],
              [1, 1, 100.5, 200, 77],
            ],
          ],
          ['bar', 'IBM.TEST', 60_000_000, 1, 3, 0.5, 2, 100, 5, 1.5, 10, 20, 1],
          ['status', 'IBM.TEST', 1_700_000_000_000_004, 3],
          ['note', 'IBM.TEST', 1_700_000_000_000_005, { headline: 'Größe' }],
          ['quote', 'SPY.TEST', 5, 6, 7, 8, 9, 10, 11],
        ])
    })
})
