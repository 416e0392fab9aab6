import pg from 'pg'

/** Connections of a peer: the number that was fastest here, of 5, 10, 20, 40 and 80. */
export function createPeerPool(): pg.Pool {
  const pool = new pg.Pool({ connectionString: process.env.DATABASE_URL!, max: 20 })
  pool.on('error', (err) => console.error(err))
  return pool
}
