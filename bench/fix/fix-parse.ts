/**
 * fix-parse: messages out of a byte stream, BodyLength and CheckSum verified, all fields checked against the dictionary, groups
 * included, and three fields read. QuickFIX C++ and jspurefix get the same messages and the same dictionary file.
 */
import { FixFramer, FrameKind } from '../../src/connectors/fix/codec/framer.js'
import { RejectReason } from '../../src/connectors/fix/dictionary/reject-reason.js'
import { FixValidator } from '../../src/connectors/fix/dictionary/validator.js'
import { heapBytesOf } from '../harness/heap.js'
import type { Benchmark, BenchmarkCase, Variant } from '../types.js'
import { jspurefixParser } from './jspurefix-peer.js'
import { quickfixPeer } from './quickfix-peer.js'
import { messageNames, readDictionary, readMessages, timed } from './workload.js'

/** As much as a socket delivers at once. */
const chunkBytes = 65_536
const chunksPerRun = 400

/** A parser of a chunk of equal messages; returns how many it found valid. */
function prepareParser(line: number): { parseChunk: () => number; messages: number } {
  const message = readMessages()[line]
  const messages = Math.floor(chunkBytes / message.length)
  const chunk = Buffer.concat(Array.from({ length: messages }, () => message))
  const dictionary = readDictionary()
  const framer = new FixFramer({ dataTags: dictionary.dataTags })
  const validator = new FixValidator(dictionary)
  const seen = new Float64Array(1)
  const parseChunk = (): number => {
    let valid = 0
    framer.push(chunk)
    while (framer.next() === FrameKind.message) {
      const view = framer.message
      if (validator.validate(view) === RejectReason.none) valid++
      seen[0] += view.int(34) + view.find(55) + view.find(44)
    }
    return valid
  }
  for (let round = 0; round < 300; round++)
    if (parseChunk() !== messages) throw new Error(`tradewire: ${validator.reason} at tag ${validator.refTag}`)
  return { parseChunk, messages }
}

function speed(line: number): Variant {
  return {
    name: 'tradewire',
    async prepare() {
      const { parseChunk, messages } = prepareParser(line)
      const run = () =>
        timed(() => {
          for (let round = 0; round < chunksPerRun; round++) parseChunk()
        })
      return { operations: messages * chunksPerRun, run }
    },
  }
}

function allocation(line: number): Variant {
  return {
    name: 'tradewire',
    async prepare() {
      const { parseChunk, messages } = prepareParser(line)
      const run = () =>
        heapBytesOf(() => {
          for (let round = 0; round < chunksPerRun; round++) parseChunk()
        })
      return { operations: messages * chunksPerRun, run }
    },
  }
}

/** Parsing and validating, beside QuickFIX C++ and jspurefix. */
export const benchmark: Benchmark = {
  name: 'fix-parse',
  cases: () => [
    ...messageNames.map(
      (name, line): BenchmarkCase => ({
        case: `parse and validate ${name}`,
        unit: 'ops/s',
        better: 'higher',
        ours: speed(line),
        peers: [quickfixPeer(line, 'parse+validate'), jspurefixParser(line)],
        floor: { peer: 'QuickFIX C++', ratio: 2 },
      }),
    ),
    ...messageNames.map(
      (name, line): BenchmarkCase => ({
        case: `heap of parsing ${name}`,
        unit: 'bytes/op',
        better: 'lower',
        ours: allocation(line),
        peers: [],
      }),
    ),
  ],
}
