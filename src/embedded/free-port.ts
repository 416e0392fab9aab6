import { createServer } from 'node:net'

/** Tries to listen. Resolves to the port (chosen by the system when it is 0); rejects as `listen` does (EADDRINUSE, EACCES, …). */
export function tryPort(port: number, host = '127.0.0.1'): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer()
    server.once('error', reject)
    server.listen({ port, host, exclusive: true }, () => {
      const address = server.address()
      server.close(() =>
        address && typeof address === 'object' ? resolve(address.port) : reject(new Error('no port')),
      )
    })
  })
}

/**
 * The port for a store of ours: exactly the wanted one (rejects when it is taken), or else the one it had last, or else any that
 * is free.
 */
export async function choosePort(wanted: number | undefined, last: number): Promise<number> {
  if (wanted) return tryPort(wanted)
  return tryPort(last).catch(() => tryPort(0))
}
