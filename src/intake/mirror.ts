import type { Redis } from 'ioredis'
import { z } from 'zod'
import type { Logger } from '../logger.ts'
import type { CampaignRecord } from '../postgres/catalogue.ts'
import type { Announcements, CurrentAnnouncement } from '../status/announcements.ts'
import type { Beats, Board } from '../status/board.ts'
import type { Catalogue } from '../status/catalogue.ts'
import type { Registers } from './registers.ts'

/** How often the copy is compared with what is in memory: after a wiped Redis it is whole again by then. */
const compareEveryMs = 5_000
/** What changes from second to second is copied this often: a pause must not be forgotten. */
const copyStateEveryMs = 1_000

const campaignsKey = 'junban:mirror:campaigns'
const registersKey = 'junban:mirror:registers'
const versionsKey = 'junban:mirror:versions'
const stateKey = 'junban:mirror:state'

/** The versions of one campaign's copy. */
const Versions = z.object({ catalogue: z.number(), register: z.number() })

/** How far the lanes are, what operators have paused, and what they announce: as of a moment of the database's clock. */
type State = Beats & { announcement: CurrentAnnouncement | null }

/**
 * A copy of campaigns, registers and what operators have set in Redis, for an API that starts while Postgres is away. Registers are keyed hashes, data keys are
 * wrapped: nothing personal is in it.
 */
export function createMirror({
  redis,
  ask,
  catalogue,
  registers,
  board,
  announcements,
  log,
}: {
  redis: Redis
  ask: <T>(work: () => Promise<T>) => Promise<T>
  catalogue: Catalogue
  registers: Registers
  board: Board
  announcements: Announcements
  log: Logger
}) {
  /** Writes what is newer in memory than in the copy, and drops what is gone. */
  async function save() {
    const records = catalogue.records()
    // Nothing read from Postgres yet: the copy knows more than we do.
    if (records.length === 0) return
    const saved = await ask(() => redis.hgetall(versionsKey))
    for (const record of records) {
      const register = registers.packed(record.id)
      const versions = { catalogue: record.catalogueVersion, register: register?.version ?? 0 }
      const known = Versions.safeParse(JSON.parse(saved[record.id] ?? 'null'))
      const copied = known.success ? known.data : { catalogue: 0, register: 0 }
      const isNewer = {
        catalogue: versions.catalogue > copied.catalogue,
        register: versions.register > copied.register,
      }
      if (!isNewer.catalogue && !isNewer.register) continue
      if (isNewer.catalogue) await redis.hset(campaignsKey, record.id, await toJson(record))
      if (isNewer.register && register) await redis.hset(registersKey, record.id, register.packed)
      const now = {
        catalogue: Math.max(versions.catalogue, copied.catalogue),
        register: Math.max(versions.register, copied.register),
      }
      await redis.hset(versionsKey, record.id, JSON.stringify(now))
    }
    const gone = Object.keys(saved).filter((id) => !records.some((record) => record.id === id))
    for (const id of gone) for (const key of [versionsKey, campaignsKey, registersKey]) await redis.hdel(key, id)
  }

  /** Writes what has changed since it was copied, unless somebody else has copied what is newer. */
  async function saveState() {
    const state: State = { ...board.last(), announcement: announcements.current() }
    if (state.beats.length === 0) return
    const known = parseState(await ask(() => redis.get(stateKey)))
    if (known && (known.at >= state.at || isSame(known, state))) return
    await redis.set(stateKey, JSON.stringify(state))
  }

  const every = (ms: number, work: () => Promise<void>) =>
    setInterval(() => work().catch((err) => log.debug({ err }, 'mirror not written')), ms)
  const timers = [every(compareEveryMs, save), every(copyStateEveryMs, saveState)]

  return {
    /** Takes over the copy. False when there is none. Throws when Redis cannot be asked. */
    async restore(): Promise<boolean> {
      const [campaigns, versions, text] = await ask(() =>
        Promise.all([redis.hgetall(campaignsKey), redis.hgetall(versionsKey), redis.get(stateKey)]),
      )
      const state = parseState(text)
      if (state) {
        board.update(state.at, state.beats)
        announcements.restore(state.announcement)
      }
      for (const [id, text] of Object.entries(campaigns)) {
        const { register } = Versions.parse(JSON.parse(versions[id] ?? '{"catalogue":0,"register":0}'))
        const packed = await redis.hgetBuffer(registersKey, id)
        if (packed) registers.restore(id, register, packed)
        // Our own writing, read back: its form is that of this version or an older one.
        await catalogue.restore(JSON.parse(text) as CampaignRecord)
      }
      const count = Object.keys(campaigns).length
      if (count > 0) log.warn({ campaigns: count }, 'postgres is away: campaigns and registers taken from redis')
      return count > 0
    },
    close: () => {
      for (const timer of timers) clearInterval(timer)
    },
  }
}

// Our own writing, read back.
const parseState = (text: string | null) => (text === null ? null : (JSON.parse(text) as State))
const isSame = (one: State, other: State) => JSON.stringify({ ...one, at: 0 }) === JSON.stringify({ ...other, at: 0 })

/** Slots that are written at once before other work gets its turn: 100,000 in one go held up the event loop for 100 ms. */
const slotsAtOnce = 2_000

/** A campaign as JSON. */
async function toJson({ slots, ...rest }: CampaignRecord): Promise<string> {
  const pieces: string[] = []
  for (let at = 0; at < slots.length; at += slotsAtOnce) {
    pieces.push(JSON.stringify(slots.slice(at, at + slotsAtOnce)).slice(1, -1))
    await new Promise((resolve) => setImmediate(resolve))
  }
  return `${JSON.stringify(rest).slice(0, -1)},"slots":[${pieces.join(',')}]}`
}
