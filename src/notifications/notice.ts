import type { Person } from '../domain/reservation.ts'
import type { ToldReservation } from '../postgres/notices.ts'

/** What is to be told, opened: held in memory for as long as it is being told, and nowhere else. */
export type Notice = {
  /** The same for every try: whoever receives it twice can know. */
  key: string
  event: string
  /** When it happened, in epoch ms. */
  createdAt: number
  reservation: Omit<ToldReservation, 'box'>
  /** A fresh receipt, when that is what is to be told. */
  receipt: string | null
  /** Null when there is nobody to be told any more: erased, or overtaken by a later event that tells it. */
  person: Person | null
  /** Why the person's box could not be opened although it is there; null when it could, or there is none. */
  trouble: string | null
}

export const channelNames = ['email', 'sms', 'webhook'] as const
export type ChannelName = (typeof channelNames)[number]

/** One way of telling. `tell` throws an Undelivered when it could not. */
export type Channel = {
  name: ChannelName
  /** Whether this notice goes this way at all. */
  takes: (notice: Notice) => boolean
  tell: (notice: Notice) => Promise<void>
  close?: () => void
}
