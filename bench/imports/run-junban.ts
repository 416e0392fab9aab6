import { spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'

const lookEveryMs = 20

/**
 * How a command ended: what it said, how long it took (as it says itself, where it does: a process takes half a second to start), and the
 * most RAM that it had, in MB (10^6 bytes; 0 where there is no `/proc`).
 */
export type Ran = { code: number; stdout: string; stderr: string; seconds: number; peakMb: number }

/** Runs the operator's command line in a process of its own, as an operator does. */
export function runJunban(args: string[], env: NodeJS.ProcessEnv): Promise<Ran> {
  const started = performance.now()
  const child = spawn(process.execPath, [join(import.meta.dirname, '../../src/cli.ts'), ...args, '--json'], { env })
  const said = { stdout: '', stderr: '' }
  for (const stream of ['stdout', 'stderr'] as const)
    child[stream].setEncoding('utf8').on('data', (text: string) => {
      said[stream] += text
    })
  let peakMb = 0
  const looking = setInterval(() => {
    peakMb = Math.max(peakMb, highWaterMb(child.pid!))
  }, lookEveryMs)
  return new Promise((resolve, reject) => {
    child.once('error', reject)
    child.once('close', (code) => {
      clearInterval(looking)
      const seconds = secondsIn(said.stdout) ?? (performance.now() - started) / 1_000
      resolve({ code: code ?? -1, ...said, seconds, peakMb })
    })
  })
}

function secondsIn(stdout: string): number | null {
  try {
    return (JSON.parse(stdout) as { seconds?: number }).seconds ?? null
  } catch {
    return null // it failed, and said so elsewhere
  }
}

function highWaterMb(pid: number): number {
  try {
    return (Number(/^VmHWM:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0) * 1_024) / 1e6
  } catch {
    return 0 // it has just ended
  }
}
