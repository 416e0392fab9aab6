import { type ChildProcess, spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { signalProcess, waitUntilGone } from '#src/embedded/process.ts'

type Answer<A> = { answer: A } | { error: string }

/** A process of its own that is given orders and answers each, one at a time. */
export type Worker<Order, A> = { pid: number; ask(order: Order): Promise<A>; stop(): Promise<void> }

/** Starts one, by its file in this folder. In a process group of its own: a Ctrl-C reaches it through us. */
export async function startWorker<Order extends object, A>(script: string): Promise<Worker<Order, A>> {
  const file = fileURLToPath(new URL(script, import.meta.url))
  const child: ChildProcess = spawn(process.execPath, [file], {
    detached: true,
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    env: { ...process.env, NODE_ENV: 'production' },
  })
  const { pid } = child
  if (!pid) throw new Error(`${script} could not be started`)
  return {
    pid,
    ask: (order) =>
      new Promise((resolve, reject) => {
        const ended = () => reject(new Error(`${script} ended`))
        child.once('exit', ended)
        child.once('message', (said: Answer<A>) => {
          child.off('exit', ended)
          if ('error' in said) reject(new Error(`${script}: ${said.error}`))
          else resolve(said.answer)
        })
        child.send(order)
      }),
    async stop() {
      signalProcess(pid, 'SIGKILL')
      await waitUntilGone(pid, 5_000)
    },
  }
}

/** The other side: answers the orders given to this process, and leaves when whoever gives them is gone. */
export function answerOrders<Order, A>(carryOut: (order: Order) => Promise<A>): void {
  process.on('message', (order: Order) => {
    carryOut(order).then(
      (answer) => process.send!({ answer }),
      (err: Error) => process.send!({ error: err.stack ?? String(err) }),
    )
  })
  process.once('disconnect', () => process.exit())
}
