import { UserError } from '../errors.ts'
import { tryPort } from './free-port.ts'

/** The port that the API will get: the wanted one, or for 0 a free one. Throws a UserError that says how to choose another. */
export async function checkPort(port: number, host: string): Promise<number> {
  try {
    return await tryPort(port, host)
  } catch (err) {
    const { code } = err as NodeJS.ErrnoException
    if (code === 'EADDRINUSE')
      throw new UserError(`Port ${port} is in use: choose another, PORT=${port < 65_535 ? port + 1 : 3000} npm start`)
    if (code === 'EACCES')
      throw new UserError(`Port ${port} is not ours to listen on: choose another, PORT=3000 npm start`)
    throw new UserError(`HOST=${host} cannot be listened on (${code}): choose another, HOST=127.0.0.1 npm start`)
  }
}

/** The address under which this machine reaches what listens on host and port. */
export function localUrl(host: string, port: number): string {
  const reachable = { '0.0.0.0': '127.0.0.1', '::': '[::1]' }[host] ?? (host.includes(':') ? `[${host}]` : host)
  return `http://${reachable}:${port}`
}
