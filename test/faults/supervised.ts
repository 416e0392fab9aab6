import { setTimeout as sleep } from 'node:timers/promises'
import { signalProcess } from '#src/embedded/process.ts'
import { type ProcessFile, type StartedProcess, startProcess } from '#src/embedded/start-process.ts'

/** Like systemd's RestartSec: a process that left by itself is started again after this long. */
const restartMs = 500

/** One of our processes as its machine keeps it: whatever ends it but us, it is started again. */
export async function supervise(file: ProcessFile, env: NodeJS.ProcessEnv) {
  let child: StartedProcess
  let wanted = true
  let left = 0

  async function start() {
    wanted = true
    child = await startProcess(file, env)
    const started = child
    void started.exited.then(async () => {
      if (!wanted || child !== started) return
      left += 1
      await sleep(restartMs)
      if (wanted && child === started) await start()
    })
  }
  await start()

  return {
    name: file.name,
    get pid() {
      return child.pid
    },
    /** How often it left though nobody had told it to. */
    get left() {
      return left
    },
    signal: (signal: NodeJS.Signals) => signalProcess(child.pid, signal),
    /** SIGKILL: it stays away until it is started. */
    async kill() {
      wanted = false
      signalProcess(child.pid, 'SIGKILL')
      await child.exited
    },
    /** SIGTERM; waits until it has left. */
    async stop() {
      wanted = false
      signalProcess(child.pid, 'SIGCONT')
      await child.stop()
    },
    start,
  }
}
export type Supervised = Awaited<ReturnType<typeof supervise>>
