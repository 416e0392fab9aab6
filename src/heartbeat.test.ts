import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { testLog } from '../test/setup/operator-database.ts'
import { makeTestDir, removeTestDir } from '../test/setup/test-dir.ts'
import { createHeartbeat } from './heartbeat.ts'

const isAlive = (file: string) =>
  spawnSync(process.execPath, [join(import.meta.dirname, '../deploy/is-alive.ts')], { env: { HEARTBEAT_FILE: file } })
    .status === 0

test('the health check says that a process is alive until its next turn is overdue', () => {
  const dir = makeTestDir()
  onTestFinished(() => removeTestDir(dir))
  const file = join(dir, 'alive')
  const beat = createHeartbeat(file, testLog)
  expect(isAlive(file)).toBe(false)
  beat(60_000)
  expect(isAlive(file)).toBe(true)
  beat(-1)
  expect(isAlive(file)).toBe(false)
})

test('a file that cannot be written, or none, does not end the process', () => {
  createHeartbeat('/nowhere/alive', testLog)(60_000)
  createHeartbeat(null, testLog)(60_000)
  expect(isAlive('/nowhere/alive')).toBe(false)
  expect(isAlive('')).toBe(false)
})
