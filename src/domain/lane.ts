import { z } from 'zod'

/** Who asked, and so which queue it stands in. In the order in which lanes take their turn. */
export const lanes = ['agent', 'institution', 'web'] as const

export const Lane = z.enum(lanes)
export type Lane = z.infer<typeof Lane>
