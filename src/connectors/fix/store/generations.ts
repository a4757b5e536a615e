/** The names of message files: one for each reset of the numbers, counted from 1. */
import type { FileSystem } from '../../../core/file-system.js'

const pattern = /^messages-(\d{10})\.twfix$/

/** Name of the file of a generation. */
export function messageFileName(generation: number): string {
  return `messages-${String(generation).padStart(10, '0')}.twfix`
}

/** The generations that lie in a folder, the latest first. */
export function listGenerations(fileSystem: FileSystem, directory: string): number[] {
  return fileSystem
    .list(directory)
    .map((name) => pattern.exec(name)?.[1])
    .filter((digits) => digits !== undefined)
    .map(Number)
    .sort((a, b) => b - a)
}
