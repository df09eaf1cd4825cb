// Prompts for a secret that it knows only in disguise, and looks for it in all of its memory and in a core dump of itself.
import { spawnSync } from 'node:child_process'
import { createInterface } from 'node:readline'
import { configureLockedPool, SecureString } from 'bitcoin-support'
import { countOf, plainMarker } from '../../support/secure-probe.js'
import { report } from './report.js'

const [disguised = '', key = '', controlDisguised = '', core = ''] = process.argv.slice(2)
const marker = { disguised: Buffer.from(disguised, 'hex'), key: Number(key) }
const control = { disguised: Buffer.from(controlDisguised, 'hex'), key: Number(key) }

// Its pages can be searched, those of memfd_secret cannot.
configureLockedPool({ backend: 'mlock' })
const kept = plainMarker(control)
const rl = createInterface({ input: process.stdin, output: process.stdout, terminal: true })
const answer = await SecureString.prompt({ prompt: 'Secret: ' })
const { length } = answer
const held = countOf(marker)
answer.dispose()
globalThis.gc?.()
const left = countOf(marker)
const gdb = spawnSync('gdb', [
  '-nx',
  '-batch',
  '-p',
  `${process.pid}`,
  '-ex',
  `generate-core-file ${core}`,
  '-ex',
  'detach',
])
rl.close()
report({ length, held, left, control: countOf(control), kept: kept.length, gdb: gdb.status })
