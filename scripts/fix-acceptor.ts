/**
 * `npm run fix:acceptor -- --config FILE`: the acceptor that the session acceptance definitions of QuickFIX are played against, from
 * settings in QuickFIX's syntax. Paths count from the working directory. Ends on SIGTERM and SIGINT, and with the npm that runs it.
 */
import { resolve } from 'node:path'
import { startAcceptanceAcceptor } from '../test/fix/acceptance/acceptance-acceptor.js'
import { Program } from './support/program.js'

const program: Program = new Program('npm run fix:acceptor -- --config FILE')
const { config } = program.read({ config: { type: 'string' } }).values
if (config === undefined) program.refuse('--config is missing')
// npm changes the working directory; paths count from where it was called.
const folder = process.env.INIT_CWD ?? process.cwd()
const acceptor = await startAcceptanceAcceptor(resolve(folder, config), folder)
console.log(`${acceptor.sessions.length} sessions listen on port ${acceptor.port}`)
let isStopping = false
for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, stop)

function stop(): void {
  if (isStopping) process.exit(1)
  isStopping = true
  void acceptor.stop().then(() => process.exit(0))
}

// npm hands signals to the shell between us, which ends without a word: a port must not stay taken for that.
if (process.env.npm_lifecycle_event === 'fix:acceptor') {
  const { ppid } = process
  const look = setInterval(() => {
    if (process.ppid === ppid) return
    clearInterval(look)
    stop()
  }, 100)
}
