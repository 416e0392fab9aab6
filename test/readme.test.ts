import { spawnSync } from 'node:child_process'
import { mkdirSync, readdirSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { tryPort } from '#src/embedded/free-port.ts'
import { readTop, top } from './deployment/read-compose.ts'
import { createNpmStart, newcomersEnv } from './setup/npm-start.ts'
import { makeTestDir, removeTestDir } from './setup/test-dir.ts'

const readme = readTop('README.md')
const blocks = [...readme.matchAll(/^```sh\n(.*?)^```/gms)].map(([, block]) => block!)
/** What installs, starts and tests the whole is run by CI itself, and by first-run.test.ts. */
const ofCi = /^npm (ci|start|test|run (load|bench))\b/m

let dir: string
let dataDir: string
let port: number
let npm: ReturnType<typeof createNpmStart>
let folder: string

beforeAll(async () => {
  dir = makeTestDir()
  dataDir = join(dir, 'data')
  port = await tryPort(0)
  npm = createNpmStart({ dataDir, port })
  // A working folder in which what the reader writes is not ours.
  folder = join(dir, 'junban')
  mkdirSync(folder)
  for (const name of readdirSync(top)) if (!name.startsWith('.')) symlinkSync(join(top, name), join(folder, name))
})

afterAll(() => {
  npm.cleanUp()
  removeTestDir(dir)
})

function run(script: string) {
  const { status, stdout, stderr } = spawnSync('bash', ['-euo', 'pipefail', '-c', script], {
    cwd: folder,
    env: { ...newcomersEnv(), DATA_DIR: dataDir, JUNBAN_URL: `http://127.0.0.1:${port}` },
    encoding: 'utf8',
  })
  expect(`${status} ${status === 0 ? '' : stdout + stderr}`, script).toBe('0 ')
  return stdout
}

test('every command of the README works, in its order, as somebody new types it', async () => {
  const started = await npm.start()
  const said = blocks
    .filter((block) => !ofCi.test(block))
    .map((block) => run(block.replaceAll('http://127.0.0.1:3000', `http://127.0.0.1:${port}`)))
  expect(said).toHaveLength(3)
  const [seen, campaign, client] = said as [string, string, string]
  expect(seen).toMatch(/"slots":\[\{.*"servingNumber":.*"rung":"normal"/s)
  expect(campaign).toMatch(/1,000/)
  expect(JSON.parse(client)).toMatchObject({ campaign: 'clinic', status: 'booked' })
  run('npm run audit')
  await started.stop('SIGINT')
}, 180_000)

test('what the README tells people to run and this test does not, CI does', () => {
  const ci = readTop('.ci/run')
  const blocksOfCi = blocks.filter((block) => ofCi.test(block)).flatMap((block) => block.split(/\n|&&/))
  const inText = [...readme.matchAll(/`(npm run [^`]+)`/g)].map(([, command]) => command!)
  // With whatever options: CI has less time than a reader.
  const withoutOptions = (command: string) => command.replace(/#.*|( --)? --\w.*$/g, '').trim()
  const commands = [...blocksOfCi, ...inText].map(withoutOptions).filter(Boolean)
  expect(commands.length).toBeGreaterThan(4)
  const here = ['npm start', 'npm run audit']
  // What takes minutes is run by hand, and keeps what it said beside the link to it.
  const isReported = (command: string) => {
    const [, name] = /^npm run bench:(\w+)$/.exec(command) ?? []
    return name !== undefined && readTop(`reports/${name}/report.txt`).includes('cores')
  }
  const unproved = [...new Set(commands)].filter(
    (command) => !here.includes(command) && !ci.includes(command) && !isReported(command),
  )
  expect(unproved).toEqual([])
})
