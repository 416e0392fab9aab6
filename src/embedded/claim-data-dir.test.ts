import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { makeTestDir, removeTestDir } from '../../test/setup/test-dir.ts'
import { UserError } from '../errors.ts'
import { claimDataDir } from './claim-data-dir.ts'

let dir: string
beforeEach(() => {
  dir = makeTestDir()
})
afterEach(() => removeTestDir(dir))

test('a folder has one start at a time; a pid that is gone, or is another program by now, does not count', async () => {
  const script = join(dir, 'start.ts')
  writeFileSync(script, 'setInterval(() => {}, 1000); console.log()')
  const other = spawn(process.execPath, [script], { stdio: ['ignore', 'pipe', 'ignore'] })
  await once(other.stdout, 'data')
  const holder = join(dir, 'start.pid')
  writeFileSync(holder, `${other.pid}\n`)
  expect(() => claimDataDir(dir)).toThrow(UserError)

  other.kill('SIGKILL')
  await once(other, 'exit')
  claimDataDir(dir)()

  writeFileSync(holder, `${process.pid}\n`)
  const giveBack = claimDataDir(dir)
  expect(existsSync(holder)).toBe(true)
  giveBack()
  expect(existsSync(holder)).toBe(false)
})
