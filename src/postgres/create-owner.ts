import pg from 'pg'

/** Makes the login `junban`, which is no superuser, and its database, if they are not there. Logs in as `superuser`. */
export async function createOwner(superuser: pg.ClientConfig, password: string): Promise<void> {
  const client = new pg.Client({ ...superuser, connectionTimeoutMillis: 5_000 })
  await client.connect()
  try {
    const roles = await client.query(`select from pg_roles where rolname = 'junban'`)
    if (roles.rowCount === 0)
      await client.query(`create role junban login createdb createrole password ${client.escapeLiteral(password)}`)
    const databases = await client.query(`select from pg_database where datname = 'junban'`)
    if (databases.rowCount === 0) await client.query('create database junban owner junban')
  } finally {
    await client.end()
  }
}
