/** Decompression of gzip streams in bounded pieces: a small archive that unpacks to terabytes costs time, never memory. */
import { Readable } from 'node:stream'
import { createGunzip } from 'node:zlib'
import { fileError } from '../../../../core/file-system.js'

const pieceBytes = 256 * 1024

/**
 * The content of a gzip stream; several members in one file follow each other.
 *
 * @throws TradewireError `TW_FILE` when the data is damaged or ends too early; what the source throws passes through.
 */
export async function* gunzip(chunks: AsyncIterable<Uint8Array>, path: string): AsyncGenerator<Uint8Array> {
  const input = Readable.from(copies(chunks), { objectMode: true, highWaterMark: 2 })
  const output = createGunzip({ chunkSize: pieceBytes })
  let inputError: unknown
  input.on('error', (error) => {
    inputError = error
    output.destroy(error)
  })
  input.pipe(output)
  try {
    for await (const piece of output) yield piece as Uint8Array
  } catch (error) {
    if (inputError !== undefined) throw inputError
    throw fileError('decompress', path, (error as { code?: string }).code ?? '', error)
  } finally {
    input.destroy()
    output.destroy()
  }
}

/** A chunk is valid until the next is asked for, but the stream reads ahead. */
async function* copies(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  for await (const chunk of chunks) yield chunk.slice()
}
