/**
 * zmq-receive: single messages of 160 bytes of JSON from a sender in C over TCP, one process each side, PUSH to PULL; the
 * receiver against libzmq's in C. What counts is the time from the first to the last message.
 */
import { once } from 'node:events'
// biome-ignore lint/correctness/noUndeclaredDependencies: the peer package of the library itself, of which this is a benchmark
import { Pull } from 'zeromq'
import { receiveAll } from '../../src/connectors/zmq/receive-loop.js'
import { RealTime } from '../../src/core/real-time.js'
import type { Benchmark, Variant } from '../types.js'
import { czmqPeer, sendFromC } from './czmq-peer.js'

const messages = 300_000
const size = 160

/** Runs one transfer through a way of receiving; resolves with its nanoseconds. */
async function transfer(
  receive: (socket: Pull, take: () => void, done: Promise<void>) => Promise<void>,
): Promise<number> {
  const socket = new Pull({ linger: 0, receiveHighWaterMark: 100_000 })
  await socket.bind('tcp://127.0.0.1:*')
  let count = 0
  let firstNs = 0n
  let lastNs = 0n
  let finish = (): void => {}
  const done = new Promise<void>((resolve) => {
    finish = resolve
  })
  const take = (): void => {
    if (count++ === 0) firstNs = process.hrtime.bigint()
    if (count === messages) {
      lastNs = process.hrtime.bigint()
      finish()
    }
  }
  const sender = sendFromC(socket.lastEndpoint as string, size, messages, true)
  const ended = once(sender, 'exit')
  void receive(socket, take, done)
  await done
  socket.close()
  await ended
  return Number(lastNs - firstNs)
}

const ours: Variant = {
  name: 'tradewire',
  async prepare() {
    const time = new RealTime()
    const run = () =>
      transfer(async (socket, take) => {
        const nothing = () => {}
        await receiveAll(socket, { begin: nothing, end: nothing, take, holdUp: () => undefined, failed: nothing }, time)
      })
    await run()
    return { operations: messages, run }
  },
}

const plain: Variant = {
  name: 'zeromq.js for await',
  async prepare() {
    const run = () =>
      transfer(async (socket, take) => {
        for await (const _ of socket) take()
      })
    await run()
    return { operations: messages, run }
  },
}

/** Single messages over a socket. */
export const benchmark: Benchmark = {
  name: 'zmq-receive',
  cases: () => [
    {
      case: 'single 160-byte messages',
      unit: 'ops/s',
      better: 'higher',
      ours,
      peers: [czmqPeer(size, messages, true), plain],
      floor: { peer: 'libzmq in C', ratio: 0.15 },
    },
  ],
}
