import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod'
import { type AnnouncementRoutes, announcementRoutes } from './announcement-routes.ts'
import { type CallerRoutes, callerRoutes } from './caller-routes.ts'
import { type ImportRoutes, importRoutes } from './import-routes.ts'
import { type PauseRoutes, pauseRoutes } from './pause-routes.ts'
import { type QueueRoutes, queueRoutes } from './queue-routes.ts'
import { type SetAsideRoutes, setAsideRoutes } from './set-aside-routes.ts'
import { type SlotChangeRoutes, slotChangeRoutes } from './slot-change-routes.ts'

export type OperatorRoutes = QueueRoutes &
  AnnouncementRoutes &
  PauseRoutes &
  SetAsideRoutes &
  ImportRoutes &
  CallerRoutes &
  SlotChangeRoutes

/** All that operators may do over HTTP. Each route names its role. */
export const operatorRoutes: FastifyPluginAsyncZod<OperatorRoutes> = async (app, options) => {
  await app.register(queueRoutes, options)
  await app.register(announcementRoutes, options)
  await app.register(pauseRoutes, options)
  await app.register(setAsideRoutes, options)
  await app.register(callerRoutes, options)
  await app.register(importRoutes, options)
  await app.register(slotChangeRoutes, options)
}
