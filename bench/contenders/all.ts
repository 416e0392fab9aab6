import type { Contender } from './contender.ts'
import { echo } from './echo.ts'
import { jobPerRequest } from './job-per-request.ts'
import { junbanBoth, junbanLog } from './junban.ts'
import { rawLimit } from './raw-limit.ts'
import { register } from './register.ts'
import { synchronous } from './synchronous.ts'

/** In the order in which each round measures them: ours beside what it is compared with. */
export const contenders: Contender[] = [synchronous, jobPerRequest, echo, junbanBoth, rawLimit, junbanLog, register]
