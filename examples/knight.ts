/**
 * A runaway order generator is stopped: an algorithm that forgot to count what its children filled (as in August 2012) keeps
 * sending, and the gate lets not one lot beyond the parent out; one whose children nobody can tie to a parent is stopped by
 * the rate at which it submits.
 *
 *   npm run example -- knight
 */
import { type OrderHandle, SimulatedConnector, Strategy, TradingSystem } from 'tradewire'
import { main, number, refuseArguments, table } from './support/console.js'

const parentQuantity = 2_500
const childQuantity = 100
/** So many submissions a second are allowed, refused ones counted. */
const mostSubmissions = 40

/** Sends a child every millisecond, for ever: what was filled is never looked at. */
class Defective extends Strategy {
  override readonly symbols = ['ACME']
  readonly children: OrderHandle[] = []
  readonly #namesParent: boolean

  constructor(namesParent: boolean) {
    super()
    this.#namesParent = namesParent
  }

  override onStart(): void {
    this.every(1, () => {
      const id = this.#namesParent ? { clientOrderId: `P1-E${this.children.length + 1}` } : {}
      this.children.push(this.submit({ symbol: 'ACME', side: 'buy', quantity: childQuantity, type: 'market', ...id }))
    })
  }
}

/** Time of day with milliseconds. */
function clock(tsUs: number): string {
  return new Date(tsUs / 1_000).toISOString().slice(11, 23)
}

/** One run; its timeline is printed. */
async function run(title: string, namesParent: boolean): Promise<{ sent: number; filled: number; refused: number }> {
  const strategy = new Defective(namesParent)
  const system = await TradingSystem.start({
    mode: 'simulation',
    capital: '10000000',
    connectors: { sim: new SimulatedConnector({ synthetic: {} }) },
    strategies: [],
    risk: { runaway: { limit: mostSubmissions, windowMs: 1_000 }, duplicates: false, maxOrderQuantity: 1_000 },
  })
  const rows: string[][] = [['UTC', 'what', 'why']]
  const note = (what: string, why = '') => rows.push([clock(system.time.wallUs()), what, why])
  await system.run({ durationMs: 1_000 })
  const { index, sizeScale } = system.instruments.get('ACME')
  if (namesParent) system.gate.parents.open('P1', index, 1, parentQuantity * 10 ** sizeScale)
  note(
    `parent P1: buy ${number(parentQuantity)}`,
    namesParent ? 'its children carry its name' : 'nobody knows its children',
  )
  let refused = 0
  system.orders.events.on('order', ({ type, order, reason }) => {
    if (type === 'submitted' && [10, 25].includes(strategy.children.length + 1))
      note(`child ${strategy.children.length + 1} sent`)
    if (type !== 'denied') return
    refused++
    if (refused <= 2) note(`order ${order.clientOrderId} refused`, reason ?? '')
  })
  system.orders.events.on('state', ({ scope, state, actor, reason }) =>
    note(`${scope} is ${state}`, `${actor}: ${reason}`),
  )
  await system.addStrategy(strategy)
  await system.run({ durationMs: 5_000 })
  const sent = strategy.children.filter((child) => child.snapshot.status !== 'DENIED').length
  const filled = strategy.children.reduce((sum, child) => sum + child.snapshot.filledQuantity.toNumber(), 0)
  note(`${number(sent)} children sent, ${number(filled)} filled`, `${number(refused)} refused`)
  console.log(`${title}\n\n${table(rows)}\n`)
  await system.stop()
  return { sent, filled, refused }
}

await main(async () => {
  refuseArguments('knight')
  const known = await run('The children are known', true)
  const unknown = await run('The children are not known', false)
  const beyond = Math.max(0, known.filled - parentQuantity)
  console.log(
    `beyond the parent: ${beyond} lots; messages of the unknown generator: ${unknown.sent} of at most ${mostSubmissions}`,
  )
  if (beyond > 0 || unknown.sent > mostSubmissions) throw new Error('the runaway generator was not stopped')
})
