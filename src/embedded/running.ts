import { renameSync, rmSync, writeFileSync } from 'node:fs'
import { type Running, runningFile } from '../config.ts'

/** Tells other commands where the stores of this `npm start` are. Only we may read it: the database URL holds a password. */
export function writeRunning(dataDir: string, running: Running): void {
  const draft = `${runningFile(dataDir)}.new`
  writeFileSync(draft, `${JSON.stringify(running, null, 2)}\n`, { mode: 0o600 })
  renameSync(draft, runningFile(dataDir))
}

export function removeRunning(dataDir: string): void {
  rmSync(runningFile(dataDir), { force: true })
}
