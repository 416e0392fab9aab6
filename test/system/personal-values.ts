import { Buffer } from 'node:buffer'

/** What the values of all test people have in common, by kind: a scan for it finds every one of them. */
const marks = {
  voucher: '98654327',
  birthDate: '1923-04-',
  name: 'Zyxwvutsrq',
  kanji: '靑鷺龍臍',
  phone: '8190777653',
  email: 'zyxwvut.example',
}

/** The n-th of up to 29 people, whose values occur nowhere else. */
export const personOf = (n: number) => ({
  voucher: `${marks.voucher}${String(n).padStart(2, '0')}`,
  birthDate: `${marks.birthDate}${String(n).padStart(2, '0')}`,
  person: {
    name: `${marks.name} ${marks.kanji} ${n}`,
    phone: `+${marks.phone}${String(n).padStart(2, '0')}`,
    email: `person-${n}@${marks.email}`,
  },
})

const needles = Object.entries(marks).flatMap(([kind, mark]) => waysToWrite(mark).map((bytes) => ({ kind, bytes })))

/** Which kinds of personal values these bytes hold in clear, or so encoded that anybody can read them. */
export const personalIn = (bytes: Buffer): string[] => [
  ...new Set(needles.filter((needle) => bytes.includes(needle.bytes)).map(({ kind }) => kind)),
]

function waysToWrite(text: string): Buffer[] {
  const utf8 = Buffer.from(text)
  const escaped = [...text].map((char) => (char > '~' ? `\\u${char.codePointAt(0)!.toString(16)}` : char)).join('')
  const hex = utf8.toString('hex')
  const written = [text, encodeURIComponent(text), escaped, hex, hex.toUpperCase(), ...base64Cores(utf8)]
  return [...new Set(written)].map((one) => Buffer.from(one)).concat(Buffer.from(text, 'utf16le'))
}

/** How bytes look inside a longer text in base64, wherever they begin in it: less what they share with their neighbours. */
function base64Cores(bytes: Buffer): string[] {
  return [0, 1, 2].flatMap((before) => {
    const text = Buffer.concat([Buffer.alloc(before), bytes])
      .toString('base64')
      .replace(/=+$/, '')
    const shared = Math.ceil((before * 8) / 6)
    const whole = Math.floor(((before + bytes.length) * 8) / 6)
    const core = text.slice(shared, whole)
    return [core, core.replaceAll('+', '-').replaceAll('/', '_')]
  })
}
