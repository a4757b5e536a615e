import { afterEach, expect, it } from 'vitest'
import { RealTime } from '../../core/real-time.js'
import { TestHost } from '../../testing/test-host.js'
import { TwsGateway } from '../../testing/tws/gateway.js'
import { TapeServer } from '../../testing/tws/tape-server.js'
import { IbkrConnector } from './ibkr-connector.js'
import { readTape, SessionRecorder } from './session-tape.js'

const open: { close(): unknown }[] = []
afterEach(async () => {
  for (const each of open.splice(0).reverse()) await each.close()
})

it('plays a recorded session again: the connector sees the same market', async () => {
  const gateway = await TwsGateway.open({ quoteIntervalMs: 0, accounts: ['DU1234567'] })
  open.push(gateway)
  const lines: string[] = []
  const recorder = new SessionRecorder(
    (line) => lines.push(line),
    () => performance.now(),
  )
  const session = async (port: number, options: { recorder?: SessionRecorder }, act: () => void) => {
    const bids: number[] = []
    const host = new TestHost({
      time: new RealTime(),
      handlers: {
        onQuotes: ({ quotes }, from, to) => {
          for (let row = from; row < to; row++) bids.push(quotes.bid[row] as number)
        },
      },
    })
    const connector = new IbkrConnector({
      port,
      clientId: 5,
      contracts: ['AAPL'],
      readOnly: true,
      healthIntervalMs: 0,
      ...options,
    })
    await host.start(connector)
    await connector.subscribeTo({ kind: 'quotes', instrument: host.instruments.get('AAPL').index })
    act()
    await expect.poll(() => bids.at(-1), { interval: 5, timeout: 20_000 }).toBe(229.12)
    await connector.stop()
    return bids
  }
  const live = await session(gateway.port, { recorder }, () => {
    for (const bid of [228.1, 229.05, 229.12]) gateway.board.quote(265_598, bid, bid + 0.01, 100)
  })
  const server = await TapeServer.open(readTape(lines.join('\n')))
  open.push(server)
  const played = await session(server.port, {}, () => {})
  expect(new Set(played)).toEqual(new Set(live))
})
