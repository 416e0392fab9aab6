import { signalProcess, waitUntilGone } from '#src/embedded/process.ts'
import { type ProcessFile, type StartedProcess, startProcess } from '#src/embedded/start-process.ts'

export type Spawned = {
  readonly pid: number
  /** Sends a signal, and nothing more. */
  signal(signal: NodeJS.Signals): void
  /** Waits until it has left by itself. */
  left(): Promise<void>
  /** SIGKILL, or another signal; waits until it is gone. */
  kill(signal?: NodeJS.Signals): Promise<void>
  /** Starts it again with the same settings. Kills it first if it runs. */
  restart(): Promise<void>
}

/** A process that was asked to stop is gone after this long, or it never will be. */
const goneWithinMs = 30_000

/** A process of ours, to be killed and started again. */
export async function spawnProcess(file: ProcessFile, env: NodeJS.ProcessEnv): Promise<Spawned> {
  let child: StartedProcess = await startProcess(file, env)
  async function left() {
    if (!(await waitUntilGone(child.pid, goneWithinMs)))
      throw new Error(`${file.name} is still there after ${goneWithinMs} ms`)
  }
  async function kill(signal: NodeJS.Signals = 'SIGKILL') {
    signalProcess(child.pid, signal)
    await left()
  }
  return {
    get pid() {
      return child.pid
    },
    signal: (signal) => signalProcess(child.pid, signal),
    left,
    kill,
    async restart() {
      await kill()
      child = await startProcess(file, env)
    },
  }
}
