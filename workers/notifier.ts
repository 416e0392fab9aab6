import closeWithGrace from 'close-with-grace'
import { loadConfig, loadNotifierConfig, loadNotifierKeys } from '#src/config.ts'
import { leaveWithParent } from '#src/embedded/leave-with-parent.ts'
import { createHeartbeat } from '#src/heartbeat.ts'
import { createLogger } from '#src/logger.ts'
import { createAnswerRecoveries } from '#src/notifications/answer-recoveries.ts'
import { keepNotifying } from '#src/notifications/keep-notifying.ts'
import { createNotifyDue } from '#src/notifications/notify-due.ts'
import { openChannels } from '#src/notifications/open-channels.ts'
import { orExit } from '#src/or-exit.ts'
import { createPool } from '#src/postgres/pool.ts'
import { createReceipts } from '#src/privacy/receipts.ts'

/** A stop waits this long for those who are being told: longer than the slowest try. */
const shutdownMs = 40_000

/** A turn tells a few at once, and the slowest try takes half of a minute. */
const turnWithinMs = 2 * 60_000

const { config, notifier, keys } = orExit(() => ({
  config: loadConfig(),
  notifier: loadNotifierConfig(),
  keys: loadNotifierKeys(),
}))
const log = createLogger(config.logLevel, 'notifier')
const channels = openChannels(notifier)
const pool = createPool({ url: config.databaseUrl, role: 'junban_notifier', name: 'notifier', log })

// Nothing to tell by: stays, so that whoever watches processes does not start it again and again, and touches nothing.
const beat = createHeartbeat(config.heartbeatFile, log)
const turned = () => beat(turnWithinMs)
const notifying =
  channels.length > 0
    ? keepNotifying({
        notifyDue: createNotifyDue({
          pool,
          masterKeys: keys.master,
          receipts: createReceipts(keys.receipt),
          channels,
          log,
        }),
        answerRecoveries: createAnswerRecoveries({ pool, masterKeys: keys.master, log }),
        turned,
        log,
      })
    : null
const idle = notifying ? null : setInterval(turned, turnWithinMs / 4)
turned()

const grace = closeWithGrace({ delay: shutdownMs }, async ({ err, signal }) => {
  log.info({ err, signal }, 'notifier stopping')
  if (idle) clearInterval(idle)
  await notifying?.close()
  for (const channel of channels) channel.close?.()
  await pool.end()
})
leaveWithParent(() => grace.close())

if (channels.length === 0)
  log.warn(
    { missing: 'SMTP_URL and MAIL_FROM, SMS_GATEWAY_URL and SMS_GATEWAY_TOKEN, or WEBHOOK_URL and WEBHOOK_SECRET' },
    'no channel is configured: nobody is told, and what is to be told is kept',
  )
else log.info({ to: channels.map(({ name }) => name).join(', ') }, 'notifier started')
