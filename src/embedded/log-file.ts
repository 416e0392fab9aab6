import { closeSync, mkdirSync, openSync, readFileSync, renameSync, statSync, writeSync } from 'node:fs'
import { dirname } from 'node:path'

/** A log that has grown past this is put aside, as FILE.1, when it is opened next. */
const MAX_BYTES = 20 * 1024 * 1024

/** Runs `use` with the descriptor of a log file opened for appending; a process that was given it keeps it. */
export function withLogFile<T>(file: string, use: (descriptor: number) => T): T {
  if ((statSync(file, { throwIfNoEntry: false })?.size ?? 0) > MAX_BYTES) renameSync(file, `${file}.1`)
  const descriptor = openSync(file, 'a', 0o600)
  try {
    return use(descriptor)
  } finally {
    closeSync(descriptor)
  }
}

/** A log file for a logger of this process, written at once: a line a minute, not a stream. */
export function openLogStream(file: string): { write(line: string): void } {
  mkdirSync(dirname(file), { recursive: true })
  return { write: (line) => withLogFile(file, (descriptor) => writeSync(descriptor, line)) }
}

/** The last lines of a log, for the message that says why its process ended. */
export function lastLines(file: string, count = 8): string {
  try {
    return readFileSync(file, 'utf8').trimEnd().split('\n').slice(-count).join('\n')
  } catch {
    return ''
  }
}
