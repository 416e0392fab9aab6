import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { runningFile } from '#src/config.ts'
import { tryPort } from '#src/embedded/free-port.ts'
import { createNpmStart } from './setup/npm-start.ts'
import { makeTestDir, removeTestDir } from './setup/test-dir.ts'

const DECISION_LIMIT_MS = 20_000

let dir: string
let dataDir: string
let port: number
let npm: ReturnType<typeof createNpmStart>

beforeAll(async () => {
  dir = makeTestDir()
  dataDir = join(dir, 'data')
  port = await tryPort(0)
  npm = createNpmStart({ dataDir, port })
})

afterAll(() => {
  npm.cleanUp()
  removeTestDir(dir)
})

test('somebody new starts it, books with the printed command, stops and kills it, and the booking is still there', async () => {
  const first = await npm.start()
  const [book, ask] = first.output.split('\n').filter((line) => line.startsWith('curl '))
  expect(first.output).toMatch(/Admin key +\S{20,}/)
  expect(first.output).toContain(`Docs       http://127.0.0.1:${port}/docs`)

  const accepted = JSON.parse(shell(book!))
  expect(accepted).toMatchObject({ status: 'queued', id: expect.any(String), receipt: expect.any(String) })
  const outcome = () => JSON.parse(shell(ask!.replace('ID', accepted.id).replace('RECEIPT', accepted.receipt)))
  const booked = await until(outcome, ({ status }) => status !== 'queued')
  expect(booked).toMatchObject({ status: 'booked', appointments: [{ dose: 1 }] })

  await first.stop('SIGINT')
  expect(existsSync(runningFile(dataDir))).toBe(false)

  const second = await npm.start()
  expect(second.output).not.toContain('Admin key')
  expect(outcome()).toEqual(booked)

  await second.killStart()
  const third = await npm.start()
  expect(outcome()).toEqual(booked)
  await third.stop('SIGTERM')
}, 300_000)

test('what cannot work is said in one line, at once', async () => {
  const holder = await npm.start()
  const refused = async (env: NodeJS.ProcessEnv) => {
    const { child, text, ended } = npm.begin(env)
    await ended()
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
