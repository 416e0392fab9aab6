/** Most batches in one search: a set of them is 4 bits, a row of them 16. */
export const mostBatches = 4

/** A batch is its place in the order of closing: 0 is A. */
export type Batch = number
/** A set of batches, one bit each. */
export type Batches = number
/** Batches in an order, four bits each, the head lowest. */
export type Row = number

export const nameOf = (batch: Batch) => 'ABCD'[batch] ?? '?'

export const only = (batch: Batch): Batches => 1 << batch
export const has = (set: Batches, batch: Batch) => ((set >> batch) & 1) === 1

const lengths = new Uint8Array(1 << (4 * mostBatches))
const sets = new Uint8Array(1 << (4 * mostBatches))
for (let row = 1; row < lengths.length; row += 1) {
  const batch = (row & 15) - 1
  lengths[row] = lengths[row >>> 4]! + 1
  sets[row] = sets[row >>> 4]! | (batch >= 0 && batch < mostBatches ? only(batch) : 0)
}

export const lengthOf = (row: Row): number => lengths[row]!
export const setOf = (row: Row): Batches => sets[row]!
/** The first in a row; -1 when it is empty. */
export const headOf = (row: Row): Batch => (row & 15) - 1
export const withoutHead = (row: Row): Row => row >>> 4
export const withoutLast = (row: Row): Row => row & ((1 << (4 * (lengthOf(row) - 1))) - 1)
export const withLast = (row: Row, batch: Batch): Row => row | ((batch + 1) << (4 * lengthOf(row)))

/** The same batches in the order of their closing. */
export function sorted(row: Row): Row {
  let ordered = 0
  for (let batch = 0; batch < mostBatches; batch += 1) if (has(setOf(row), batch)) ordered = withLast(ordered, batch)
  return ordered
}

export function listOf(row: Row): Batch[] {
  return row === 0 ? [] : [headOf(row), ...listOf(withoutHead(row))]
}
