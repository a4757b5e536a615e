/** Our side as a process of its own, to be killed: logs on to a port, sends orders as fast as it may, says what it did. */
import { writeSync } from 'node:fs'
import { FixSession } from '../../../src/connectors/fix/session/fix-session.js'
import { FixInitiator } from '../../../src/connectors/fix/session/initiator.js'
import { FileStore } from '../../../src/connectors/fix/store/file-store.js'
import { nodeFileSystem } from '../../../src/core/node-file-system.js'
import { nodeNetwork } from '../../../src/core/node-network.js'
import { SeededRandom } from '../../../src/core/random.js'
import { RealTime } from '../../../src/core/real-time.js'

const [port = '0', folder = '', life = ''] = process.argv.slice(2)
const say = (line: string) => writeSync(1, `${line}\n`)
const time = new RealTime()
const session: FixSession = new FixSession({
  config: { beginString: 'FIX.4.4', role: 'initiator', senderCompId: 'TRADEWIRE', targetCompId: 'QUICKFIX' },
  store: new FileStore(nodeFileSystem, folder),
  clock: time,
  application: {
    onMessage: (message) => {
      say(`report ${message.string(11)}`)
    },
    onLogon: () => say('logon'),
    onReset: () => say('reset'),
  },
})
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
