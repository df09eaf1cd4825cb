// Installs what is missing, and is done at once when nothing is: `node scripts/setup.mjs [build|test|asan|fuzz|bench]`.
// It runs before there is a node_modules, so it has no dependencies.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { missingFor, purposes, sentence } from './addon/requirements.mjs'
import { managers, packageManager, packages, which } from './addon/system-packages.mjs'
import { installPackages } from './lib/node-modules.mjs'
import { fail, root, run } from './lib/run.mjs'

/** package.json's engines, which is a list of `^x.y.z` and `>=x.y.z`. */
function nodeIsSupported() {
  const { engines } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
  const [major, minor] = process.versions.node.split('.').map(Number)
  const supported = [...engines.node.matchAll(/(\^|>=)(\d+)\.(\d+)/g)].some(
    ([, operator, wantedMajor, wantedMinor]) => {
      if (major === Number(wantedMajor)) return minor >= Number(wantedMinor)
      return operator === '>=' && major > Number(wantedMajor)
    },
  )
  return (
    supported ||
    fail(`bitcoin-support needs Node ${engines.node}, but this is ${process.version}: install a newer one.`)
  )
}

function installSystemPackages(missing) {
  const manager = packageManager()
  const names = missing.flatMap((need) => packages[need][manager] ?? [])
  if (names.length === 0) return
  const { command, refresh, install, asUser } = managers[manager]
  const sudo = process.getuid?.() !== 0 && !asUser
  if (sudo && !which('sudo')) return

  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' }
  const steps = refresh ? [refresh, [...install, ...names]] : [[...install, ...names]]
  for (const step of steps) {
    const line = sudo ? ['sudo', command, ...step] : [command, ...step]
    console.log(`Installing what is missing: ${line.join(' ')}`)
    if (run(line[0], line.slice(1), { env }) !== 0) return
  }
}

const purpose = process.argv[2] ?? 'build'
if (!purposes[purpose]) fail(`Unknown purpose ${purpose}: use ${Object.keys(purposes).join(', ')}.`)
nodeIsSupported()
const missing = missingFor(purpose)
if (missing.length > 0) {
  installSystemPackages(missing)
  const still = missingFor(purpose)
  if (still.length > 0) fail(sentence(still))
}
installPackages(root)
