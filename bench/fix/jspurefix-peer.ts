/** jspurefix, the most complete FIX engine on npm, doing what the benchmarks do. Its encoder writes the body only. */
import { createRequire } from 'node:module'
import { PeerMissing, type Variant } from '../types.js'
import { dictionaryPath, readMessages, timed } from './workload.js'

// The package has no types in the project: it is installed by the benchmarks on first use.
// biome-ignore lint/suspicious/noExplicitAny: see above.
type Untyped = any

const operations = 5_000
/** Untimed messages, so that the code is compiled before it is measured. */
const warmUp = 10_000

interface Engine {
  readonly definitions: Untyped
  parser(onMessage: (type: string, view: Untyped) => void): Untyped
  encoder(): { reset(): void; encode(object: Untyped, name: string): void; readonly position: number }
}

async function openEngine(): Promise<Engine> {
  const require = createRequire(import.meta.url)
  let fix: Untyped
  try {
    // A dependency of the package, which expects its host to load it.
    createRequire(require.resolve('jspurefix'))('reflect-metadata')
    fix = {
      ...require('jspurefix'),
      ...require('jspurefix/dist/buffer/ascii/ascii-encoder'),
      ...require('jspurefix/dist/runtime/session-scope'),
    }
  } catch (cause) {
    throw new PeerMissing('jspurefix is not installed', { cause })
  }
  const container = new fix.SessionContainer()
  container.registerGlobal(new fix.EmptyLogFactory())
  const system = await container.makeSystem({
    application: {
      type: 'initiator',
      name: 'bench',
      tcp: { host: 'localhost', port: 1 },
      protocol: 'ascii',
      dictionary: dictionaryPath,
    },
    Username: '',
    Password: '',
    EncryptMethod: 0,
    ResetSeqNumFlag: true,
    HeartBtInt: 30,
    SenderCompId: 'TRADEWIRE',
    TargetCompID: 'VENUEX',
    BeginString: 'FIX.4.4',
    BodyLengthChars: 4,
  })
  const config = system.resolve(fix.DITokens.IJsFixConfig)
  return {
    definitions: config.definitions,
    parser(onMessage) {
      const scope = fix.makeSessionScope(config)
      const inner = scope.sessionContainer
      const buffer = inner.resolve(fix.DITokens.ParseBuffer)
      const parser = new fix.AsciiParser(scope, null, buffer, inner.resolve(fix.DITokens.maxMessageLen))
      parser.on('msg', onMessage)
      parser.on('error', (error: Error) => {
        throw error
      })
      return parser
    },
    encoder() {
      const buffer = new fix.ElasticBuffer(8_192)
      const encoder = new fix.AsciiEncoder(buffer, config.definitions)
      return {
        reset: () => encoder.reset(),
        encode: (object, name) => encoder.encode(object, name),
        get position() {
          return buffer.ptr
        },
      }
    },
  }
}

function measured(action: (count: number) => void) {
  action(warmUp)
  return { operations, run: () => timed(() => action(operations)) }
}

/** Parses to a view and runs all checks that it has: checksum, invalid, missing and undefined fields. */
export function jspurefixParser(line: number): Variant {
  return {
    name: 'jspurefix',
    async prepare() {
      const message = readMessages()[line]
      const engine = await openEngine()
      let problems = 0
      let seen = 0
      const parser = engine.parser((_type, view) => {
        seen++
        problems +=
          view.invalid().length +
          view.missing().length +
          (view.undefinedForMsg() ? 1 : 0) +
          (view.checksum() > 255 ? 1 : 0)
      })
      parser.parseBuffer(message)
      if (seen !== 1 || problems !== 0) throw new Error(`jspurefix: ${seen} messages, ${problems} problems`)
      return measured((count) => {
        for (let index = 0; index < count; index++) parser.parseBuffer(message)
      })
    },
  }
}

/** Encodes the body from an object that its parser has made. */
export function jspurefixEncoder(line: number): Variant {
  return {
    name: 'jspurefix',
    async prepare() {
      const message = readMessages()[line]
      const engine = await openEngine()
      let object: Untyped
      let type = ''
      engine
        .parser((msgType, view) => {
          type = msgType
          object = view.toObject()
        })
        .parseBuffer(message)
      const { name } = engine.definitions.message.get(type)
      const encoder = engine.encoder()
      encoder.encode(object, name)
      if (encoder.position < message.length / 2) throw new Error(`jspurefix: wrote ${encoder.position} bytes`)
      return measured((count) => {
        for (let index = 0; index < count; index++) {
          encoder.reset()
          encoder.encode(object, name)
        }
      })
    },
  }
}
