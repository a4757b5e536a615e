/**
 * Our sessions and QuickFIX C++, in both roles: orders, what was missed while the line was down, resends after either side was
 * killed, reconnects. Skipped where QuickFIX (Debian: libquickfix-dev) or a compiler is absent.
 */
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { FixAcceptor } from '../../../src/connectors/fix/acceptor/acceptor.js'
import type { FixMessage } from '../../../src/connectors/fix/codec/message.js'
import type { FixSessionConfig } from '../../../src/connectors/fix/session/config.js'
import { FixSession } from '../../../src/connectors/fix/session/fix-session.js'
import { FixInitiator } from '../../../src/connectors/fix/session/initiator.js'
import type { FixApplication } from '../../../src/connectors/fix/session/parts.js'
import { FileStore } from '../../../src/connectors/fix/store/file-store.js'
import { nodeFileSystem } from '../../../src/core/node-file-system.js'
import { nodeNetwork } from '../../../src/core/node-network.js'
import { SeededRandom } from '../../../src/core/random.js'
import { RealTime } from '../../../src/core/real-time.js'
import {
  compilePeer,
  freePort,
  type PeerVersion,
  QuickFixPeer,
  quickFixProblem,
  removeWorkFolder,
  workFolder,
} from './quickfix-peer.js'

const problem = quickFixProblem()
const describeQuickFix = problem === undefined ? describe : describe.skip

/** Versions beside FIX 4.4, whose tests are more. */
const versions: readonly PeerVersion[] = [
  ...['FIX.4.0', 'FIX.4.1', 'FIX.4.2', 'FIX.4.3'].map((beginString) => ({ beginString })),
  ...['FIX.5.0', 'FIX.5.0SP1', 'FIX.5.0SP2'].map((defaultApplVerId) => ({ beginString: 'FIXT.1.1', defaultApplVerId })),
]

/** What came, as `TYPE ID [again]`. */
class Recorder implements FixApplication {
  readonly got: string[] = []
  onMessage(message: FixMessage): undefined {
    this.got.push(`${message.msgType} ${message.string(11)}${message.equals(43, 'Y') ? ' again' : ''}`)
  }
}

/** Our side, with a store that outlives its process. */
class Ours {
  readonly recorder = new Recorder()
  readonly #name: string
  readonly #role: 'initiator' | 'acceptor'
  readonly port: number
  readonly #version: PeerVersion
  session!: FixSession
  #end: () => Promise<void> = async () => {}

  constructor(
    name: string,
    role: 'initiator' | 'acceptor',
    port: number,
    version: PeerVersion = { beginString: 'FIX.4.4' },
  ) {
    this.#version = version
    this.#name = name
    this.#role = role
    this.port = port
  }

  async start(): Promise<void> {
    const time = new RealTime()
    const store = new FileStore(nodeFileSystem, `${workFolder}/${this.#name}-ours`)
    const config: FixSessionConfig = {
      ...{ ...this.#version, role: this.#role, senderCompId: 'TRADEWIRE', targetCompId: 'QUICKFIX' },
      offlineSend: 'store',
    }
    this.session = new FixSession({ config, store, clock: time, application: this.recorder })
    const network = nodeNetwork
    if (this.#role === 'initiator') {
      const endpoints = [{ host: '127.0.0.1', port: this.port }]
      const reconnect = { firstDelayMs: 50, maxDelayMs: 200 }
      const random = new SeededRandom(1)
      const initiator = new FixInitiator({ session: this.session, time, network, random, endpoints, reconnect })
      initiator.start()
      this.#end = () => initiator.stop()
    } else {
      const acceptor = new FixAcceptor({ time, network, port: this.port })
      acceptor.add(this.session)
      await acceptor.start()
      this.#end = () => acceptor.stop()
    }
    const end = this.#end
    this.#end = async () => {
      await end()
      store.close()
    }
  }

  /** The connection breaks, and the process ends: there is no Logout. */
  async die(): Promise<void> {
    this.session.disconnect('killed')
    await this.stop()
  }

  async stop(): Promise<void> {
    const end = this.#end
    this.#end = async () => {}
    await end()
  }

  send(type: 'D' | '8', id: string): void {
    const encoder = this.session.begin(type)
    encoder.string(11, id)
    encoder.string(55, 'IBM')
    this.session.send()
  }
}

describeQuickFix(
  `with QuickFIX C++${problem === undefined ? '' : ` (skipped: ${problem})`}`,
  () => {
    let peer: QuickFixPeer
    let ours: Ours

    beforeAll(() => compilePeer(), 120_000)
    afterAll(() => removeWorkFolder())
    afterEach(async () => {
      await ours.stop()
      await peer.kill()
    })

    async function begin(role: 'initiator' | 'acceptor', name: string, version?: PeerVersion): Promise<void> {
      const port = await freePort()
      peer = new QuickFixPeer(name, role === 'initiator' ? 'acceptor' : 'initiator', port, version)
      ours = new Ours(name, role, port, version)
      if (role === 'initiator') {
        await peer.start()
        await ours.start()
      } else {
        await ours.start()
        await peer.start()
      }
      await peer.until(() => ours.session.isLoggedOn && peer.lines.includes('logon'))
    }

    const both = ['initiator', 'acceptor'] as const

    it.each(both)('as %s: orders and reports both ways, and a logout', async (role) => {
      await begin(role, `orders-${role}`)
      for (let i = 0; i < 20; i++) ours.send('D', `${i}`)
      await peer.until(() => ours.recorder.got.length === 20)
      expect(peer.got).toEqual(Array.from({ length: 20 }, (_, i) => `got D ${i}`))
      expect(ours.recorder.got).toEqual(Array.from({ length: 20 }, (_, i) => `8 ${i}`))
      peer.tell('order X')
      await peer.until(() => ours.recorder.got.includes('D X'))
      peer.tell('logout')
      await peer.until(() => peer.lines.includes('logout'))
      expect(ours.session.counters.resendRequestsSent + ours.session.counters.resendRequestsReceived).toBe(0)
    })

    it.each(both)('as %s: what either side sent while the line was down comes by resend, once', async (role) => {
      await begin(role, `missed-${role}`)
      ours.send('D', 'a')
      await peer.until(() => ours.recorder.got.length === 1)
      await ours.die()
      await peer.until(() => peer.lines.includes('logout'))
      for (const id of ['x', 'y', 'z']) peer.tell(`report ${id}`)
      await new Promise((resolve) => setTimeout(resolve, 300))
      ours = reborn(role, `missed-${role}`)
      await ours.start()
      for (const id of ['1', '2']) ours.send('8', id)
      await peer.until(() => ours.recorder.got.length === 3 && peer.got.length >= 3)
      expect(ours.recorder.got).toEqual(['8 x again', '8 y again', '8 z again'])
      expect(peer.got.map((line) => line.replace(' again', ''))).toEqual(['got D a', 'got 8 1', 'got 8 2'])
    })

    it.each(both)('as %s: QuickFIX is killed, and both go on where they were', async (role) => {
      await begin(role, `killed-${role}`)
      ours.send('D', 'a')
      await peer.until(() => ours.recorder.got.length === 1)
      await peer.kill()
      await peer.until(() => !ours.session.isLoggedOn)
      ours.send('8', 'b')
      await peer.start()
      await peer.until(() => ours.session.isLoggedOn && peer.got.length === 2)
      expect(peer.got[1]).toBe('got 8 b again')
      ours.send('D', 'c')
      await peer.until(() => ours.recorder.got.includes('8 c'))
      expect(ours.recorder.got).toEqual(['8 a', '8 c'])
    })

    it.each(
      versions.flatMap((version) =>
        both.map((role) => [version.defaultApplVerId ?? version.beginString, role, version] as const),
      ),
    )('%s as %s: orders, reports, and what was missed', async (label, role, version) => {
      const name = `${label}-${role}`
      await begin(role, name, version)
      for (let i = 0; i < 5; i++) ours.send('D', `${i}`)
      peer.tell('order X')
      await peer.until(() => ours.recorder.got.length === 6)
      expect(ours.recorder.got.filter((line) => line.startsWith('8')).join()).toBe('8 0,8 1,8 2,8 3,8 4')
      await ours.die()
      await peer.until(() => peer.lines.includes('logout'))
      for (const id of ['x', 'y']) peer.tell(`report ${id}`)
      await new Promise((resolve) => setTimeout(resolve, 300))
      ours = reborn(role, name, version)
      await ours.start()
      ours.send('8', 'z')
      await peer.until(() => ours.recorder.got.length === 2 && peer.got.length === 6)
      expect(ours.recorder.got).toEqual(['8 x again', '8 y again'])
      expect(peer.got.at(-1)?.replace(' again', '')).toBe('got 8 z')
    })

    /** Our side again, on the same store and port. */
    function reborn(role: 'initiator' | 'acceptor', name: string, version?: PeerVersion): Ours {
      return new Ours(name, role, ours.port, version)
    }
  },
  60_000,
)
