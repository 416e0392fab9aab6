import { CampaignFile } from '../domain/campaign.ts'
import { UserError } from '../errors.ts'

/** Parses the text of a campaign's JSON file. Throws a UserError that names every wrong field. */
export function parseCampaignFile(text: string): CampaignFile {
  const parsed = CampaignFile.safeParse(parseJson(text))
  if (!parsed.success)
    throw new UserError(
      parsed.error.issues.map(({ path, message }) => `${path.join('.') || 'the campaign'}: ${message}`).join('\n'),
    )
  // A campaign that promises what nobody does yet would be found out on its opening day.
  if (parsed.data.mode === 'draw') throw new UserError('mode: "draw" is not built yet; only "queue" is')
  return parsed.data
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text.replace(/^\ufeff/, ''))
  } catch {
    throw new UserError('the campaign file is not JSON')
  }
}
