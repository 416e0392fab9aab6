/** Where root keeps what Postgres's own user has to reach when it cannot reach DATA_DIR or the installed package. Root's alone. */
export const STATE_DIR = '/var/lib/junban'
