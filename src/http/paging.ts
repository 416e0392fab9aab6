import { z } from 'zod'
import { Problem } from '../errors.ts'

const defaultLimit = 100
/** Most items of one page: about 150 kB of slots. */
const maxLimit = 1_000

export const Paging = z.object({
  limit: z.coerce.number('is not a number').int().min(1).max(maxLimit).default(defaultLimit),
  after: z
    .string()
    .max(200)
    .optional()
    .meta({ description: 'The `next` of the page before.', examples: ['minato'] }),
})

/**
 * A page of what is wanted of a list, after the item whose key is `after`: its place is found in the whole list, so that a page
 * follows the last one though what is wanted has changed since. `next` is null on the last page.
 */
export function page<T>(
  list: Iterable<T>,
  key: (item: T) => string,
  { limit, after }: z.infer<typeof Paging>,
  isWanted: (item: T) => boolean = () => true,
): { items: T[]; next: string | null } {
  const items: T[] = []
  let started = after === undefined
  for (const item of list) {
    if (started && isWanted(item)) {
      if (items.length === limit) return { items, next: key(items.at(-1)!) }
      items.push(item)
    }
    started ||= key(item) === after
  }
  if (started) return { items, next: null }
  throw new Problem('invalid-request', 'The page does not follow one of this list.', {
    errors: [{ path: 'querystring.after', message: 'is not the `next` of a page of this list' }],
  })
}
