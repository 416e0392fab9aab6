/**
 * Arrays as Postgres' binary protocol has them: `pg` sends a Buffer as binary, so a parameter declared `$1::uuid[]` takes `uuids(…)`. As
 * text each element is quoted and escaped here and read again there; 500 rows of the deciding statements are two thirds of the bytes
 * this way. Each function is named for the type of its elements, and throws a plain error
 * for what is none: a request that holds such a thing is set aside.
 */

/** A type: its object id, how many bytes a value takes, and how it is written. */
type Element<Value> = {
  oid: number
  size: (value: Value) => number
  write: (to: Buffer, value: Value, at: number, size: number) => void
}

const arrayOf =
  <Value>({ oid, size, write }: Element<Value>) =>
  (values: readonly (Value | null)[]): Buffer => {
    if (values.length === 0) return header(0, { oid, hasNull: false, length: 0 })
    const sizes = values.map((value) => (value === null ? nullSize : size(value)))
    let bytes = 0
    for (const one of sizes) bytes += 4 + Math.max(one, 0)
    const array = header(bytes, { oid, hasNull: sizes.includes(nullSize), length: values.length })
    let at = headerBytes
    for (const [index, value] of values.entries()) {
      const length = sizes[index]!
      at = array.writeInt32BE(length, at)
      if (value === null) continue
      write(array, value, at, length)
      at += length
    }
    return array
  }

/** Dimensions, flag for nulls, element type, and of the one dimension its length and first index. */
const headerBytes = 20
const nullSize = -1

/** An array's head, with so many bytes after it. An empty array has no dimension. */
function header(bytes: number, { oid, hasNull, length }: { oid: number; hasNull: boolean; length: number }): Buffer {
  const array = Buffer.allocUnsafe(length > 0 ? headerBytes + bytes : 12)
  array.writeInt32BE(length > 0 ? 1 : 0, 0)
  array.writeInt32BE(hasNull ? 1 : 0, 4)
  array.writeUInt32BE(oid, 8)
  if (length > 0) array.writeInt32BE(1, array.writeInt32BE(length, 12))
  return array
}

export const bools = arrayOf<boolean>({
  oid: 16,
  size: () => 1,
  write: (to, value, at) => to.writeUInt8(value ? 1 : 0, at),
})

export const int2s = arrayOf<number>({
  oid: 21,
  size: () => 2,
  write: (to, value, at) => to.writeInt16BE(within(2 ** 15, value), at),
})

export const int4s = arrayOf<number>({
  oid: 23,
  size: () => 4,
  write: (to, value, at) => to.writeInt32BE(within(2 ** 31, value), at),
})

export const int8s = arrayOf<number>({ oid: 20, size: () => 8, write: writeInt8 })

/** Of instants in epoch ms. */
export const timestamptzs = arrayOf<number>({
  oid: 1184,
  size: () => 8,
  write: (to, value, at) => writeInt8(to, (value - postgresEpochMs) * 1_000, at),
})

export const texts = arrayOf<string>({
  oid: 25,
  size: (value) => Buffer.byteLength(value),
  write: (to, value, at, size) => to.write(value, at, size),
})

export const uuids = arrayOf<string>({ oid: 2950, size: () => 16, write: writeUuid })

/** Of bytes written in base64, and in hex. */
export const base64s = bytesIn('base64')
export const hexes = bytesIn('hex')

/** Where Postgres counts its microseconds from. */
const postgresEpochMs = Date.UTC(2000, 0, 1)

/** In two halves: all numbers of ours are safe integers, and a BigInt for each would be garbage. */
function writeInt8(to: Buffer, value: number, at: number) {
  to.writeInt32BE(Math.floor(within(2 ** 53, value) / 2 ** 32), at)
  to.writeUInt32BE(value >>> 0, at + 4)
}

/** An error without a code: Buffer's own, `ERR_OUT_OF_RANGE`, would look like one of the connection. */
function within(limit: number, value: number): number {
  if (!Number.isSafeInteger(value) || value < -limit || value >= limit) throw new RangeError(`out of range: ${value}`)
  return value
}

/** Two hex digits at a time, with no string in between. */
function writeUuid(to: Buffer, value: string, at: number) {
  let valid = value.length === 36 ? 0 : -1
  let from = 0
  for (let place = 0; place < 16; place += 1) {
    if (place === 4 || place === 6 || place === 8 || place === 10) {
      if (value[from] !== '-') valid = -1
      from += 1
    }
    const byte = (digitOf(value, from) << 4) | digitOf(value, from + 1)
    valid |= byte
    to[at + place] = byte
    from += 2
  }
  if (valid < 0) throw new TypeError('not a uuid')
}

/** By character code: the value of a hex digit; -1 for all others. */
const digits = Int8Array.from({ length: 128 }, (_, code) => {
  const digit = Number.parseInt(String.fromCharCode(code), 16)
  return Number.isNaN(digit) ? -1 : digit
})
const digitOf = (text: string, at: number) => digits[text.charCodeAt(at)] ?? -1

function bytesIn(encoding: 'base64' | 'hex') {
  return arrayOf<string>({
    oid: 17,
    size: (value) => Buffer.byteLength(value, encoding),
    write: (to, value, at, size) => {
      // Buffer stops, or goes on, where it meets what is no digit.
      if (to.write(value, at, size, encoding) !== size || (encoding === 'hex' && value.length % 2 !== 0))
        throw new TypeError(`not ${encoding}`)
    },
  })
}
