/**
 * SIGKILL of a process that trades at TWS, which forgets its order ids meanwhile: no order id is used twice, no order is there
 * twice, and every fill is known to both sides once.
 */
import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { TwsGateway } from '../../src/testing/tws/gateway.js'
import { runs } from '../support/runs.js'

interface Row {
  id: string
  status: string
  filled: string
  reason?: string
}

const pending = ['INITIALIZED', 'SUBMITTED', 'UNKNOWN']
const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))

it('kill -9 of a trader loses and doubles nothing, and its order ids go on rising', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'tradewire-ibkr-kill-'))
  const gateway = await TwsGateway.open({
    accounts: ['DU1234567'],
    quoteIntervalMs: 50,
    cash: '50000000',
    messagesPerSecond: 1_000_000,
  })
  let life = 1
  let child = await start(folder, life, gateway.port)
  try {
    for (let kill = 0; kill < runs({ ci: 2, full: 15 }); kill++) {
      const before = gateway.orders.orders.length
      while (gateway.orders.orders.length < before + 30) await pause(10)
      child.kill('SIGKILL')
      await once(child, 'exit')
      // What some restarts of TWS do: it gives ids a second time.
      gateway.orders.rollBack(7, 20)
      child = await start(folder, ++life, gateway.port)
    }
    const before = gateway.orders.orders.length
    while (gateway.orders.orders.length < before + 10) await pause(10)
    child.send('stop')
    const known = await settled(child)
    const there = gateway.orders.orders
    for (const distinct of [there.map(({ orderId }) => String(orderId)), there.map(({ fields }) => fields.orderRef)])
      expect(new Set(distinct).size).toBe(there.length)
    const filled = known.filter(({ filled: quantity }) => Number(quantity) > 0)
    const fills = gateway.orders.executions.reduce(
      (sum, { order, quantityUnits }) => sum + order.instrument.quantityNumber(quantityUnits),
      0,
    )
    expect(filled.reduce((sum, { filled: quantity }) => sum + Number(quantity), 0)).toBe(fills)
    expect(filled.length).toBe(there.filter(({ filledUnits }) => filledUnits > 0).length)
    expect(filled.length).toBeGreaterThan(20)
    const open = known.filter(({ status }) => status === 'ACCEPTED')
    expect(open.length).toBe(there.filter(({ isDone }) => !isDone).length)
    // What is not at TWS is known not to be.
    for (const { status, reason } of known)
      if (!['FILLED', 'ACCEPTED', 'PARTIALLY_FILLED'].includes(status))
        expect(['REJECTED', 'DENIED'], `${status} ${reason ?? ''}`).toContain(status)
  } finally {
    child.kill('SIGKILL')
    await gateway.close()
    rmSync(folder, { recursive: true, force: true })
  }
}, 240_000)

/** The orders as the trader knows them, when it knows the fate of all. */
async function settled(child: ChildProcess): Promise<Row[]> {
  for (let tries = 0; ; tries++) {
    const answer = once(child, 'message')
    child.send('orders')
    const [{ isReady, orders }] = (await answer) as [{ isReady: boolean; orders: Row[] }]
    const open = orders.filter(({ status }) => pending.includes(status))
    if (isReady && open.length === 0) return orders
    if (tries > 150) throw new Error(`not settled: ${JSON.stringify(open.slice(0, 5))}`)
    await pause(200)
  }
}

function start(folder: string, life: number, port: number): Promise<ChildProcess> {
  return new Promise((resolve, reject) => {
    const child = fork(join(import.meta.dirname, 'trader-process.ts'), [folder, String(life), String(port)], {
      execArgv: ['--import', 'tsx'],
      stdio: ['ignore', 'inherit', 'pipe', 'ipc'],
    })
    let errors = ''
    child.stderr?.on('data', (chunk: Buffer) => {
      errors += chunk.toString()
    })
    child.once('message', () => resolve(child))
    child.once('exit', (code) => reject(new Error(`the trader ended with ${code}: ${errors}`)))
  })
}
