import { z } from 'zod'

/** A campaign's id: a slug, because it stands in URLs, queue names and file names. */
export const CampaignId = z
  .string()
  .regex(/^[a-z0-9][a-z0-9-]{0,62}$/, 'is not a campaign id: a-z, 0-9 and "-", at most 63')
  .meta({ examples: ['demo'] })

/** Slot, location and schedule ids are the importer's own (FHIR allows 64 of these; others are longer). Unique per campaign. */
export const ExternalId = z
  .string()
  .regex(/^[\p{L}\p{N}._~:@+-]{1,128}$/u, 'is not an id: letters, digits and ._~:@+-, at most 128')

export const Uuid = z.uuid().meta({ examples: ['0d4e3a52-6b1f-5c38-9a07-2f8c5d1e7b94'] })
