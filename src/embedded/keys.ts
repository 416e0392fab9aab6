import { randomBytes } from 'node:crypto'
import { closeSync, fsyncSync, linkSync, mkdirSync, openSync, rmSync, writeSync } from 'node:fs'
import { dirname } from 'node:path'
import { keyFile } from '../config.ts'

export const keyNames = ['JUNBAN_RECEIPT_KEYS', 'JUNBAN_MASTER_KEYS', 'JUNBAN_VOUCHER_KEY'] as const
export type KeyName = (typeof keyNames)[number]

/** A new value for each of the three key variables: `k1:` and 32 random bytes in base64url. */
export function generateKeys(): Record<KeyName, string> {
  const key = () => `k1:${randomBytes(32).toString('base64url')}`
  return { JUNBAN_RECEIPT_KEYS: key(), JUNBAN_MASTER_KEYS: key(), JUNBAN_VOUCHER_KEY: key() }
}

/** Makes DATA_DIR/keys.env once. Never overwrites: without the old keys nothing that was sealed can be opened. Says whether it made it. */
export function ensureKeyFile(dataDir: string): boolean {
  const file = keyFile(dataDir)
  mkdirSync(dirname(file), { recursive: true })
  // Complete and on disk under another name first: `link` fails when the name is taken, so two starts cannot both win.
  const draft = `${file}.${process.pid}`
  rmSync(draft, { force: true })
  const descriptor = openSync(draft, 'wx', 0o600)
  try {
    const lines = Object.entries(generateKeys()).map(([name, value]) => `${name}=${value}\n`)
    writeSync(descriptor, lines.join(''))
    fsyncSync(descriptor)
    linkSync(draft, file)
    return true
  } catch (err) {
    if ((err as NodeJS.ErrnoException).code === 'EEXIST') return false
    throw err
  } finally {
    closeSync(descriptor)
    rmSync(draft, { force: true })
  }
}
