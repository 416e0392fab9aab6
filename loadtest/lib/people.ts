import { type GeneratedPerson, generatePerson } from '../../src/operations/generate-people.ts'
import { first, seed } from './settings.ts'

/** The n-th who comes. */
export const personAt = (n: number): GeneratedPerson => generatePerson(first + n, seed)

/** Somebody whom no register of this seed has: the same voucher as the n-th, of another person. */
export function inventedPersonAt(n: number): GeneratedPerson {
  const { voucher, birthDate } = personAt(n)
  return { voucher, birthDate: birthDate === '1999-09-09' ? '1999-09-10' : '1999-09-09' }
}
