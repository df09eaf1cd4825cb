// What both JSON-RPC servers of the main job are started with, so that they differ in HTTP alone.
import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { readSettings, type Settings } from '../../examples/bitcoin-rpc/args/settings.js'

/** @returns the settings for the login that the load generator uses, with a data directory that the caller removes */
export function benchSettings(): Settings {
  const directory = mkdtempSync(join(tmpdir(), 'bench-rpc-'))
  const settings = readSettings([`-datadir=${directory}`, '-rpcport=0', '-rpcuser=bench', '-rpcpassword=secret'])
  if (settings === 'help') throw new Error('help was not asked for')
  return settings
}
