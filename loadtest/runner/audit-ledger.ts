import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'

const cli = fileURLToPath(new URL('../../src/cli.ts', import.meta.url))

export type Audited = { holds: boolean; text: string }

/** Runs `junban audit --ledger FILE` with the stores of this environment: what it says, and whether every invariant holds. */
export async function auditLedger(ledgerFile: string, env: NodeJS.ProcessEnv, stopped: AbortSignal): Promise<Audited> {
  const child = spawn(process.execPath, [cli, 'audit', '--ledger', ledgerFile], {
    env,
    stdio: ['ignore', 'pipe', 'pipe'],
    signal: stopped,
  })
  let text = ''
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (piece: string) => {
      text += piece
    })
  const code = await new Promise((done) => child.once('error', done).once('close', done))
  return { holds: code === 0, text: text.trim() }
}
