import { setTimeout as sleep } from 'node:timers/promises'
import { withClient } from '../databases.ts'
import { waitFor } from '../measure/wait-for.ts'
import { bookingText, longestHoldUp, tryToBook } from './ask-api.ts'
import { correctedAt, personAt } from './files.ts'
import type { ImportsReport } from './report.ts'
import { added, campaign, corrected, type ImportsStage, people, slots } from './stage.ts'
import { startSteadyLoad } from './steady-load.ts'

const bookingsPerSecond = 500
const warmUpMs = 3_000
const quietMs = 10_000
/** What was committed is in use long before. */
const takenOverMs = 3_000
/** What was sent last in a phase is answered by then. */
const answeredMs = 500
/** How often it is looked whether a commit can be seen, and then tried whether the API knows of it. */
const lookEveryMs = 5
const tryEveryMs = 50 // 600 refusals a minute are as many as an address may have

const slotAt = (n: number) => `slot-${(n * 7_919) % slots}`

/** A register that changes, then slots that change, while people book by a fixed schedule. */
export async function measureMeanwhile(stage: ImportsStage): Promise<Pick<ImportsReport, 'changed' | 'meanwhile'>> {
  const { tell, must, file, api, port, scope, known, databaseUrl } = stage
  const load = await scope.keep(
    () =>
      startSteadyLoad({
        port,
        perSecond: bookingsPerSecond,
        requestAt: (n) => bookingText(campaign, personAt(n), slotAt(n)),
      }),
    ({ stop }) => stop(),
  )
  const phases: ImportsReport['meanwhile'] = []
  let from = 0
  async function phase<T>(name: string, work: () => Promise<T>): Promise<T> {
    from = performance.now()
    await longestHoldUp(api)
    const answer = await work()
    const to = performance.now()
    const holdUpMs = await longestHoldUp(api)
    await sleep(answeredMs)
    phases.push({ name, ...load.phase(from, to), holdUpMs })
    return answer
  }
  const books = async (person: Parameters<typeof tryToBook>[2]) =>
    (await tryToBook(api, campaign, person, slotAt(0))) === 202

  tell('a register that changes while people book')
  await sleep(warmUpMs)
  await phase('before', () => sleep(quietMs))

  const newcomer = personAt(people + added - 1)
  const refusedBefore = !(await books(newcomer))
  const { registerVersion } = await known()
  const { eligibleAfterMs, ran } = await phase('vouchers are imported and taken over', async () => {
    const running = must('vouchers', 'import', campaign, file.changed)
    running.catch(() => {}) // thrown where it is awaited
    await withClient(databaseUrl, async (client) => {
      const isCommitted = async () =>
        Number(
          (await client.query('select register_version from campaigns where id = $1', [campaign])).rows[0]
            .register_version,
        ) > registerVersion
      await waitFor(isCommitted, 'the commit', lookEveryMs)
    })
    const committedAt = performance.now()
    await waitFor(() => books(newcomer), 'the newcomer is let in', tryEveryMs)
    const eligibleAfterMs = performance.now() - committedAt
    const ran = await running
    await sleep(takenOverMs)
    return { eligibleAfterMs, ran }
  })
  const correctedBooks = await books(correctedAt(corrected.from))
  const oldDateRefused = !(await books(personAt(corrected.from)))
  await phase('after', () => sleep(quietMs))

  tell('slots that change while people book')
  await phase('slots are imported and taken over', async () => {
    await must('slots', 'import', campaign, ...file.smartChanged)
    await sleep(takenOverMs)
  })
  await phase('after that', () => sleep(quietMs))
  await load.stop()
  const { new: added_, changed, same } = JSON.parse(ran.stdout) as Record<'new' | 'changed' | 'same', number>
  return {
    changed: {
      new: added_,
      changed,
      same,
      seconds: ran.seconds,
      peakMb: ran.peakMb,
      refusedBefore,
      eligibleAfterMs,
      correctedBooks,
      oldDateRefused,
    },
    meanwhile: phases,
  }
}
