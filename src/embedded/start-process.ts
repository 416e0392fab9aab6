import { spawn } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { UserError } from '../errors.ts'
import { withLogFile } from './log-file.ts'
import { apiFlags, nodeFlags } from './node-flags.ts'
import { commandLine, readPid, signalProcess, waitUntilGone } from './process.ts'

export type StartedProcess = { pid: number; exited: Promise<void>; stop(): Promise<void> }

/** One of our own processes: its name, its file from the top of the repository, and the folder of its log and process id. */
export type ProcessFile = { name: string; script: string; folder: string }

/** A process drains before it ends; one that does not manage to is killed, and loses nothing that was acknowledged. */
const STOP_LIMIT_MS = 20_000
const KILL_LIMIT_MS = 5_000

const nodeFlagsOf = ({ script }: ProcessFile) => (script === 'src/api.ts' ? apiFlags : nodeFlags)
const pathOf = (script: string) => fileURLToPath(new URL(`../../${script}`, import.meta.url))
const pidFile = ({ name, folder }: ProcessFile) => join(folder, `${name}.pid`)
export const processLog = ({ name, folder }: ProcessFile) => join(folder, `${name}.log`)

/**
 * Starts one of our own processes. In a process group of its own, so that a Ctrl-C reaches it through us, in order; with an IPC
 * channel, so that it notices when we are gone (`leaveWithParent`). Its log goes to a file.
 */
export async function startProcess(file: ProcessFile, env: NodeJS.ProcessEnv): Promise<StartedProcess> {
  mkdirSync(file.folder, { recursive: true })
  const child = withLogFile(processLog(file), (log) =>
    spawn(process.execPath, [...nodeFlagsOf(file), pathOf(file.script)], {
      env,
      detached: true,
      stdio: ['ignore', log, log, 'ipc'],
    }),
  )
  const exited = new Promise<void>((done) => child.once('exit', () => done()).once('error', () => done()))
  const { pid } = child
  if (!pid) throw new UserError(`${file.script} could not be started`)
  writeFileSync(pidFile(file), `${pid}\n`)
  return {
    pid,
    exited,
    async stop() {
      signalProcess(pid, 'SIGTERM')
      await waitOrKill(pid)
    },
  }
}

/** A process of an earlier start that was killed leaves by itself: waits for that. */
export async function outlast(file: ProcessFile): Promise<void> {
  const pid = readPid(pidFile(file))
  if (pid !== null && commandLine(pid).includes(pathOf(file.script))) await waitOrKill(pid)
}

async function waitOrKill(pid: number): Promise<void> {
  if (await waitUntilGone(pid, STOP_LIMIT_MS)) return
  signalProcess(pid, 'SIGKILL')
  await waitUntilGone(pid, KILL_LIMIT_MS)
}
