import { slotIds } from '../campaign.ts'

/** What is asked of a contender. `first`: the number of the first person; every request is of another person. */
export type Asked = { kind: 'book'; path: string; first: number } | { kind: 'get'; path: string }

const names = ['佐藤 花子', '鈴木 一郎', '高橋 美咲', '田中 健太', '伊藤 さくら', '渡辺 大輔', '山本 陽子', '中村 翔']
const birthDates = Array.from({ length: 1_000 }, (_, at) =>
  new Date(Date.UTC(1950, 0, 1) + at * 15 * 86_400_000).toISOString().slice(0, 10),
)

/** A step that shares no factor with 10,000: neighbours ask for slots far apart, and every slot is asked for equally often. */
const slotStep = 7_919

/** The body of person number `n`: a ten-digit voucher of their own, one slot, and a name, a telephone number and an e-mail address. */
export function bodyOf(n: number) {
  const digits = String(n).padStart(8, '0')
  return {
    voucher: `47${digits}`,
    birthDate: birthDates[n % birthDates.length]!,
    choices: [{ slotId: slotIds[(n * slotStep) % slotIds.length]! }],
    person: { name: names[n % names.length]!, phone: `+8190${digits}`, email: `person.${digits}@example.jp` },
  }
}

/** A request as it goes into the socket. */
export type RequestAt = (n: number) => Buffer

/**
 * The n-th request. The first `count` are made here and now, before the clock runs: on a small machine what the generator takes is taken from
 * what it measures.
 */
export function requestsOf(asked: Asked, count: number): RequestAt {
  if (asked.kind === 'get') {
    const request = Buffer.from(`GET ${asked.path} HTTP/1.1\r\nhost: bench\r\n\r\n`)
    return () => request
  }
  const head = `POST ${asked.path} HTTP/1.1\r\nhost: bench\r\ncontent-type: application/json\r\ncontent-length: `
  const make = (n: number) => {
    const body = JSON.stringify(bodyOf(asked.first + n))
    return Buffer.from(`${head}${Buffer.byteLength(body)}\r\n\r\n${body}`)
  }
  const made = Array.from({ length: count }, (_, n) => make(n))
  return (n) => made[n] ?? make(n)
}
