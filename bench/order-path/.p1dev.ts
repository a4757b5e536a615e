import { openPlainPath } from '../orders/plain-path.js'
import { openCorePath } from '../orders/core-path.js'
import { makeWorkload } from '../orders/workload.js'
import { openSystemPath } from './system-path.js'

const [which = 'none', rounds = '10'] = process.argv.slice(2)
const tick = () => new Promise((r) => setImmediate(r))
const N = 131072
const options: any = {
  none: { clock: 'virtual', journal: 'none', perTurn: 1, ids: 'numbers' },
  real: { clock: 'real', journal: 'none', perTurn: 1, ids: 'numbers' },
  text: { clock: 'virtual', journal: 'none', perTurn: 1, ids: 'text' },
  os64: { clock: 'real', journal: 'os', perTurn: 64, ids: 'numbers' },
  os1: { clock: 'real', journal: 'os', perTurn: 1, ids: 'numbers' },
}
const path: any =
  which === 'plain' ? openPlainPath(makeWorkload()) : which === 'core' ? openCorePath(makeWorkload()) : await openSystemPath(makeWorkload(), options[which])
if (process.env.ANOM) path.system.orders.events.on('anomaly', (a: any) => console.log(a))
for (let r = 0; r < Number(rounds); r++) {
  const cpu = process.cpuUsage()
  const t = process.hrtime.bigint()
  for (let i = 0; i < N; i += 2048) {
    path.run(2048)
    await tick()
  }
  const el = Number(process.hrtime.bigint() - t)
  const c = process.cpuUsage(cpu)
  console.log(
    which,
    ((N / el) * 1e6).toFixed(1),
    'k/s wall',
    (el / N).toFixed(0),
    'ns; cpu',
    (((c.user + c.system) * 1000) / N).toFixed(0),
    'ns/order',
  )
}
await path.close?.()
