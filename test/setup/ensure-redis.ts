// Before the tests: they need a redis-server. Where there is none and we may install packages, it is installed; a service that
// the system would start with it is kept from starting.
import { spawnSync } from 'node:child_process'
import { chmodSync, existsSync, rmSync, writeFileSync } from 'node:fs'
import { findRedisServer } from '#src/embedded/redis.ts'

/** Debian asks this file before a package may start its service; 101 is "no". */
const POLICY = '/usr/sbin/policy-rc.d'

if (!findRedisServer()) {
  if (!canInstall() || !install() || !findRedisServer()) {
    console.error(
      'The tests need redis-server or valkey-server 6.2 or later on the path: `apt-get install redis-server`, `brew install redis`, or https://redis.io/download',
    )
    process.exit(1)
  }
}

function canInstall(): boolean {
  if (spawnSync('apt-get', ['--version'], { stdio: 'ignore' }).status !== 0) return false
  return process.getuid?.() === 0 || spawnSync('sudo', ['-n', 'true'], { stdio: 'ignore' }).status === 0
}

function install(): boolean {
  console.log('There is no redis-server: installing the package redis-server, without starting its service …')
  const ours = process.getuid?.() === 0 && !existsSync(POLICY)
  if (ours) {
    writeFileSync(POLICY, '#!/bin/sh\nexit 101\n')
    chmodSync(POLICY, 0o755)
  }
  try {
    if (!asRoot('apt-get', 'update')) return false
    if (!asRoot('apt-get', 'install', '-y', '--no-install-recommends', 'redis-server')) return false
    // Where neither the policy nor the run level kept it from starting. It was not there a minute ago, so nobody uses it.
    asRoot('service', 'redis-server', 'stop')
    return true
  } finally {
    if (ours) rmSync(POLICY, { force: true })
  }
}

function asRoot(...command: string[]): boolean {
  // RUNLEVEL=1 is what a package's script sees of a system that starts no services, where the policy file is not ours to write.
  const env = ['DEBIAN_FRONTEND=noninteractive', 'RUNLEVEL=1']
  const [program, ...args] =
    process.getuid?.() === 0 ? ['env', ...env, ...command] : ['sudo', '-n', 'env', ...env, ...command]
  const done = spawnSync(program!, args, { encoding: 'utf8', timeout: 300_000 })
  if (done.status !== 0) console.error((done.stderr || String(done.error)).trim().split('\n').slice(-5).join('\n'))
  return done.status === 0
}
