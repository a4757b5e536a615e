/** Debian packages that some tests need: installed where that is possible, else their tests skip visibly. */
import { existsSync } from 'node:fs'
import { run } from './run.js'

/** A file that tells whether a package is there. */
const packages: Readonly<Record<string, string>> = {
  'libquickfix-dev': '/usr/include/quickfix/Session.h',
  'g++': '/usr/bin/g++',
  postgresql: '/usr/lib/postgresql',
  'python3-zmq': '/usr/lib/python3/dist-packages/zmq/__init__.py',
}

/** Installs what is missing. Only root can, with apt-get. */
export async function installTestPackages(): Promise<void> {
  const missing = Object.keys(packages).filter((name) => !existsSync(packages[name] as string))
  if (missing.length === 0) return
  if (process.getuid?.() !== 0 || !existsSync('/usr/bin/apt-get')) {
    console.log(`not installed: ${missing.join(', ')}; the tests that need them are skipped`)
    return
  }
  console.log(`installing ${missing.join(', ')}`)
  const options = { env: { DEBIAN_FRONTEND: 'noninteractive' }, timeoutMs: 240_000 }
  await run('apt-get', ['update', '-qq'], options)
  const { exitCode, output } = await run(
    'apt-get',
    ['install', '-y', '-qq', '--no-install-recommends', ...missing],
    options,
  )
  if (exitCode !== 0) console.log(output.slice(-2_000))
}
