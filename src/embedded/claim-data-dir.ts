import { linkSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { UserError } from '../errors.ts'
import { commandLine, readPid } from './process.ts'

/** Takes DATA_DIR for this process, or throws a UserError naming the `npm start` that has it. Returns what gives it back. */
export function claimDataDir(dataDir: string): () => void {
  const file = join(dataDir, 'start.pid')
  const draft = `${file}.${process.pid}`
  writeFileSync(draft, `${process.pid}\n`)
  try {
    if (!take(draft, file)) {
      const holder = readPid(file)
      if (holder !== null && isStart(holder))
        throw new UserError(
          `Another \`npm start\` (process ${holder}) runs in ${dataDir}: stop it, or choose another folder: DATA_DIR=.data-2 PORT=3001 npm start`,
        )
      rmSync(file, { force: true })
      if (!take(draft, file)) throw new UserError(`Another \`npm start\` has just begun in ${dataDir}`)
    }
  } finally {
    rmSync(draft, { force: true })
  }
  return () => {
    if (readFileSync(file, 'utf8').trim() === String(process.pid)) rmSync(file, { force: true })
  }
}

/** `link` fails when the name is taken: of two that start at the same time one gets it. */
function take(draft: string, file: string): boolean {
  try {
    linkSync(draft, file)
    return true
  } catch (err) {
    if ((err as NodeJS.ErrnoException).code === 'EEXIST') return false
    throw err
  }
}

/** A pid can be somebody else's by now; in a new container even our own or our shell's. */
const isStart = (pid: number) => pid !== process.pid && pid !== process.ppid && commandLine(pid).includes('start.ts')
