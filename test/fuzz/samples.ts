/** Where samples come from: recorded files where they are, and a few of our own always. */
import { readFileSync } from 'node:fs'
import { gunzipSync } from 'node:zlib'
import { type SharedKind, sharedFiles } from '../support/shared.js'

const encoder = new TextEncoder()

/** Texts as bytes. */
export function bytesOf(...texts: readonly string[]): Uint8Array[] {
  return texts.map((text) => encoder.encode(text))
}

/** The text of an input, whatever its bytes are. */
export function textOf(input: Uint8Array): string {
  return new TextDecoder().decode(input)
}

/** A recorded file, unpacked. */
export function contentOf(path: string): Buffer {
  const bytes = readFileSync(path)
  return path.endsWith('.gz') && bytes[0] === 0x1f ? gunzipSync(bytes) : bytes
}

/** The beginnings of recorded files of a folder. None where the folder is absent. */
export function recordedFiles(kind: SharedKind, folder: string, pattern: RegExp, maxBytes = 16_384): Uint8Array[] {
  return sharedFiles(kind, folder, pattern).map((path) => new Uint8Array(contentOf(path).subarray(0, maxBytes)))
}

/** Lines of recorded files of a folder, some from each. None where the folder is absent. */
export function recordedLines(kind: SharedKind, folder: string, pattern: RegExp, each = 40): Uint8Array[] {
  const lines: Uint8Array[] = []
  for (const path of sharedFiles(kind, folder, pattern)) {
    const all = contentOf(path)
      .toString('utf8')
      .split('\n')
      .filter((line) => line !== '' && line.length < 65_536)
    const step = Math.max(1, Math.floor(all.length / each))
    for (let at = 0; at < all.length; at += step) lines.push(encoder.encode(all[at] as string))
  }
  return lines
}
