import { findUndoneCancellations, findUnfoundedCancellations } from '../../postgres/invariants/commands.ts'
import {
  findDecisionsNotEarliest,
  findDoubledBookings,
  findDoubledDecisions,
  findDoubledNumbers,
  findMisnumberedDecisions,
} from '../../postgres/invariants/decided-once.ts'
import type { Extent } from '../../postgres/invariants/extent.ts'
import {
  findDecidedAhead,
  findDecidedOutOfOrder,
  findGapsInLog,
  findServingAhead,
  findWrongAcceptedNumbers,
} from '../../postgres/invariants/in-order.ts'
import {
  findContradictions,
  findLostRequests,
  findMiscountedBatches,
  findMissingAppointments,
  findMissingDecisions,
  findMissingReservations,
  findUnfoundedAppointments,
  findUnreadableBatches,
} from '../../postgres/invariants/nothing-lost.ts'
import { findMiscountedSlots, findOversoldSlots } from '../../postgres/invariants/nothing-oversold.ts'
import { findDoubledVouchers } from '../../postgres/invariants/one-per-voucher.ts'
import { findOutOfRealTimeOrder } from '../../postgres/invariants/real-time-order.ts'
import { findSeatsLost } from '../../postgres/invariants/seat-lost.ts'
import {
  findInvalidReceipts,
  findMisplacedReceipts,
  findOtherNumbersTold,
  findUndecidedTold,
  findUnknownTold,
} from '../../postgres/invariants/told-and-kept.ts'
import type { FindViolations } from '../../postgres/invariants/violations.ts'
import { findGapsInLine, findLineOutOfOrder, findSeatsFreeWhileWanted } from '../../postgres/invariants/waiting-list.ts'

/** A promise of design §5: what it was checked on, and one statement per kind of violation. */
export type Invariant = {
  name: string
  promise: string
  /** Of what, how many. */
  checked: (extent: Extent) => Record<string, number>
  kinds: Record<string, FindViolations>
}

/** What the database alone must show. */
export const invariants: Invariant[] = [
  {
    name: 'nothing-lost',
    promise: 'nothing accepted is lost',
    checked: ({ served, batches, reservations, appointments }) => ({ served, batches, reservations, appointments }),
    kinds: {
      'request-lost': findLostRequests,
      'batch-unreadable': findUnreadableBatches,
      'batch-miscounted': findMiscountedBatches,
      'reservation-missing': findMissingReservations,
      'decision-missing': findMissingDecisions,
      'outcome-contradicted': findContradictions,
      'appointment-missing': findMissingAppointments,
      'appointment-unfounded': findUnfoundedAppointments,
      'cancellation-unfounded': findUnfoundedCancellations,
      'cancellation-undone': findUndoneCancellations,
    },
  },
  {
    name: 'nothing-oversold',
    promise: 'nothing is oversold',
    checked: ({ slots, appointments }) => ({ slots, appointments }),
    kinds: { 'slot-oversold': findOversoldSlots, 'slot-miscounted': findMiscountedSlots },
  },
  {
    name: 'one-per-voucher',
    promise: 'one live reservation per voucher',
    checked: ({ live }) => ({ live }),
    kinds: { 'voucher-twice': findDoubledVouchers },
  },
  {
    name: 'decided-once',
    promise: 'decided once, by the earliest number',
    checked: ({ decisions }) => ({ decisions }),
    kinds: {
      'decided-twice': findDoubledDecisions,
      'booked-twice': findDoubledBookings,
      'number-twice': findDoubledNumbers,
      'decision-misnumbered': findMisnumberedDecisions,
      'decision-not-earliest': findDecisionsNotEarliest,
    },
  },
  {
    name: 'in-order',
    promise: 'numbered and decided in order',
    checked: ({ lanes, batches, decisions }) => ({ lanes, batches, decisions }),
    kinds: {
      'log-gap': findGapsInLog,
      'accepted-number-wrong': findWrongAcceptedNumbers,
      'serving-ahead': findServingAhead,
      'decided-ahead': findDecidedAhead,
      'decided-out-of-order': findDecidedOutOfOrder,
    },
  },
  {
    name: 'no-seat-lost',
    promise: 'no seat lost to a later request',
    checked: ({ denied }) => ({ denied }),
    kinds: { 'seat-lost': findSeatsLost },
  },
  {
    name: 'waiting-list',
    promise: 'who waits is served in order',
    checked: ({ placed, line }) => ({ placed, waiting: line }),
    kinds: {
      'line-gap': findGapsInLine,
      'line-out-of-order': findLineOutOfOrder,
      'seat-free-while-wanted': findSeatsFreeWhileWanted,
    },
  },
]

/** What clients were told, against the database and the spools. */
export const ledgerInvariants: Invariant[] = [
  {
    name: 'told-and-kept',
    promise: 'what clients were told is so',
    checked: ({ told, toldIds }) => ({ lines: told, ids: toldIds }),
    kinds: {
      'told-unknown': findUnknownTold,
      'told-undecided': findUndecidedTold,
      'told-other-number': findOtherNumbersTold,
    },
  },
  {
    name: 'receipts',
    promise: 'receipts verify and name their place',
    checked: ({ toldReceipts }) => ({ receipts: toldReceipts }),
    kinds: { 'receipt-invalid': findInvalidReceipts, 'receipt-misplaced': findMisplacedReceipts },
  },
  {
    name: 'real-time-order',
    promise: 'sent after a 202, decided after it',
    checked: ({ toldIds }) => ({ ids: toldIds }),
    kinds: { 'told-out-of-order': findOutOfRealTimeOrder },
  },
]
