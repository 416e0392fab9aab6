import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

const file = (folder: string) => join(folder, 'port')

/** The port that a store in this folder had last, so that its URL stays the same between starts; 0 when it never had one. */
export function keptPort(folder: string): number {
  try {
    const port = Number(readFileSync(file(folder), 'utf8'))
    return Number.isInteger(port) && port > 0 && port < 65_536 ? port : 0
  } catch {
    return 0
  }
}

export function keepPort(folder: string, port: number): void {
  writeFileSync(file(folder), `${port}\n`)
}
