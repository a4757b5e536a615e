/**
 * The event emitters that the ring is compared with. They are installed below bench/, not with the project; one that is
 * absent is reported as missing.
 */
import { PeerMissing } from '../types.js'
import type { QuoteObject } from './quotes.js'

/** What a subscriber of a peer is. */
export type Listener = (quote: QuoteObject) => void

/** A peer with `topics` topics: subscribing to one, and sending a quote to one. */
export interface Bus {
  on(topic: number, listener: Listener): void
  emit(topic: number, quote: QuoteObject): void
}

/** Opens a bus of a number of topics. */
export type OpenBus = (topics: number) => Promise<Bus>

interface Emitter {
  on(name: string, listener: Listener): unknown
  emit(name: string, quote: QuoteObject): unknown
}

const topicNames = (topics: number): string[] => Array.from({ length: topics }, (_, topic) => `quote${topic}`)

async function load<T>(name: string): Promise<T> {
  try {
    return (await import(name)) as T
  } catch (cause) {
    throw new PeerMissing(`${name} is not installed below bench/`, { cause })
  }
}

/** eventemitter3: one emitter, a fixed event name a topic. */
export const openEventEmitter3: OpenBus = async (topics) => {
  const { EventEmitter } = await load<{ EventEmitter: new () => Emitter }>('eventemitter3')
  const emitter = new EventEmitter()
  const names = topicNames(topics)
  return {
    on: (topic, listener) => void emitter.on(names[topic], listener),
    emit: (topic, quote) => void emitter.emit(names[topic], quote),
  }
}

/** tseep: compiles its listeners. */
export const openTseep: OpenBus = async (topics) => {
  const { EventEmitter } = await load<{ EventEmitter: new () => Emitter }>('tseep')
  const emitter = new EventEmitter()
  const names = topicNames(topics)
  return {
    on: (topic, listener) => void emitter.on(names[topic], listener),
    emit: (topic, quote) => void emitter.emit(names[topic], quote),
  }
}

/** mitt: a Map of arrays. */
export const openMitt: OpenBus = async (topics) => {
  const { default: mitt } = await load<{ default: () => Emitter }>('mitt')
  const emitter = mitt()
  const names = topicNames(topics)
  return {
    on: (topic, listener) => void emitter.on(names[topic], listener),
    emit: (topic, quote) => void emitter.emit(names[topic], quote),
  }
}

/** RxJS: a Subject a topic. */
export const openRxjs: OpenBus = async (topics) => {
  type Subject = { subscribe(listener: Listener): unknown; next(quote: QuoteObject): void }
  const { Subject } = await load<{ Subject: new () => Subject }>('rxjs')
  const subjects = Array.from({ length: topics }, () => new Subject())
  return {
    on: (topic, listener) => void subjects[topic].subscribe(listener),
    emit: (topic, quote) => subjects[topic].next(quote),
  }
}

/** Peers by name. */
export const buses: readonly (readonly [string, OpenBus])[] = [
  ['eventemitter3', openEventEmitter3],
  ['tseep', openTseep],
  ['mitt', openMitt],
  ['rxjs', openRxjs],
]
