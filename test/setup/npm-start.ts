import { type ChildProcess, spawn } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect } from 'vitest'
import { Running, runningFile } from '#src/config.ts'
import { isAlive, waitUntilGone } from '#src/embedded/process.ts'
import { descendants } from './descendants.ts'
import { removeTestDir } from './test-dir.ts'

const START_LIMIT_MS = 90_000
const STOP_LIMIT_MS = 30_000

const top = join(import.meta.dirname, '../..')

/** The environment of somebody new: none of ours, and not yet our Node on the path. */
export function newcomersEnv(): NodeJS.ProcessEnv {
  const ours = /^(npm_|NODE_|VITEST|JUNBAN_|DATABASE_URL|REDIS_URL|HOST|LOG_LEVEL)/
  const inherited = Object.fromEntries(Object.entries(process.env).filter(([name]) => !ours.test(name)))
  const path = process.env.PATH!.split(delimiter).filter((folder) => !folder.includes('node_modules'))
  return { ...inherited, PATH: path.join(delimiter) }
}

/** `npm start` as somebody new runs it, with a DATA_DIR and a port of its own. `cleanUp` is for the end of a test file. */
export function createNpmStart({ dataDir, port }: { dataDir: string; port: number }) {
  const everStarted = new Set<number>()

  function begin(env: NodeJS.ProcessEnv = {}) {
    const child = spawn('npm', ['start'], {
      cwd: top,
      // A process group of its own: what Ctrl-C in a terminal signals.
      detached: true,
      env: { ...newcomersEnv(), PORT: String(port), DATA_DIR: dataDir, ...env },
    })
    everStarted.add(child.pid!)
    let output = ''
    const add = (data: Buffer) => {
      output += data
    }
    child.stdout.on('data', add)
    child.stderr.on('data', add)
    return { child, text: () => output, ended: () => exit(child) }
  }

  async function start() {
    const { child, text } = begin()
    for (const end = performance.now() + START_LIMIT_MS; !text().includes('Ctrl-C stops it'); await sleep(100))
      if (child.exitCode !== null || performance.now() > end) throw new Error(`npm start did not start:\n${text()}`)
    const { pid } = Running.parse(JSON.parse(readFileSync(runningFile(dataDir), 'utf8')))
    const all = descendants(child.pid!)
    for (const one of all) everStarted.add(one)
    const gone = async (pids: number[]) => {
      await Promise.all(pids.map((one) => waitUntilGone(one, STOP_LIMIT_MS)))
      expect(pids.filter(isAlive)).toEqual([])
      for (const one of pids) everStarted.delete(one)
    }
    return {
      output: text(),
      /** To the whole group, as a terminal does it, and a second time, as npm and impatient people do. */
      async stop(signal: NodeJS.Signals) {
        process.kill(-child.pid!, signal)
        await sleep(20)
        if (isAlive(pid)) process.kill(pid, signal)
        await exit(child)
        await gone(all)
        expect(text()).toMatch(/Stopped\.\s*$/)
      },
      /** Without a chance to clean up: our own processes leave by themselves, the stores are left behind. */
      async killStart() {
        const processes = ['api', 'allocator'].map((name) =>
          Number(readFileSync(join(dataDir, 'logs', `${name}.pid`), 'utf8')),
        )
        process.kill(pid, 'SIGKILL')
        await exit(child)
        await gone(processes)
      },
    }
  }

  return {
    begin,
    start,
    /** Ends whatever it has left, and removes what Postgres keeps elsewhere: as root it may have had to. */
    cleanUp() {
      for (const pid of everStarted) if (isAlive(pid)) process.kill(pid, 'SIGKILL')
      const pointer = join(dataDir, 'postgres', 'moved-to.txt')
      if (existsSync(pointer)) removeTestDir(readFileSync(pointer, 'utf8').trim())
    },
  }
}

const exit = (child: ChildProcess) =>
  child.exitCode !== null || child.signalCode !== null ? undefined : new Promise((done) => child.once('close', done))
