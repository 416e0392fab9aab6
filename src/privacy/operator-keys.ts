import { createHash, randomBytes } from 'node:crypto'

const form = /^junban_[A-Za-z0-9_-]{43}$/

/** A new operator key: 32 random bytes behind a prefix by which secret scanners and people know it. Shown once. */
export const makeOperatorKey = () => `junban_${randomBytes(32).toString('base64url')}`

export const looksLikeOperatorKey = (token: string) => form.test(token)

/** What Postgres keeps. The key is as random as its hash, so a plain hash hides it. */
export const hashOperatorKey = (key: string) => createHash('sha256').update(key).digest()
