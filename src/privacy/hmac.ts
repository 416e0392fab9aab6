import { createHmac, hash } from 'node:crypto'

const blockBytes = 64
const digestBytes = 32
/** Longer messages are rare here and go to `createHmac`, in bytes. */
const maxScratchBytes = 2_048
/** No character of a string takes more in UTF-8. */
const maxBytesPerUnit = 3

/**
 * HMAC-SHA-256 (RFC 2104) under one key, for many short messages: two one-shot hashes over memory that is used again. Intake makes three
 * for each request, and `createHmac` takes twice as long and leaves an object for the garbage collector.
 */
export function createMac(key: Buffer) {
  if (key.length > blockBytes) throw new Error('bug: a key longer than a block would have to be hashed first')
  const inner = Buffer.alloc(blockBytes + maxScratchBytes)
  const outer = Buffer.alloc(blockBytes + digestBytes)
  for (let at = 0; at < blockBytes; at += 1) {
    inner[at] = (key[at] ?? 0) ^ 0x36
    outer[at] = (key[at] ?? 0) ^ 0x5c
  }

  /** The 32 bytes, as hex or as one character for each byte. */
  return function mac(message: string | Buffer, encoding: 'hex' | 'latin1'): string {
    const isText = typeof message === 'string'
    if ((isText ? maxBytesPerUnit : 1) * message.length > maxScratchBytes)
      return createHmac('sha256', key).update(message).digest(encoding)
    const size = isText ? inner.write(message, blockBytes) : message.copy(inner, blockBytes)
    outer.write(hash('sha256', inner.subarray(0, blockBytes + size), 'latin1'), blockBytes, 'latin1')
    return hash('sha256', outer, encoding)
  }
}
export type Mac = ReturnType<typeof createMac>
