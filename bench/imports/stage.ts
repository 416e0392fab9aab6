import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { withClient } from '../databases.ts'
import type { Stage } from '../stage.ts'
import { badRowOf, correctedAt, personAt, rowOf, writeRegister, writeSmartFiles } from './files.ts'
import { type Ran, runJunban } from './run-junban.ts'

export const campaign = 'imports'
export const people = 600_000
export const slots = 100_000
const badEvery = 600
export const isBad = (n: number) => n % badEvery === badEvery - 1
/** Whose birth date the second file corrects: none of those who book meanwhile, for that would be refused. */
export const corrected = { from: 500_000, count: 10_000 }
const isCorrected = (n: number) => corrected.from <= n && n < corrected.from + corrected.count
/** People whom only the second file has. */
export const added = 50_000
const capacity = 100

export type Known = { registerVersion: number; vouchers: number }
export type ImportsStage = Awaited<ReturnType<typeof setImportsStage>>

/** The files, an empty campaign, and what looks at both. */
export async function setImportsStage(stage: Stage, dir: string) {
  const fileOf = (name: string) => join(dir, name)
  const tell = (line: string) => process.stderr.write(`${Math.round(performance.now() / 1_000)} s: ${line}\n`)
  tell('writing the files')
  const file = {
    campaign: fileOf('campaign.json'),
    tenth: fileOf('tenth.csv'),
    register: fileOf('register.csv'),
    bad: fileOf('bad.csv'),
    changed: fileOf('changed.csv'),
  }
  writeFileSync(
    file.campaign,
    JSON.stringify({
      id: campaign,
      name: { en: 'Imports' },
      timeZone: 'Asia/Tokyo',
      opensAt: '2021-01-01T00:00:00+09:00',
      closesAt: '2099-12-31T00:00:00+09:00',
    }),
  )
  await writeRegister(file.tenth, people / 10, (n) => rowOf(personAt(n)))
  await writeRegister(file.register, people, (n) => rowOf(personAt(n)))
  await writeRegister(file.bad, people, (n) => (isBad(n) ? badRowOf(n) : rowOf(personAt(n))))
  await writeRegister(file.changed, people + added, (n) => rowOf(isCorrected(n) ? correctedAt(n) : personAt(n)))
  const smart = await writeSmartFiles(fileOf('first'), slots, capacity)
  const smartChanged = await writeSmartFiles(fileOf('second'), slots, 2 * capacity)

  const junban = (...args: string[]) => runJunban(args, stage.env)
  /** The same, where it has to go well; throws with what it said. */
  async function must(...args: string[]): Promise<Ran> {
    const ran = await junban(...args)
    if (ran.code !== 0) throw new Error(`junban ${args.join(' ')}: ${ran.stderr}`)
    return ran
  }
  await must('campaign', 'create', file.campaign)
  return {
    ...stage,
    tell,
    junban,
    must,
    file: { ...file, smart, smartChanged },
    api: `http://127.0.0.1:${stage.port}`,
    /** What the database has of the campaign's register. */
    known: () =>
      withClient(stage.databaseUrl, async (client) => {
        const { rows } = await client.query<Known>(
          `select register_version::int as "registerVersion",
                  (select count(*)::int from vouchers where campaign_id = $1) as vouchers
             from campaigns where id = $1`,
          [campaign],
        )
        return rows[0]!
      }),
  }
}
