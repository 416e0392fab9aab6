/**
 * Arrays as Postgres' binary protocol has them: `pg` sends a Buffer as binary, so a parameter declared `$1::uuid[]` takes `uuids(…)`. As
 * text each element is quoted and escaped here and read again there; 500 rows of the deciding statements are two thirds of the bytes
 * this way. Each function is named for the type of its elements, and throws a plain error
 * for what is none: a request that holds such a thing is set aside.
 *
 * A transaction has some twenty of them, of hundreds of short values each: those are written here, byte by byte, for each call of
 * Buffer's costs more than what it writes.
 */

/** A type: its object id, the most bytes that a value can take, and how one is written: `write` returns how many it took. */
type Element<Value> = {
  oid: number
  most: (value: Value) => number
  write: (to: Buffer, value: Value, at: number) => number
}

/** Dimensions, flag for nulls, element type, and of the one dimension its length and first index. */
const headerBytes = 20
/** An empty array has no dimension. */
const emptyBytes = 12
const lengthBytes = 4
const nullLength = -1

const arrayOf =
  <Value>({ oid, most, write }: Element<Value>) =>
  (values: readonly (Value | null)[]): Buffer => {
    let room = headerBytes
    for (const value of values) room += lengthBytes + (value === null ? 0 : most(value))
    const array = Buffer.allocUnsafe(room)
    let hasNull = false
    let at = headerBytes
    for (const value of values) {
      if (value === null) {
        hasNull = true
        writeInt4(array, nullLength, at)
        at += lengthBytes
      } else {
        const length = write(array, value, at + lengthBytes)
        writeInt4(array, length, at)
        at += lengthBytes + length
      }
    }
    const isEmpty = values.length === 0
    writeInt4(array, isEmpty ? 0 : 1, 0)
    writeInt4(array, hasNull ? 1 : 0, 4)
    writeInt4(array, oid, 8)
    writeInt4(array, values.length, 12)
    writeInt4(array, 1, 16)
    return array.subarray(0, isEmpty ? emptyBytes : at)
  }

const fixed = <Value>(
  oid: number,
  size: number,
  write: (to: Buffer, value: Value, at: number) => unknown,
): Element<Value> => ({
  oid,
  most: () => size,
  write: (to, value, at) => {
    write(to, value, at)
    return size
  },
})

export const int4s = arrayOf<number>(fixed(23, 4, (to, value, at) => writeInt4(to, within(2 ** 31, value), at)))
export const int8s = arrayOf<number>(fixed(20, 8, writeInt8))
/** Of instants in epoch ms. */
export const timestamptzs = arrayOf<number>(
  fixed(1184, 8, (to, value, at) => writeInt8(to, (value - postgresEpochMs) * 1_000, at)),
)
export const uuids = remembering(arrayOf<string>(fixed(2950, 16, writeUuid)))
export const texts = arrayOf<string>({ oid: 25, most: ({ length }) => 3 * length, write: writeText })
/** Of bytes written in hex, and in base64. */
export const hexes = arrayOf<string>({ oid: 17, most: ({ length }) => length / 2, write: writeHex })
export const base64s = arrayOf<string>({
  oid: 17,
  most: (value) => Buffer.byteLength(value, 'base64'),
  write: writeBase64,
})

/** One transaction writes the same ids up to four times: the last array is given again. */
function remembering<Value>(encode: (values: readonly (Value | null)[]) => Buffer) {
  let last: readonly (Value | null)[] = []
  let array = encode(last)
  return (values: readonly (Value | null)[]): Buffer => {
    if (values.length === last.length && values.every((value, at) => value === last[at])) return array
    array = encode(values)
    last = [...values]
    return array
  }
}

/** Where Postgres counts its microseconds from. */
const postgresEpochMs = Date.UTC(2000, 0, 1)

function writeInt4(to: Buffer, value: number, at: number) {
  to[at] = value >>> 24
  to[at + 1] = value >>> 16
  to[at + 2] = value >>> 8
  to[at + 3] = value
}

/** In two halves: all numbers of ours are safe integers, and a BigInt for each would be garbage. */
function writeInt8(to: Buffer, value: number, at: number) {
  writeInt4(to, Math.floor(within(2 ** 53, value) / 2 ** 32), at)
  writeInt4(to, value >>> 0, at + 4)
}

/** An error without a code: Buffer's own, `ERR_OUT_OF_RANGE`, would look like one of the connection. */
function within(limit: number, value: number): number {
  if (!Number.isSafeInteger(value) || value < -limit || value >= limit) throw new RangeError(`out of range: ${value}`)
  return value
}

const firstBeyondAscii = 0x80

function writeText(to: Buffer, value: string, at: number): number {
  for (let place = 0; place < value.length; place += 1) {
    const code = value.charCodeAt(place)
    if (code >= firstBeyondAscii) return to.write(value, at)
    to[at + place] = code
  }
  return value.length
}

/** By character code: the value of a hex digit; of all others a number that shows in whatever it is made part of. */
const digits = Int16Array.from({ length: firstBeyondAscii }, (_, code) => {
  const digit = Number.parseInt(String.fromCharCode(code), 16)
  return Number.isNaN(digit) ? -1 : digit
})
/** Two hex digits; less than none if one of them is none. */
function byteAt(text: string, at: number): number {
  const high = text.charCodeAt(at)
  const low = text.charCodeAt(at + 1)
  return (high | low) < firstBeyondAscii ? (digits[high]! << 4) | digits[low]! : -1
}

const dash = 0x2d

function writeUuid(to: Buffer, value: string, at: number) {
  let valid = value.length === 36 ? 0 : -1
  let from = 0
  for (let place = 0; place < 16; place += 1) {
    if (place === 4 || place === 6 || place === 8 || place === 10) {
      if (value.charCodeAt(from) !== dash) valid = -1
      from += 1
    }
    const byte = byteAt(value, from)
    valid |= byte
    to[at + place] = byte
    from += 2
  }
  if (valid < 0) throw new TypeError('not a uuid')
}

function writeHex(to: Buffer, value: string, at: number): number {
  let valid = value.length % 2 === 0 ? 0 : -1
  const length = value.length >> 1
  for (let place = 0; place < length; place += 1) {
    const byte = byteAt(value, 2 * place)
    valid |= byte
    to[at + place] = byte
  }
  if (valid < 0) throw new TypeError('not hex')
  return length
}

/** Buffer stops, or goes on, where it meets what is no digit. */
function writeBase64(to: Buffer, value: string, at: number): number {
  const length = to.write(value, at, 'base64')
  if (length !== Buffer.byteLength(value, 'base64')) throw new TypeError('not base64')
  return length
}
