/**
 * Takes messages off a socket in bursts: waits while there is nothing, drains without waiting while there is a backlog, and
 * gives the loop a turn after so many.
 */
import type { Scheduler } from '../../core/scheduler.js'

/** A socket that can be read, as zeromq has it. */
export interface ReadableSocket {
  readonly closed: boolean
  readonly readable: boolean
  receiveTimeout: number
  receive(): Promise<Buffer[]>
}

/** Who takes the messages. */
export interface BurstHandler {
  /** Before the first message of a burst. */
  begin(): void
  take(parts: Buffer[]): void
  /** After the last. */
  end(): void
  /** Undefined: go on. A promise: there is no room, wait for it. */
  holdUp(): Promise<void> | undefined
  /** What {@link BurstHandler.take} threw, or the socket. */
  failed(error: unknown): void
}

/**
 * Runs until the socket is closed. Never rejects. `most`: messages in a row before the loop gets a turn.
 *
 * Every burst is followed by a turn of the loop, in which those run whom it woke; whether there is more is asked after them,
 * because the question costs system calls.
 */
export async function receiveAll(
  socket: ReadableSocket,
  handler: BurstHandler,
  time: Scheduler,
  most = 1_000,
): Promise<void> {
  while (!socket.closed) {
    try {
      const isBacklog = socket.readable
      await takeBurst(socket, handler, await socket.receive(), isBacklog ? most : 1)
      const held = handler.holdUp()
      if (held !== undefined) await held
    } catch (error) {
      if (socket.closed) return
      handler.failed(error)
    }
    if (!socket.closed) await new Promise<void>((resolve) => time.nextTurn(resolve))
  }
}

/** Takes a message and those behind it. What was waited for is handed on at once: there is hardly ever one behind it. */
async function takeBurst(socket: ReadableSocket, handler: BurstHandler, first: Buffer[], most: number): Promise<void> {
  handler.begin()
  try {
    take(handler, first)
    if (most > 1 && handler.holdUp() === undefined && socket.readable) await drain(socket, handler, most - 1)
  } finally {
    handler.end()
  }
}

/** Takes a backlog, without asking before each message whether there is one: that costs a third of the rate. */
async function drain(socket: ReadableSocket, handler: BurstHandler, most: number): Promise<void> {
  socket.receiveTimeout = 0
  try {
    for (let count = 0; count < most; count++) {
      take(handler, await socket.receive())
      if (handler.holdUp() !== undefined) return
    }
  } catch (error) {
    if ((error as { code?: string }).code !== 'EAGAIN') throw error
  } finally {
    if (!socket.closed) socket.receiveTimeout = -1
  }
}

function take(handler: BurstHandler, parts: Buffer[]): void {
  try {
    handler.take(parts)
  } catch (error) {
    handler.failed(error)
  }
}
