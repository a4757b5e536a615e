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
 * A question whether there is more costs system calls: it is asked once a burst.
 */
export async function receiveAll(
  socket: ReadableSocket,
  handler: BurstHandler,
  time: Scheduler,
  most = 1_000,
): Promise<void> {
  while (!socket.closed) {
    try {
      const first = await socket.receive()
      let mayHaveMore = false
      handler.begin()
      try {
        take(handler, first)
        if (socket.readable) mayHaveMore = await drain(socket, handler, most)
      } finally {
        handler.end()
      }
      const held = handler.holdUp()
      if (held !== undefined) await held
      if (socket.closed) return
      if (mayHaveMore) await new Promise<void>((resolve) => time.nextTurn(resolve))
    } catch (error) {
      if (socket.closed) return
      handler.failed(error)
      await new Promise<void>((resolve) => time.nextTurn(resolve))
    }
  }
}

/** Takes what there is without asking before each message: that costs a third of the rate. False: there was nothing left. */
async function drain(socket: ReadableSocket, handler: BurstHandler, most: number): Promise<boolean> {
  socket.receiveTimeout = 0
  try {
    for (let count = 1; count < most; count++) {
      take(handler, await socket.receive())
      if (handler.holdUp() !== undefined) return true
    }
    return true
  } catch (error) {
    if ((error as { code?: string }).code !== 'EAGAIN') throw error
    return false
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
