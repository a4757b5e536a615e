/**
 * A publisher, two lines and a server, all of them bad: what is missing is always said, nothing is handed on twice or out of
 * order, and the book that comes out is the publisher's.
 */
import { describe, expect, it } from 'vitest'
import { runs } from '../../../../test/support/runs.js'
import { SeededRandom } from '../../../core/random.js'
import { StreamReceiver } from './stream-receiver.js'
import { Delivery, type RecoveryRequest } from './stream-types.js'

interface Frame {
  sequence: number
  key: number
  value: number
}

interface Plan {
  lines: number
  /** Share of frames that each line loses. */
  drop: number[]
  duplicate: number
  /** The farthest a frame is delayed, in steps of a millisecond. */
  reorder: number
  restarts: number
  servers: number
  serverFails: number
  replayBuffer: number
  frames: number
}

const msNs = 1e6
const keys = 7

/** One life of the publisher: what it sent, and its book after each frame. */
class Life {
  readonly sent: Frame[] = []
  readonly book = new Array<number>(keys).fill(0)
  readonly epoch: number
  constructor(epoch: number) {
    this.epoch = epoch
  }
}

/** What a receiver was told and handed, checked as it comes. */
class Observer {
  gaps = 0
  lastDelivered = 0
  book: number[] = new Array<number>(keys).fill(0)
  isValid = true
  restarts = 0
  readonly delivered = new Set<number>()
  readonly told = new Set<number>()
  violations: string[] = []

  deliver(frame: Frame, sequence: number, how: Delivery): void {
    if (frame.sequence !== sequence) this.violations.push(`frame ${frame.sequence} as ${sequence}`)
    if (sequence <= this.lastDelivered) this.violations.push(`${sequence} after ${this.lastDelivered}`)
    this.fill(sequence)
    this.delivered.add(sequence)
    this.lastDelivered = sequence
    if (how !== Delivery.covered) this.book[frame.key] = frame.value
  }

  /** Everything between was told. */
  fill(to: number): void {
    for (let missing = this.lastDelivered + 1; missing < to; missing++)
      if (!this.told.has(missing)) this.violations.push(`${missing} was missing and not told before ${to}`)
  }
}

function simulate(seed: number, plan: Plan): { seen: Observer; life: Life; state: string; falseGaps: number } {
  const random = new SeededRandom(seed)
  const wire: { at: number; line: number; epoch: number; frame?: Frame; last?: number }[][] = []
  const later = (at: number, item: (typeof wire)[number][number]) => {
    const items = wire[at] ?? []
    items.push(item)
    wire[at] = items
  }
  let life = new Life(1_000 + seed)
  const seen = new Observer()
  const answers: { at: number; run: (nowNs: number) => void }[] = []
  let now = 0
  let base = -1
  const receiver = new StreamReceiver<Frame>(
    plan.lines,
    {
      reorderMax: 64,
      reorderMs: 50,
      lineWaitMs: 500,
      maxReplay: 50,
      recoveryBuffer: 200,
      heartbeatMs: 100,
      requestTimeoutMs: 40,
      tries: 2,
      servers: plan.servers,
      backoffMs: [50, 400],
    },
    {
      deliver: (frame, sequence, how) => {
        if (base < 0) {
          base = sequence - 1
          seen.lastDelivered = base
        }
        seen.deliver(frame, sequence, how)
      },
      applySnapshot: (frame, sequence) => {
        if (base < 0) base = sequence
        else seen.fill(sequence + 1)
        seen.lastDelivered = Math.max(seen.lastDelivered, sequence)
        seen.book = [...(frame as unknown as { book: number[] }).book]
        seen.isValid = true
      },
      gap: (from, to) => {
        seen.gaps++
        seen.isValid = false
        for (let sequence = from; sequence <= to; sequence++) {
          if (seen.delivered.has(sequence)) seen.violations.push(`${sequence} told as missing and was delivered`)
          seen.told.add(sequence)
        }
      },
      recovered: (method) => {
        if (method === 'replay') seen.isValid = true
      },
      restarted: () => {
        seen.restarts++
        seen.lastDelivered = 0
        seen.delivered.clear()
        seen.told.clear()
        seen.book = new Array<number>(keys).fill(0)
        seen.isValid = true
        base = 0
      },
      state: () => {},
      request: (request) => answers.push({ at: now + 1 + Math.floor(random.next() * 30), run: serve(request) }),
      random: () => random.next(),
    },
    0,
  )
  const serve = (request: RecoveryRequest) => (nowNs: number) => {
    if (random.next() < plan.serverFails) {
      if (random.next() < 0.5) receiver.failed(request.id, nowNs)
      return
    }
    const { sent, book, epoch } = life
    if (request.kind === 'snapshot') {
      const frame = { book: [...book] } as unknown as Frame
      receiver.snapshot(request.id, epoch, sent.length, frame, nowNs)
      return
    }
    const oldest = Math.max(1, sent.length - plan.replayBuffer + 1)
    const isThere = request.epoch === epoch && request.from >= oldest
    const frames = isThere
      ? sent.slice(request.from - 1, request.to).map((frame) => ({ sequence: frame.sequence, frame }))
      : []
    receiver.replayed(request.id, frames, isThere, nowNs)
  }
  receiver.start(0)
  const restartEvery = plan.restarts === 0 ? Number.POSITIVE_INFINITY : Math.floor(plan.frames / (plan.restarts + 1))
  const steps = plan.frames + 4_000
  let isAnnounced = true
  for (now = 0; now < steps; now++) {
    const isPublishing = now < plan.frames
    if (isPublishing && now > 0 && now % restartEvery === 0) life = new Life(life.epoch + 1)
    if (isPublishing) {
      const frame = { sequence: life.sent.length + 1, key: Math.floor(random.next() * keys), value: now + 1 }
      life.sent.push(frame)
      life.book[frame.key] = frame.value
      for (let line = 0; line < plan.lines; line++) {
        if (random.next() < (plan.drop[line] as number)) continue
        later(now + 1 + Math.floor(random.next() * plan.reorder), { at: now, line, epoch: life.epoch, frame })
        if (random.next() < plan.duplicate)
          later(now + 1 + Math.floor(random.next() * plan.reorder), { at: now, line, epoch: life.epoch, frame })
      }
    }
    if (now % 100 === 99)
      for (let line = 0; line < plan.lines; line++) {
        isAnnounced = true
        later(now + plan.reorder + 1, { at: now, line, epoch: life.epoch, last: life.sent.length })
      }
    const nowNs = now * msNs
    for (const { line, epoch, frame, last } of wire[now] ?? []) {
      if (frame === undefined) receiver.heartbeat(line, epoch, last as number, nowNs)
      else receiver.offer(line, epoch, frame.sequence, frame, nowNs)
    }
    wire[now] = []
    for (let index = 0; index < answers.length; index++)
      if ((answers[index] as { at: number }).at <= now) {
        const [answer] = answers.splice(index--, 1)
        answer?.run(nowNs)
      }
    if (now % 10 === 0) receiver.tick(nowNs)
  }
  expect(isAnnounced).toBe(true)
  return { seen, life, state: receiver.state, falseGaps: seen.gaps }
}

function check(seed: number, plan: Plan): void {
  const { seen, life, state } = simulate(seed, plan)
  const where = `seed ${seed} ${JSON.stringify(plan)}`
  expect(seen.violations, where).toEqual([])
  expect(seen.restarts, where).toBeLessThanOrEqual(plan.restarts + 1)
  expect(seen.lastDelivered <= life.sent.length, where).toBe(true)
  // Everything sent was delivered or told.
  if (plan.servers > 0 && plan.serverFails < 0.9) {
    expect(state, where).toBe('live')
    expect(seen.isValid, where).toBe(true)
    expect(seen.book, where).toEqual(life.book)
  }
  seen.fill(life.sent.length + 1)
  expect(seen.violations, where).toEqual([])
}

describe('stream receiver', () => {
  it('says every gap and heals the book, whatever the lines and the server do', () => {
    for (let seed = 0; seed < runs({ ci: 1_000, full: 100_000 }); seed++) {
      const random = new SeededRandom(seed * 7 + 1)
      const pick = (most: number) => random.next() * most
      check(seed, {
        lines: random.next() < 0.5 ? 1 : 2,
        drop: [pick(0.3), pick(0.3)],
        duplicate: pick(0.2),
        reorder: 1 + Math.floor(pick(100)),
        restarts: Math.floor(pick(4)),
        servers: Math.floor(pick(3)),
        serverFails: pick(0.6),
        replayBuffer: Math.floor(pick(400)),
        frames: 200 + Math.floor(pick(300)),
      })
    }
  }, 3_600_000)

  it('tells no gap when one of two lines is whole, however much the other loses', () => {
    for (let seed = 0; seed < runs({ ci: 1_000, full: 100_000 }); seed++) {
      const random = new SeededRandom(seed * 13 + 5)
      const lossy = Math.floor(random.next() * 2)
      const drop = [0, 0]
      drop[lossy] = 0.05 + random.next() * 0.95
      const { seen, life } = simulate(seed, {
        lines: 2,
        drop,
        duplicate: random.next() * 0.2,
        reorder: 1 + Math.floor(random.next() * 40),
        restarts: 0,
        servers: 1,
        serverFails: 0,
        replayBuffer: 100,
        frames: 300,
      })
      expect(seen.gaps, `seed ${seed}`).toBe(0)
      expect(seen.violations).toEqual([])
      expect(seen.book).toEqual(life.book)
    }
  }, 3_600_000)
})
