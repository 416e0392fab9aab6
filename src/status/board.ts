import type { Lane } from '../domain/lane.ts'
import type { Beat } from '../postgres/pulse.ts'

/** The rate is measured over this long. */
const rateWindowMs = 10_000

/** What hangs over the counter: how far each lane has been accepted and served. `asOf` in epoch ms. */
export type Progress = {
  acceptedNumber: number
  servingNumber: number
  decidedPerSecond: number
  paused: boolean
  intakePaused: boolean
  asOf: number
}

/** How long somebody waits: people ahead, and when half and nine tenths of such waits have ended; null when nobody can know. */
export type Wait = { ahead: number; p50Seconds: number | null; p90Seconds: number | null }

/** Of all campaigns and lanes at one moment of the database's clock, in epoch ms. */
export type Beats = { at: number; beats: Beat[] }

type Sample = { at: number; servingNumber: number }

/** "Now serving", of every campaign and lane, as of the last pulse. */
export function createBoard() {
  const progress = new Map<string, Progress>()
  const samples = new Map<string, Sample[]>()
  let last: Beats = { at: 0, beats: [] }

  function update(now: number, beats: Beat[]) {
    last = { at: now, beats }
    for (const { campaign, lane, acceptedNumber, servingNumber, paused, intakePaused } of beats) {
      const key = `${campaign} ${lane}`
      const kept = (samples.get(key) ?? []).filter(({ at }) => at > now - rateWindowMs)
      kept.push({ at: now, servingNumber })
      samples.set(key, kept)
      const first = kept[0]!
      const seconds = (now - first.at) / 1_000
      const decidedPerSecond = seconds > 0 ? Math.round((servingNumber - first.servingNumber) / seconds) : 0
      progress.set(key, { acceptedNumber, servingNumber, decidedPerSecond, paused, intakePaused, asOf: now })
    }
  }

  const read = (campaign: string, lane: Lane): Progress | undefined => progress.get(`${campaign} ${lane}`)

  /** The wait of a queue number; of a number not yet known, the wait behind all that were accepted. */
  function wait(campaign: string, lane: Lane, queueNumber: number | null): Wait {
    const now = read(campaign, lane)
    const number = queueNumber ?? (now ? now.acceptedNumber + 1 : 1)
    const ahead = Math.max(0, number - 1 - (now?.servingNumber ?? 0))
    if (ahead === 0) return { ahead, p50Seconds: 1, p90Seconds: 2 }
    const rate = now?.decidedPerSecond ?? 0
    if (rate <= 0 || now?.paused) return { ahead, p50Seconds: null, p90Seconds: null }
    // A rate measured over ten seconds halves now and then: the slow tenth is given half of it.
    return { ahead, p50Seconds: Math.ceil(ahead / rate), p90Seconds: Math.ceil((2 * ahead) / rate) }
  }

  const sum = (count: (lane: Progress) => number) =>
    [...progress.values()].reduce((total, lane) => total + count(lane), 0)

  return {
    update,
    /** What was last taken in. */
    last: () => last,
    read,
    wait,
    /** Requests that wait, and requests that were served, in all lanes. */
    waiting: () => sum(({ acceptedNumber, servingNumber }) => acceptedNumber - servingNumber),
    served: () => sum(({ servingNumber }) => servingNumber),
  }
}
export type Board = ReturnType<typeof createBoard>
