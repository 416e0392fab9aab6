import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

/** Where the stores of an `npm start` in this DATA_DIR keep their files. */
export function storeFolders(dataDir: string): string[] {
  const postgres = join(dataDir, 'postgres')
  const pointer = join(postgres, 'moved-to.txt')
  const home = existsSync(pointer) ? readFileSync(pointer, 'utf8').trim() : postgres
  return [home, join(dataDir, 'redis')].filter((folder) => existsSync(folder))
}
