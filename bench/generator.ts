// PROCESS: the load generator. It shares the machine with what it measures.
import { closedLoop } from './load/closed-loop.ts'
import type { Load, LoadResult } from './load/load.ts'
import { openLoop } from './load/open-loop.ts'
import { requestsOf } from './load/requests.ts'
import { answerOrders } from './orders.ts'

answerOrders<Load, LoadResult>(({ port, asked, pace }) => {
  const requestAt = requestsOf(asked)
  return pace.loop === 'open' ? openLoop({ port, requestAt, ...pace }) : closedLoop({ port, requestAt, ...pace })
})
