import { lookup } from 'node:dns/promises'
import { type ClientRequest, request as httpRequest } from 'node:http'
import { request as httpsRequest } from 'node:https'
import { isIP } from 'node:net'
import { isLoopback, isPublic } from './public-address.ts'
import { Undelivered } from './undelivered.ts'
import { within } from './within.ts'

/** From the look-up to the answer's status, in ms. */
const limitMs = 10_000
/** Of the answer only its status is read: its headers may be this large, its body is not waited for. */
const maxHeaderBytes = 8_192
/** Trying again can help although the answer is a 4xx: the credential will be corrected, the rate will fall. */
const passing = new Set([401, 402, 403, 404, 407, 408, 409, 421, 423, 425, 429])

/**
 * Posts JSON to a server outside, and to no other: the name is looked up once, every address it has must be public, and the
 * connection goes to the address that was checked, so that a name which changes its mind leads nowhere. No redirect is followed.
 * Throws an Undelivered for whatever is not a 2xx.
 */
export async function postOutside({
  url,
  body,
  headers,
  allowLoopback,
}: {
  url: URL
  body: string
  headers: Record<string, string>
  /** For tests: plain http, but to this machine only. */
  allowLoopback: boolean
}): Promise<void> {
  const status = await within(
    limitMs,
    findAddress(url, allowLoopback).then((address) => post({ url, body, headers, address })),
  )
  if (status >= 200 && status < 300) return
  const forGood = status >= 400 && status < 500 && !passing.has(status)
  throw new Undelivered(`answered ${status}`, { forGood })
}

/** The address to connect to. Throws when any of the name's addresses is one that we do not go to. */
async function findAddress(url: URL, allowLoopback: boolean): Promise<string> {
  const host = url.hostname.replace(/^\[|\]$/g, '')
  const found = await lookup(host, { all: true }).catch(() => [])
  const addresses = found.map(({ address }) => address)
  const [first] = addresses
  if (!first) throw new Undelivered('its name has no address')
  if (allowLoopback && addresses.every(isLoopback)) return first
  if (!addresses.every(isPublic)) throw new Undelivered('its address is not a public one')
  if (url.protocol !== 'https:') throw new Undelivered('it is not https')
  return first
}

function post({
  url,
  body,
  headers,
  address,
}: {
  url: URL
  body: string
  headers: Record<string, string>
  address: string
}): Promise<number> {
  return new Promise((resolve, reject) => {
    const name = url.hostname.replace(/^\[|\]$/g, '')
    const options = {
      method: 'POST',
      // The address itself: nothing is looked up a second time.
      host: address,
      port: url.port || (url.protocol === 'https:' ? 443 : 80),
      path: `${url.pathname}${url.search}`,
      // The certificate is checked against the name.
      servername: isIP(name) ? '' : name,
      headers: {
        ...headers,
        host: url.host,
        'content-type': 'application/json',
        'content-length': String(Buffer.byteLength(body)),
        'user-agent': 'junban',
      },
      agent: false,
      maxHeaderSize: maxHeaderBytes,
      timeout: limitMs,
      signal: AbortSignal.timeout(limitMs),
    } as const
    const request: ClientRequest = url.protocol === 'https:' ? httpsRequest(options) : httpRequest(options)
    request.once('response', (response) => {
      resolve(response.statusCode ?? 0)
      response.on('error', () => {})
      response.destroy()
    })
    request.on('timeout', () => request.destroy())
    request.on('error', (err) => reject(new Undelivered(`no answer: ${codeOf(err)}`)))
    request.end(body)
  })
}

/** A code of Node's own, as ECONNREFUSED: a message could quote what was sent or answered. */
const codeOf = (err: Error) => {
  const { code } = err as NodeJS.ErrnoException
  return typeof code === 'string' && /^[A-Z0-9_]{2,50}$/.test(code) ? code : 'failed'
}
