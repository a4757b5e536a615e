/**
 * Threads that run a module of the host's, and what such a thread finds around it. `node:worker_threads` is loaded when a
 * thread is wanted: a mere import of the library loads none.
 */
import type { MessagePort, Worker } from 'node:worker_threads'

/** Starts a module in a thread. A TypeScript module is run by tsx, which has to be installed then. */
export function startThread(module: URL | string, workerData: unknown): Worker {
  const { Worker: Thread } = process.getBuiltinModule('node:worker_threads')
  const url = String(module)
  if (!url.endsWith('.ts')) return new Thread(module instanceof URL ? module : new URL(module), { workerData })
  const source = `import('tsx/esm/api').then(({ register }) => { register(); return import(${JSON.stringify(url)}) })`
  return new Thread(source, { eval: true, workerData })
}

/** What this thread was started with, and its port to the thread that did; null and undefined in the main thread. */
export function threadSurroundings(): { workerData: unknown; port: MessagePort | null } {
  const { workerData, parentPort } = process.getBuiltinModule('node:worker_threads')
  return { workerData, port: parentPort }
}
