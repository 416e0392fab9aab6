import { createHmac } from 'node:crypto'

/**
 * The header by which a receiver knows that a webhook is ours and not an old one sent again: `t=<epoch seconds>,v1=<hex>`, the
 * HMAC-SHA-256 of `<t>.<body>`. While secrets are changed there are two, and one `v1` for each.
 */
export function signWebhook(body: string, secrets: string[], nowSeconds: number): string {
  const tags = secrets.map((secret) => createHmac('sha256', secret).update(`${nowSeconds}.${body}`).digest('hex'))
  return [`t=${nowSeconds}`, ...tags.map((tag) => `v1=${tag}`)].join(',')
}
