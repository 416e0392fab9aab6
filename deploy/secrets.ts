// Prints every secret that docker-compose.yml needs, new, as NAME=value:
//   (umask 077 && docker run --rm junban:local deploy/secrets.ts > .env)
// Keep the file: without the three keys nothing that was sealed can be opened, and no receipt and no voucher is known.
import { randomBytes } from 'node:crypto'
import { generateKeys } from '../src/embedded/keys.ts'

/** They stand in URLs: hexadecimal needs no escaping there. */
const password = () => randomBytes(24).toString('hex')

const passwords = [
  'POSTGRES_PASSWORD',
  'DB_OWNER_PASSWORD',
  'DB_API_PASSWORD',
  'DB_ALLOCATOR_PASSWORD',
  'DB_NOTIFIER_PASSWORD',
  'DB_JANITOR_PASSWORD',
  'DB_OPERATOR_PASSWORD',
  'REDIS_PASSWORD',
]

for (const name of passwords) console.log(`${name}=${password()}`)
for (const [name, value] of Object.entries(generateKeys())) console.log(`${name}=${value}`)
