import type { SeenStatus } from '../ask-api.ts'
import { fitLine, formatTable } from './format-table.ts'
import type { MovingLane } from './queue-rates.ts'

export type QueueFrame = {
  /** The clock on the wall, as 14:03:07. */
  time: string
  /** Null when no API is known, or it does not answer. */
  status: SeenStatus | null
  lanes: MovingLane[]
  /** Why the lanes are older than the time. */
  failure: string | null
}

type Column = { heading: string; cell: (lane: MovingLane) => string | number }

const perSecond = (rate: number | null) => (rate === null ? '' : Math.round(rate))

const columns: Record<string, Column> = {
  campaign: { heading: 'campaign', cell: ({ campaign }) => campaign },
  lane: { heading: 'lane', cell: ({ lane }) => lane },
  waiting: { heading: 'waiting', cell: ({ waiting }) => waiting },
  oldest: {
    heading: 'oldest, s',
    cell: ({ oldestBatchAgeSeconds }) => (oldestBatchAgeSeconds === null ? '' : Math.round(oldestBatchAgeSeconds)),
  },
  accepted: { heading: 'accepted/s', cell: ({ acceptedPerSecond }) => perSecond(acceptedPerSecond) },
  decided: { heading: 'decided/s', cell: ({ decidedPerSecond }) => perSecond(decidedPerSecond) },
  empty: { heading: 'empty in', cell: emptyIn },
  aside: { heading: 'set aside', cell: ({ setAside }) => setAside },
  paused: { heading: 'paused', cell: pausedOf },
}
/** What a narrow terminal does without, first to last. */
const dispensable = ['aside', 'oldest', 'accepted', 'paused', 'empty', 'lane']

/** The queues as lines of a terminal of this size: columns and lanes that do not fit are left out, and said to be. */
export function renderQueue(frame: QueueFrame, size: { columns: number; rows: number }): string[] {
  const head = [headline(frame), ...(frame.status?.announcement ? [`announced: ${frame.status.announcement.ja}`] : [])]
  const room = Math.max(1, size.rows - head.length - 3)
  const busy = frame.lanes.length > room ? frame.lanes.filter(isBusy) : frame.lanes
  const shown = busy.slice(0, room)
  const hidden = frame.lanes.length - shown.length
  const table = frame.lanes.length === 0 ? ['no campaigns yet'] : fitTable(shown, size.columns)
  const rest = hidden > 0 ? [`… and ${hidden} more ${busy.length === shown.length ? 'lanes, all quiet' : 'lanes'}`] : []
  return [...head, '', ...table, ...rest].slice(0, size.rows).map((line) => fitLine(line, size.columns))
}

function headline({ time, status, failure }: QueueFrame): string {
  const said = status
    ? [
        `rung ${status.rung}`,
        `intake ${status.intake}`,
        ...(status.spooledBatches > 0 ? [`${status.spooledBatches} spooled`] : []),
      ]
    : []
  return [time, ...said, ...(failure ? [failure] : [])].join('  ')
}

/** The widest table that fits. */
function fitTable(lanes: MovingLane[], width: number): string[] {
  for (let without = 0; ; without += 1) {
    const left = Object.keys(columns).filter((name) => !dispensable.slice(0, without).includes(name))
    const kept = left.map((name) => columns[name]!)
    const rows = lanes.map((lane) => kept.map(({ cell }) => cell(lane)))
    const lines = formatTable([kept.map(({ heading }) => heading), ...rows]).split('\n')
    if (without === dispensable.length || lines.every((line) => fitLine(line, width) === line)) return lines
  }
}

const isBusy = ({ waiting, setAside, acceptedPerSecond, decidedPerSecond }: MovingLane) =>
  waiting > 0 || setAside > 0 || Boolean(acceptedPerSecond) || Boolean(decidedPerSecond)

function emptyIn({ waiting, decidedPerSecond, emptyInSeconds }: MovingLane): string {
  if (waiting === 0 || decidedPerSecond === null) return ''
  if (emptyInSeconds === null) return decidedPerSecond > 0 ? 'grows' : 'stands'
  return emptyInSeconds < 120 ? `${emptyInSeconds} s` : `${Math.ceil(emptyInSeconds / 60)} min`
}

function pausedOf({ intakePaused, allocationPaused }: MovingLane): string {
  if (intakePaused && allocationPaused) return 'both'
  return intakePaused ? 'intake' : allocationPaused ? 'allocation' : ''
}
