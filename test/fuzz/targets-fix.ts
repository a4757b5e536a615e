/** FIX: the stream of messages with their fields and checks, dictionaries in XML, settings files. */
import { parseSettings, sessionFromSettings } from '../../src/connectors/fix/acceptor/settings-file.js'
import { fixBytes } from '../../src/connectors/fix/codec/fix-text.test-support.js'
import { FixFramer, FrameKind } from '../../src/connectors/fix/codec/framer.js'
import { loadFixDictionary } from '../../src/connectors/fix/dictionary/built-in.js'
import { FixDictionary } from '../../src/connectors/fix/dictionary/dictionary.js'
import { parseQuickFixXml } from '../../src/connectors/fix/dictionary/quickfix-xml.js'
import { smallXml } from '../../src/connectors/fix/dictionary/small-dictionary.test-support.js'
import { FixValidator } from '../../src/connectors/fix/dictionary/validator.js'
import { MessageMask } from '../../src/connectors/fix/store/mask.js'
import type { FuzzTarget } from './harness.js'
import { bytesOf, recordedFiles, recordedLines, textOf } from './samples.js'

const dictionary = await loadFixDictionary('FIX.4.4')
const validator = new FixValidator(dictionary)
const mask = new MessageMask({ accounts: true, secrets: ['hunter2-secret'] })

function readStream(chunks: readonly Uint8Array[]): string {
  const framer = new FixFramer({ dataTags: dictionary.dataTags })
  const found: unknown[] = []
  // How often noise is noticed depends on where it is cut; which messages are found does not.
  for (const chunk of chunks) {
    framer.push(Uint8Array.from(chunk))
    for (let kind = framer.next(); kind !== FrameKind.none; kind = framer.next()) {
      if (kind === FrameKind.garbled) continue
      const { message } = framer
      found.push(
        message.msgType,
        validator.validate(message),
        message.string(58),
        message.string(11),
        message.string(44),
      )
    }
  }
  return found.join('|')
}

const messages = [
  '8=FIX.4.4|35=A|34=1|49=A|52=20261121-14:30:05.123|56=B|98=0|108=30|553=me|554=x|',
  '8=FIX.4.4|35=D|34=2|49=A|52=20261121-14:30:05.123|56=B|11=O1|1=ACC|21=1|55=IBM|54=1|60=20261121-14:30:05.123|38=100|40=2|44=99.5|59=0|',
  '8=FIX.4.4|35=8|34=3|49=A|52=20261121-14:30:05.123|56=B|37=E|11=O1|17=X|150=F|39=1|55=IBM|54=1|38=100|32=10|31=99.5|151=90|14=10|6=99.5|453=2|448=P|447=D|452=1|448=Q|447=D|452=3|',
  '8=FIX.4.4|35=W|34=4|49=A|52=20261121-14:30:05.123|56=B|55=IBM|268=2|269=0|270=99.5|271=3|269=1|270=100|271=4|',
  '8=FIX.4.4|35=B|34=5|49=A|52=20261121-14:30:05.123|56=B|148=x|33=1|58=hunter2-secret|95=3|96=a|b|',
]

const settings =
  '[DEFAULT]\nConnectionType=initiator\nSenderCompID=ME\nHeartBtInt=20\nStartTime=17:00:00\nEndTime=16:00:00\n[SESSION]\nBeginString=FIX.4.2\nTargetCompID=B\nSocketConnectHost=h\nSocketConnectPort=5001\nResetOnLogon=Y\nTimeZone=America/New_York\n'

/** Targets of FIX. */
export const fixTargets: readonly FuzzTarget[] = [
  {
    name: 'fix-messages',
    samples: () => [
      ...messages.map((text) => fixBytes(text)),
      ...recordedLines('fix', '.', /^messages\.txt$/),
      ...recordedLines('payloads', 'fix', /\.txt$/).map((line) => line.map((byte) => (byte === 124 ? 1 : byte))),
    ],
    read(input) {
      readStream([input])
      mask.text(input)
    },
    readChunks: readStream,
  },
  {
    name: 'fix-dictionary',
    samples: () => [...bytesOf(smallXml), ...recordedFiles('fix', 'dictionaries', /\.xml$/, 24_000).slice(0, 4)],
    // A whole dictionary, read once when a system is made.
    maxMs: 500,
    read: (input) => new FixDictionary(parseQuickFixXml(textOf(input))),
  },
  {
    name: 'fix-settings',
    samples: () => bytesOf(settings),
    read(input) {
      for (const section of parseSettings(textOf(input))) sessionFromSettings(section)
    },
  },
]
