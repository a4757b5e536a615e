/** The programs of package.json: wrong use is told in a line, with the usage and exit code 2; `--help` is an answer. */
import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'

const root = fileURLToPath(new URL('../..', import.meta.url))

/** Runs a program from source. */
function run(file: string, ...args: string[]): Promise<{ code: number; out: string; error: string }> {
  return new Promise((resolve) => {
    execFile(process.execPath, ['--import', 'tsx', file, ...args], { cwd: root }, (failure, out, error) => {
      resolve({ code: failure === null ? 0 : Number(failure.code), out, error })
    })
  })
}

const programs: [file: string, wrong: string[], problem: RegExp][] = [
  ['test/simulation/main.ts', ['--seeds', 'many'], /^--seeds must be a whole number from 1, got "many"$/m],
  ['test/fuzz/main.ts', ['--target', 'nothing'], /^--target must be one of journal, .* got "nothing"$/m],
  ['test/soak/main.ts', ['--minutes', '0'], /^--minutes must be a number from 0.1, got "0"$/m],
  ['scripts/fix-acceptor.ts', [], /^--config is missing$/m],
  ['scripts/fix-inspect.ts', ['no-such-folder'], /^there is no folder .*no-such-folder$/m],
  ['scripts/fix-load.ts', ['--rate', '0'], /^--rate must be a number from 1, got "0"$/m],
  ['scripts/sim-tws.ts', ['--port', '65536'], /^--port must be a whole number from 0 to 65535, got "65536"$/m],
  ['scripts/zmq-publish.ts', ['--format', 'xml'], /^--format must be packed, json or messagepack, got "xml"$/m],
]

describe.each(programs)('%s', (file, wrong, problem) => {
  it('refuses what it does not know, and says how it is used', { timeout: 60_000 }, async () => {
    const [bad, unknown] = await Promise.all([run(file, ...wrong), run(file, '--no-such-option')])
    expect([bad.code, bad.out]).toEqual([2, ''])
    expect(bad.error).toMatch(problem)
    expect(bad.error).toMatch(/^usage: npm run [\w:]+/m)
    expect([unknown.code, unknown.out]).toEqual([2, ''])
    expect(unknown.error).toMatch(/^Unknown option '--no-such-option'\nusage: /)
  })
})

describe('programs', () => {
  it('tell how they are used', { timeout: 60_000 }, async () => {
    const { code, out, error } = await run('scripts/fix-acceptor.ts', '--help')
    expect([code, out, error]).toEqual([0, 'usage: npm run fix:acceptor -- --config FILE\n', ''])
  })

  it('tell what the machine refuses without a stack', { timeout: 60_000 }, async () => {
    const { code, error } = await run('scripts/fix-acceptor.ts', '--config', 'no-such-file')
    expect(code).toBe(1)
    expect(error).toMatch(/^ENOENT: no such file or directory.*no-such-file'\n$/)
  })
})
