import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { Running, runningFile } from '#src/config.ts'
import { tryPort } from '#src/embedded/free-port.ts'
import { isAlive, waitUntilGone } from '#src/embedded/process.ts'
import { descendants } from './setup/descendants.ts'
import { makeTestDir, removeTestDir } from './setup/test-dir.ts'

const START_LIMIT_MS = 90_000
const STOP_LIMIT_MS = 30_000
const DECISION_LIMIT_MS = 20_000

const top = join(import.meta.dirname, '..')
const everStarted = new Set<number>()
let dir: string
let dataDir: string
let port: number

beforeAll(async () => {
  dir = makeTestDir()
  dataDir = join(dir, 'data')
  port = await tryPort(0)
})

afterAll(() => {
  for (const pid of everStarted) if (isAlive(pid)) process.kill(pid, 'SIGKILL')
  // As root, Postgres may have had to keep its files elsewhere.
  const pointer = join(dataDir, 'postgres', 'moved-to.txt')
  if (existsSync(pointer)) removeTestDir(readFileSync(pointer, 'utf8').trim())
  removeTestDir(dir)
})

test('somebody new starts it, books with the printed command, stops and kills it, and the booking is still there', async () => {
  const first = await startJunban()
  const [book, ask] = first.output.split('\n').filter((line) => line.startsWith('curl '))
  expect(first.output).toMatch(/Admin key +\S{20,}/)

  const accepted = JSON.parse(shell(book!))
  expect(accepted).toMatchObject({ status: 'queued', id: expect.any(String), receipt: expect.any(String) })
  const outcome = () => JSON.parse(shell(ask!.replace('ID', accepted.id).replace('RECEIPT', accepted.receipt)))
  const booked = await until(outcome, ({ status }) => status !== 'queued')
  expect(booked).toMatchObject({ status: 'booked', appointments: [{ dose: 1 }] })

  await first.stop('SIGINT')
  expect(existsSync(runningFile(dataDir))).toBe(false)

  const second = await startJunban()
  expect(second.output).not.toContain('Admin key')
  expect(outcome()).toEqual(booked)

  await second.killStart()
  const third = await startJunban()
  expect(outcome()).toEqual(booked)
  await third.stop('SIGTERM')
}, 300_000)

test('what cannot work is said in one line, at once', async () => {
  const holder = await startJunban()
  const refused = async (env: NodeJS.ProcessEnv) => {
    const { child, text } = npmStart(env)
    await exit(child)
    expect(child.exitCode).not.toBe(0)
    return text()
      .split('\n')
      .filter((line) => line && !line.startsWith('>') && !line.startsWith('npm '))
  }
  expect(await refused({ PORT: String(await tryPort(0)) })).toEqual([expect.stringMatching(/^Another `npm start`/)])
  expect(await refused({ DATA_DIR: join(dir, 'other') })).toEqual([
    expect.stringMatching(new RegExp(`^Port ${port} is in use.*PORT=\\d+ npm start$`)),
  ])
  expect(await refused({ PORT: 'eighty' })).toEqual([expect.stringMatching(/^PORT: /)])
  await holder.stop('SIGINT')
}, 300_000)

/** `npm start` as a user has it: none of our environment, and not yet our Node on the path. */
function npmStart(env: NodeJS.ProcessEnv) {
  const ours = /^(npm_|NODE_|VITEST|JUNBAN_|DATABASE_URL|REDIS_URL|HOST|LOG_LEVEL)/
  const inherited = Object.fromEntries(Object.entries(process.env).filter(([name]) => !ours.test(name)))
  const path = process.env.PATH!.split(delimiter).filter((folder) => !folder.includes('node_modules'))
  const child = spawn('npm', ['start'], {
    cwd: top,
    // A process group of its own: what Ctrl-C in a terminal signals.
    detached: true,
    env: { ...inherited, PATH: path.join(delimiter), PORT: String(port), DATA_DIR: dataDir, ...env },
  })
  everStarted.add(child.pid!)
  let output = ''
  const add = (data: Buffer) => {
    output += data
  }
  child.stdout.on('data', add)
  child.stderr.on('data', add)
  return { child, text: () => output }
}

async function startJunban() {
  const { child, text } = npmStart({})
  await until(text, (said) => said.includes('Ctrl-C stops it') || child.exitCode !== null, START_LIMIT_MS)
  if (child.exitCode !== null) throw new Error(`npm start ended:\n${text()}`)
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

const exit = (child: ChildProcess) =>
  child.exitCode !== null || child.signalCode !== null ? undefined : new Promise((done) => child.once('close', done))

function shell(command: string): string {
  const { status, stdout, stderr } = spawnSync('sh', ['-c', command], { encoding: 'utf8' })
  if (status !== 0) throw new Error(`${command}\n${stderr}`)
  return stdout
}

async function until<T>(look: () => T, wanted: (seen: T) => boolean, limitMs = DECISION_LIMIT_MS): Promise<T> {
  for (const end = performance.now() + limitMs; ; await sleep(100)) {
    const seen = look()
    if (wanted(seen)) return seen
    if (performance.now() > end) throw new Error(`not within ${limitMs} ms: ${JSON.stringify(seen)}`)
  }
}
