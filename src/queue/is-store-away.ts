import { isTransient } from '../postgres/errors.ts'
import { LateAnswer } from './bounded.ts'
import { StoreAway } from './breaker.ts'

/** Whether what failed is a store that cannot be asked right now, and not what was asked of it. */
export const isStoreAway = (err: unknown) => err instanceof StoreAway || err instanceof LateAnswer || isTransient(err)
