/** The same frames over every transport and pattern: TCP, ipc, PUSH to PULL, subscribers that bind, groups. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { definitions, openConnector, openPublisher, until } from './feed.test-support.js'

const count = 2_000

/** Publishes numbered quotes until the first has come, then `count` more. */
async function carry(publisher: Awaited<ReturnType<typeof openPublisher>>, received: { quotes: { bid?: number }[] }) {
  const quote = (bid: number) =>
    publisher.publishQuote(0, 0, bid, bid + 1, 1, 1, 1_700_000_000_000_001, 0, Number.NaN, 0)
  await until(() => {
    quote(1)
    publisher.flush()
    return received.quotes.length > 0
  }, 'the first quote')
  for (let i = 0; i < count; i++) quote(1_000 + i)
  publisher.flush()
  await until(() => received.quotes.at(-1)?.bid === 999 + count, 'the last quote')
  const numbered = received.quotes.map(({ bid }) => bid as number).filter((bid) => bid >= 1_000)
  expect(numbered).toEqual(Array.from({ length: count }, (_, i) => 1_000 + i))
}

describe('transports and patterns', () => {
  it('ipc carries what TCP does', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'tradewire-zmq-'))
    const publisher = await openPublisher({ bind: `ipc://${folder}/feed`, service: `ipc://${folder}/service` })
    const { connector, received } = await openConnector(publisher, { slow: { quotes: 'dropOldest' } })
    await connector.subscribeTo({ kind: 'quotes', instrument: 0 })
    await carry(publisher, received)
    expect(connector.statistics.gaps).toBe(0)
    await connector.stop()
    await publisher.stop()
    rmSync(folder, { recursive: true })
  })

  it('inproc is refused: nothing would ever arrive', async () => {
    await expect(openPublisher({ bind: 'inproc://feed' })).rejects.toMatchObject({ code: 'TW_INVALID_CONFIG' })
    await expect(openConnector(undefined, { endpoint: 'inproc://feed', instruments: [] })).rejects.toThrow('inproc')
  })

  it('PUSH deals out to PULL', async () => {
    const publisher = await openPublisher({ pattern: 'push' })
    const { connector, received } = await openConnector(publisher, { pattern: 'pull', slow: { quotes: 'dropOldest' } })
    await connector.subscribeTo({ kind: 'quotes', instrument: 0 })
    await carry(publisher, received)
    await connector.stop()
    await publisher.stop()
  })

  it('a subscriber binds, and publishers connect', async () => {
    const { connector, received } = await openConnector(undefined, {
      bind: 'tcp://127.0.0.1:*',
      instruments: definitions,
      slow: { quotes: 'dropOldest' },
    })
    const [endpoint] = connector.endpoints
    const { bind: _, ...options } = { bind: '', connect: endpoint as string }
    const publisher = await openPublisher({ ...options, bind: [] })
    await connector.subscribeTo({ kind: 'quotes', instrument: 0 })
    await carry(publisher, received)
    await connector.stop()
    await publisher.stop()
  })
})
