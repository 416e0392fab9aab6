// PROCESS: the load generator. It shares the machine with what it measures.
import { closedLoop } from './load/closed-loop.ts'
import type { Load, LoadResult, Pace } from './load/load.ts'
import { openLoop } from './load/open-loop.ts'
import { requestsOf } from './load/requests.ts'
import { answerOrders } from './orders.ts'

/** More than anything here is answered with. */
const mostPerSecond = 30_000

answerOrders<Load, LoadResult>(({ port, asked, pace }) => {
  const requestAt = requestsOf(asked, mostOf(pace))
  return pace.loop === 'open' ? openLoop({ port, requestAt, ...pace }) : closedLoop({ port, requestAt, ...pace })
})

/** How many requests a load can come to. */
function mostOf(pace: Pace): number {
  if ('requests' in pace) return pace.requests
  return Math.ceil(pace.seconds * ('perSecond' in pace ? pace.perSecond : mostPerSecond))
}
