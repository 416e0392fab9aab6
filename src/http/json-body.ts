import type { FastifyInstance } from 'fastify'
import secureJsonParse from 'secure-json-parse'
import { Problem } from '../errors.ts'

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: false })

/**
 * Reads JSON strictly: valid UTF-8 only (a decoder that mends would change a name), no `__proto__` or `constructor.prototype`.
 * Anything else than application/json is 415.
 */
export function readJsonBodies(app: FastifyInstance) {
  app.removeAllContentTypeParsers()
  app.addContentTypeParser('application/json', { parseAs: 'buffer' }, (_request, body, done) => {
    try {
      if (body.length === 0) throw new Problem('invalid-request', 'The body is empty.')
      done(
        null,
        secureJsonParse.parse(utf8.decode(body as Buffer), undefined, {
          protoAction: 'error',
          constructorAction: 'error',
        }),
      )
    } catch (err) {
      done(err instanceof Problem ? err : new Problem('invalid-request', 'The body is not valid JSON in UTF-8.'))
    }
  })
}
