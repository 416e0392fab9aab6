import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { signalProcess, waitUntilGone } from '#src/embedded/process.ts'
import { UserError } from '#src/errors.ts'

/** Exit codes of k6 that are a verdict; any other is a scenario that did not run. */
const held = 0
const thresholdBroken = 99
const stopLimitMs = 10_000

export type K6Run = {
  /** Resolves to what k6 printed at its end. Rejects when the scenario did not run. */
  finished: Promise<string>
  stop(): Promise<void>
}

/**
 * Starts one scenario, in a process group of its own, so that a Ctrl-C reaches it through us. What the scripts `console.log`, the
 * ledger, is written to `consoleFile` as it is.
 */
export function startK6({
  binary,
  name,
  env,
  consoleFile,
  summaryFile,
}: {
  binary: string
  name: string
  env: Record<string, string>
  consoleFile: string
  summaryFile: string
}): K6Run {
  const args = ['run', '--quiet', '--no-color', '--no-usage-report', '--address=127.0.0.1:0']
  args.push(`--console-output=${consoleFile}`, '--log-format=raw', `--summary-export=${summaryFile}`)
  // Samples are the dearest part of a request in k6: only those tags that something here reads.
  args.push(
    '--system-tags=scenario,name,status,error_code,expected_response',
    '--summary-trend-stats=avg,p(50),p(90),p(99),max',
  )
  args.push(fileURLToPath(new URL(`../${name}.ts`, import.meta.url)))
  const child = spawn(binary, args, {
    detached: true,
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  let summary = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    summary += text
  })
  const finished = new Promise<string>((resolve, reject) => {
    child.once('error', () => reject(new UserError(`${binary} could not be started`)))
    child.once('close', (code) => {
      // Its own spacing is for the progress bars that we have no use for.
      summary = `${summary.replace(/\n{3,}/g, '\n\n').trimEnd()}\n`
      if (code !== held && code !== thresholdBroken)
        return reject(new UserError(`k6 ended with code ${code}: the scenario did not run to its end`))
      process.stdout.write(summary)
      resolve(summary)
    })
  })
  finished.catch(() => {})
  return {
    finished,
    async stop() {
      if (!child.pid) return
      signalProcess(child.pid, 'SIGTERM')
      if (!(await waitUntilGone(child.pid, stopLimitMs))) signalProcess(child.pid, 'SIGKILL')
    },
  }
}
