import { createReadStream } from 'node:fs'
import iconv from 'iconv-lite'
import { UserError } from '../errors.ts'

/** Longest line, in UTF-16 units: a hundred times what a slot with all its extensions takes. */
export const maxLineLength = 65_536

/** A line without its end. `text` is null when it was longer than `maxLineLength`. */
export type Line = { number: number; text: string | null }

/** What offices send: UTF-8, or else what Windows calls Shift_JIS. */
export type Encoding = 'utf8' | 'cp932'

/** Reads the whole file once: cp932 is what is not valid UTF-8. Throws a UserError when it cannot be read. */
export async function detectEncoding(path: string): Promise<Encoding> {
  const decoder = new TextDecoder('utf-8', { fatal: true })
  try {
    for await (const chunk of openFile(path)) decoder.decode(chunk, { stream: true })
    decoder.decode()
    return 'utf8'
  } catch (err) {
    if ((err as NodeJS.ErrnoException).code === 'ERR_ENCODING_INVALID_ENCODED_DATA') return 'cp932'
    throw err
  }
}

/** The lines of a file, in groups as they are read. */
export const readLines = (path: string, encoding: Encoding) => splitLines(openFile(path), encoding)

/** The lines of what arrives, in groups as it does, so that memory stays flat. A byte order mark is dropped; LF or CRLF. */
export async function* splitLines(chunks: AsyncIterable<Buffer>, encoding: Encoding): AsyncGenerator<Line[]> {
  const decoder = iconv.getDecoder(encoding)
  let number = 0
  let rest = ''
  let tooLong = false
  for await (const chunk of chunks) {
    const pieces = (rest + decoder.write(chunk)).split('\n')
    rest = pieces.pop()!
    const lines = pieces.map((piece): Line => {
      const text = tooLong || piece.length > maxLineLength ? null : piece.endsWith('\r') ? piece.slice(0, -1) : piece
      tooLong = false
      return { number: ++number, text }
    })
    if (rest.length > maxLineLength) {
      tooLong = true
      rest = ''
    }
    if (lines.length > 0) yield lines
  }
  rest += decoder.end() ?? ''
  if (tooLong || rest !== '') yield [{ number: ++number, text: tooLong ? null : rest }]
}

/** The first characters of a file. */
export async function peekText(path: string): Promise<string> {
  for await (const chunk of openFile(path)) return iconv.decode(chunk.subarray(0, 4_096), 'utf8')
  return ''
}

async function* openFile(path: string): AsyncGenerator<Buffer> {
  try {
    yield* createReadStream(path)
  } catch (err) {
    throw cannotRead(path, err)
  }
}

/** A file that is not there or is a folder is the caller's mistake; anything else is thrown on. */
export function cannotRead(path: string, err: unknown): unknown {
  const { code } = err as NodeJS.ErrnoException
  if (code === 'ENOENT') return new UserError(`${path}: there is no such file`)
  if (code === 'EISDIR') return new UserError(`${path} is a folder`)
  if (code === 'EACCES') return new UserError(`${path} may not be read`)
  return err
}
