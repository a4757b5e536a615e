/**
 * Our side as a process of its own, to be killed. As initiator it logs on to a port and sends orders as fast as it may; as acceptor
 * it listens on one and answers orders by reports. It says what it did, a line each.
 */
import { writeSync } from 'node:fs'
import { FixAcceptor } from '../../../src/connectors/fix/acceptor/acceptor.js'
import { FixSession } from '../../../src/connectors/fix/session/fix-session.js'
import { FixInitiator } from '../../../src/connectors/fix/session/initiator.js'
import { FileStore } from '../../../src/connectors/fix/store/file-store.js'
import { nodeFileSystem } from '../../../src/core/node-file-system.js'
import { nodeNetwork } from '../../../src/core/node-network.js'
import { SeededRandom } from '../../../src/core/random.js'
import { RealTime } from '../../../src/core/real-time.js'

const [port = '0', folder = '', life = '', role = 'initiator'] = process.argv.slice(2)
const isInitiator = role === 'initiator'
const say = (line: string) => writeSync(1, `${line}\n`)
const time = new RealTime()
const session: FixSession = new FixSession({
  config: {
    ...{ beginString: 'FIX.4.4', senderCompId: 'TRADEWIRE', targetCompId: 'QUICKFIX' },
    role: isInitiator ? 'initiator' : 'acceptor',
  },
  store: new FileStore(nodeFileSystem, folder),
  clock: time,
  application: {
    onMessage: (message) => {
      const id = message.string(11) as string
      if (isInitiator) say(`report ${id}`)
      else {
        say(`order ${id}${message.equals(43, 'Y') ? ' again' : ''}`)
        const encoder = session.begin('8')
        encoder.string(11, id)
        session.send()
      }
    },
    onLogon: () => say('logon'),
    onReset: () => say('reset'),
  },
})

if (isInitiator) {
  const initiator = new FixInitiator({
    session,
    time,
    network: nodeNetwork,
    random: new SeededRandom(1),
    endpoints: [{ host: '127.0.0.1', port: Number(port) }],
    reconnect: { firstDelayMs: 20, maxDelayMs: 100 },
  })
  initiator.start()
  let count = 0
  setInterval(() => {
    for (let i = 0; i < 5 && session.obstacle('D') === undefined; i++) {
      const id = `${life}-${++count}`
      const encoder = session.begin('D')
      encoder.string(11, id)
      encoder.string(55, 'IBM')
      session.send()
      say(`sent ${id}`)
    }
  }, 1)
} else {
  const acceptor = new FixAcceptor({ time, network: nodeNetwork, port: Number(port) })
  acceptor.add(session)
  await acceptor.start()
}
