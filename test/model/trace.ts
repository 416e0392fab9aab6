import { type Batch, listOf, nameOf, type Row } from './batches.ts'

/** The steps of one way through a model, with what the log and the spool hold after each. */
export type Trace = { who: string; batch: Batch; what: string; log: Row; spool: Row }[]

/** A step per line, for people. */
export function formatTrace(trace: Trace, broken: string): string {
  const lines = trace.map(({ who, batch, what, log, spool }, at) => {
    const step = `${String(at + 1).padStart(2)} ${who.padEnd(9)} ${batch < 0 ? ' ' : nameOf(batch)}  ${what}`
    return `${step.padEnd(80)} log ${formatRow(log).padEnd(4)} spool ${formatRow(spool)}`.trimEnd()
  })
  return [...lines, `   broken: ${broken}`].join('\n')
}

const formatRow = (row: Row) => listOf(row).map(nameOf).join('') || '-'
