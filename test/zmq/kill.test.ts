/**
 * SIGKILL of either side of a bridge: nothing that was promised is lost. Every order is known to both sides with the same
 * fate, none is there twice, and market data come without a hole that was not told.
 */
import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { pause } from '../../src/connectors/zmq/feed.test-support.js'
import { runs } from '../support/runs.js'

interface Row {
  id: string
  status: string
  filled: string
  reason?: string
}

interface ClientReport {
  isReady: boolean
  orders: Row[]
  trades: { life: number; number: number }[]
  told: { from?: number; to?: number; lost?: number; restarted?: boolean; at: number }[]
}

const pending = ['INITIALIZED', 'SUBMITTED', 'UNKNOWN']

describe('kill -9', () => {
  for (const victim of ['gateway', 'client'] as const)
    it(`of the ${victim} loses nothing that was promised`, async () => {
      const folder = mkdtempSync(join(tmpdir(), 'tradewire-kill-'))
      const ports = await freePorts(3)
      let life = 1
      const open = {
        gateway: () => start('gateway-process.ts', [join(folder, 'gateway'), ...ports]),
        client: () => start('client-process.ts', [join(folder, 'client'), String(life++), ...ports]),
      }
      const children = { gateway: await open.gateway(), client: await open.client() }
      try {
        for (let kill = 0; kill < runs({ ci: 2, full: 25 }); kill++) {
          await pause(300 + ((kill * 37) % 200))
          children[victim].kill('SIGKILL')
          await once(children[victim], 'exit')
          children[victim] = await open[victim]()
        }
        await pause(500)
        children.client.send('stop')
        const { client, gateway } = await settled(children)
        compare(client.orders, gateway)
        checkTrades(client)
        expect(client.orders.filter(({ status }) => status === 'FILLED').length).toBeGreaterThan(0)
        expect(client.orders.filter(({ status }) => status === 'ACCEPTED').length).toBeGreaterThan(0)
      } finally {
        for (const child of Object.values(children)) child.kill('SIGKILL')
        rmSync(folder, { recursive: true, force: true })
      }
    }, 240_000)
})

/** Waits until the client knows the fate of all its orders. */
async function settled(children: { client: ChildProcess; gateway: ChildProcess }) {
  for (let tries = 0; ; tries++) {
    const client = await ask<ClientReport>(children.client)
    const isSettled = client.isReady && client.orders.every(({ status }) => !pending.includes(status))
    if (isSettled) {
      await pause(300)
      return { client: await ask<ClientReport>(children.client), gateway: await ask<Row[]>(children.gateway) }
    }
    if (tries > 200) {
      const open = client.orders.filter(({ status }) => pending.includes(status))
      throw new Error(`not settled: ${JSON.stringify(open.slice(0, 5))}`)
    }
    await pause(200)
  }
}

/** Both sides tell the same of every order that reached the gateway, and of none that did not. */
function compare(client: readonly Row[], gateway: readonly Row[]): void {
  expect(new Set(gateway.map(({ id }) => id)).size).toBe(gateway.length)
  const there = new Map(gateway.map((row) => [row.id.slice('alpha/'.length), row]))
  for (const { id, status, filled, reason } of client) {
    const row = there.get(id)
    if (row === undefined) {
      // It never arrived, and the client knows it; or it was refused before it was sent.
      expect(['REJECTED', 'DENIED'], `${id} ${status} ${reason ?? ''}`).toContain(status)
      continue
    }
    there.delete(id)
    expect({ id, status, filled }).toEqual({ id, status: row.status, filled: row.filled })
  }
  expect([...there.keys()], 'orders that the client does not know').toEqual([])
}

/** The numbers of each life of the publisher rise one by one; what is missing was told. */
function checkTrades({ trades, told }: ClientReport): void {
  expect(trades.length).toBeGreaterThan(20)
  const lost = told.reduce((sum, { lost: each = 0 }) => sum + each, 0)
  let missing = 0
  for (let index = 1; index < trades.length; index++) {
    const [before, after] = [trades[index - 1], trades[index]] as [
      { life: number; number: number },
      { life: number; number: number },
    ]
    const step = after.life === before.life ? after.number - before.number : after.number
    expect(step).toBeGreaterThan(0)
    missing += step - 1
  }
  expect(missing).toBe(lost)
}

function start(file: string, args: readonly string[]): Promise<ChildProcess> {
  return new Promise((resolve, reject) => {
    const child = fork(join(import.meta.dirname, file), [...args], {
      execArgv: ['--import', 'tsx'],
      stdio: ['ignore', 'inherit', 'pipe', 'ipc'],
    })
    let errors = ''
    child.stderr?.on('data', (chunk: Buffer) => {
      errors += chunk.toString()
    })
    child.once('message', () => resolve(child))
    child.once('exit', (code) => reject(new Error(`${file} ended with ${code}: ${errors}`)))
  })
}

async function ask<T>(child: ChildProcess): Promise<T> {
  const answer = once(child, 'message')
  child.send('orders')
  return (await answer)[0] as T
}

async function freePorts(count: number): Promise<string[]> {
  const servers = Array.from({ length: count }, () => createServer().listen(0, '127.0.0.1'))
  await Promise.all(servers.map((server) => once(server, 'listening')))
  const ports = servers.map((server) => String((server.address() as { port: number }).port))
  for (const server of servers) server.close()
  return ports
}
