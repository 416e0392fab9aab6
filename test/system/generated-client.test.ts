import { type ExecFileException, execFile } from 'node:child_process'
import { copyFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { beforeAll, expect, onTestFinished, test } from 'vitest'
import { makeTestDir, removeTestDir } from '../setup/test-dir.ts'
import { getJson } from './send.ts'
import { startStack } from './stack.ts'
import { until } from './until.ts'

const top = join(import.meta.dirname, '../..')
const bin = join(top, 'node_modules/.bin')
const run = promisify(execFile)

/** What a TypeScript project of today checks; the generated code is not made for `exactOptionalPropertyTypes`. */
const compilerOptions = {
  target: 'esnext',
  module: 'nodenext',
  lib: ['esnext', 'dom'],
  types: ['node'],
  noEmit: true,
  strict: true,
  noUncheckedIndexedAccess: true,
  erasableSyntaxOnly: true,
  verbatimModuleSyntax: true,
  allowImportingTsExtensions: true,
}

let dir: string
beforeAll(async () => {
  dir = makeTestDir()
  symlinkSync(join(top, 'node_modules'), join(dir, 'node_modules'))
  copyFileSync(join(top, 'docs/client/book.ts'), join(dir, 'book.ts'))
  writeFileSync(join(dir, 'package.json'), '{ "type": "module" }')
  writeFileSync(join(dir, 'tsconfig.json'), JSON.stringify({ compilerOptions, include: ['*.ts'] }))
  await run(join(bin, 'oazapfts'), [join(top, 'openapi.json'), 'client.ts', '--argumentStyle=object'], { cwd: dir })
  return () => removeTestDir(dir)
})

test('a client generated from openapi.json compiles, and the compiler finds what the API does not have', async () => {
  await run(join(bin, 'tsc'), ['-p', dir])

  const wrong = join(dir, 'wrong.ts')
  onTestFinished(() => removeTestDir(wrong))
  writeFileSync(
    wrong,
    `import * as junban from './client.ts'
     const accepted = await junban.reserve({ campaign: 'demo', reservationRequest: { voucher: '1', choices: [] } })
     if (accepted.status === 403) console.log(accepted.data.opensAt)
     if (accepted.status === 418) console.log(accepted.data)`,
  )
  const { stdout } = await run(join(bin, 'tsc'), ['-p', dir]).then(
    () => ({ stdout: '' }),
    (err: ExecFileException) => ({ stdout: String(err.stdout) }),
  )
  expect(stdout).toMatch(/wrong\.ts\(2,.*'birthDate' is missing/)
  expect(stdout).toMatch(/wrong\.ts\(3,.*'opensAt' does not exist/)
  expect(stdout).toMatch(/wrong\.ts\(4,/)
})

test('the example of the documents books with it, reads what became of it, and tells each problem by its type', async () => {
  const stack = await startStack()
  await stack.addCampaign({ id: 'clinic', slots: { only: 1 } })
  await stack.addCampaign({
    id: 'later',
    slots: { one: 1 },
    fields: { opensAt: '2089-01-01T00:00:00Z', closesAt: '2090-01-01T00:00:00Z' },
  })
  const book = (...args: string[]) =>
    run(process.execPath, ['book.ts', ...args], {
      cwd: dir,
      env: { PATH: process.env.PATH, JUNBAN_URL: stack.apis[0]!.url },
    })
  const refusal = (...args: string[]) =>
    book(...args).then(
      () => 'not refused',
      (err: ExecFileException) => String(err.stderr),
    )

  expect(await refusal('clinic', '0000000002', '1980-02-30')).toContain('birthDate is not a day of the calendar')
  const { stdout } = await book('clinic', '0000000001', '1980-01-02')
  const reservation = JSON.parse(stdout)
  expect(reservation).toMatchObject({ campaign: 'clinic', status: 'booked', appointments: [{ slotId: 'only' }] })
  expect(await stack.read('select id, status from reservations')).toEqual([{ id: reservation.id, status: 'booked' }])

  const offered = () => getJson<{ slots: unknown[] }>(`${stack.apis[0]!.url}/v1/campaigns/clinic/slots?free=true`)
  await until('the seat is shown as taken', async () => (await offered()).slots.length === 0)
  expect(await refusal('clinic', '0000000002', '1980-02-03')).toContain('clinic has no free seat')
  expect(await refusal('later', '0000000002', '1980-02-03')).toContain('Not open: 2089-01-01T')
  expect(await refusal('nowhere', '0000000002', '1980-02-03')).toContain('There is no such campaign')
})
