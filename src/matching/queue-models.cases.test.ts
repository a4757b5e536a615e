import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { describeShared, sharedFiles } from '../../test/support/shared.js'
import { type QueueModelName, QueuePosition } from './queue-models.js'

interface QueueInputs {
  kind: 'queue'
  model: QueueModelName
  front: number
  lot: number
  events: (['trade', number] | ['depth', number, number])[]
}

interface NautilusInputs {
  kind: 'queueNautilus'
  bookQtyAhead: number
  orderQty: number
  sellerTrades: number[]
}

interface Case {
  id: string
  inputs: QueueInputs | NautilusInputs
  expected: Record<string, unknown>
  tolerance: { abs?: number; exact?: boolean }
}

interface CaseFile {
  schema: number
  topic: string
  cases: Case[]
}

function steps({ model, front, lot, events }: QueueInputs): { front: number; exec: number }[] {
  const position = new QueuePosition(model).reset(front)
  return events.map((event) => {
    const exec = event[0] === 'trade' ? position.trade(event[1], lot) : 0
    if (event[0] === 'depth') position.depth(event[1], event[2])
    return { front: position.front, exec }
  })
}

function fills({ bookQtyAhead, orderQty, sellerTrades }: NautilusInputs): Record<string, number[]> {
  const position = new QueuePosition().reset(bookQtyAhead)
  let open = orderQty
  const queueAhead: number[] = []
  const fills = sellerTrades.map((quantity) => {
    const fill = Math.min(open, position.trade(quantity))
    open -= fill
    queueAhead.push(position.front)
    return fill
  })
  return { queueAhead, fills }
}

/** Compares numbers within the tolerance, wherever they lie in the expected structure. */
function compare(actual: unknown, expected: unknown, tolerance: Case['tolerance']): void {
  if (typeof expected === 'number') {
    const distance = Math.abs((actual as number) - expected)
    expect(distance).toBeLessThanOrEqual(tolerance.exact ? 0 : (tolerance.abs ?? 0))
    return
  }
  if (Array.isArray(expected)) expect((actual as unknown[]).length).toBe(expected.length)
  for (const [field, value] of Object.entries(expected as object)) {
    compare((actual as Record<string, unknown>)[field], value, tolerance)
  }
}

describeShared('queue position reference cases', 'cases', () => {
  const files = sharedFiles('cases', '.', /\.json$/).map((path) => JSON.parse(readFileSync(path, 'utf8')) as CaseFile)
  const cases = files.filter((file) => file.schema === 1 && file.topic === 'queue').flatMap((file) => file.cases)

  it('finds cases', () => expect(cases.length).toBeGreaterThan(0))

  it.each(cases.map((one) => [one.id, one] as const))('%s', (_id, { inputs, expected, tolerance }) => {
    const actual = inputs.kind === 'queue' ? { steps: steps(inputs) } : fills(inputs)
    expect(Object.keys(expected).length).toBeGreaterThan(0)
    compare(actual, expected, tolerance)
  })
})
