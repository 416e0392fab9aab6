import { beforeAll, expect, test } from 'vitest'
import { type RunningApi, runApi } from './running-api.ts'

let api: RunningApi
beforeAll(async () => {
  api = await runApi()
})

const assetsOf = (html: string) => [...html.matchAll(/(?:src|href)="([^"]*)"/g)].map(([, url]) => url!)

test('/docs is a page whose every file this API serves itself', async () => {
  const page = await api.ask({ path: '/docs' })
  expect(page).toMatchObject({ status: 200, headers: { 'content-type': 'text/html; charset=utf-8' } })
  expect(page.text).toContain('<title>Junban API</title>')
  const assets = assetsOf(page.text)
  expect(assets.length).toBeGreaterThan(4)
  for (const path of assets) {
    expect(path).toMatch(/^\/docs\/static\/[\w.-]+$/)
    const asset = await api.ask({ path })
    expect(asset.status, path).toBe(200)
    expect(asset.text.length, path).toBeGreaterThan(0)
    const elsewhere = path.endsWith('.css') ? /@import|url\((?!["']?data:)/ : /\bimport\(["'`]https?:/
    expect(asset.text, path).not.toMatch(elsewhere)
  }
  // The form of the address is a choice of the reader's.
  expect(assetsOf((await api.ask({ path: '/docs/' })).text)).toHaveLength(assets.length)
})

test('a browser that shows it asks nobody else: its policy names no other host, and allows no script in the page', async () => {
  const { headers, text } = await api.ask({ path: '/docs' })
  const policy = new Map(
    headers['content-security-policy']!.split(';').flatMap((one) => {
      const [name, ...sources] = one.trim().split(/\s+/)
      return name ? [[name, sources] as const] : []
    }),
  )
  expect(policy.get('default-src')).toEqual(["'none'"])
  expect(policy.get('script-src')).toEqual(["'self'"])
  expect(policy.get('connect-src')).toEqual(["'self'"])
  for (const [name, sources] of policy)
    for (const source of sources) expect(["'self'", "'none'", 'data:'], name).toContain(source)
  expect([...text.matchAll(/<script(?![^>]*\bsrc=)|<style|\son\w+=|\sstyle=/g)]).toEqual([])
})

test('it shows what /openapi.json says', async () => {
  const initializer = await api.ask({ path: '/docs/static/swagger-initializer.js' })
  expect(initializer.text).toContain("resolveUrl('./json')")
  const shown = await api.ask({ path: '/docs/json' })
  expect(JSON.parse(shown.text)).toEqual(JSON.parse((await api.ask({ path: '/openapi.json' })).text))
})
