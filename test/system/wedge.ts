// Loaded before an entry file (`--import`): at SIGWINCH this process gets stuck as by a promise that nobody keeps. From then on no
// campaign's lock is ever taken by it; everything else goes on.
import pg from 'pg'

process.on('SIGWINCH', () => {
  const query = pg.Client.prototype.query as (...args: unknown[]) => unknown
  pg.Client.prototype.query = function (this: pg.Client, ...args: unknown[]) {
    const isLock = (args[0] as { name?: string } | undefined)?.name === 'writers.lock_campaign'
    return isLock ? new Promise(() => {}) : query.apply(this, args)
  } as typeof pg.Client.prototype.query
})
