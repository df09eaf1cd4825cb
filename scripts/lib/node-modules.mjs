// Whether node_modules is what the lock file says, without starting npm, which would take half a second to find out.
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fail, run } from './run.mjs'

function packagesIn(lockFile) {
  return existsSync(lockFile) ? JSON.parse(readFileSync(lockFile, 'utf8')).packages : undefined
}

/** npm notes what it installed in a hidden lock file; optional packages are those of other platforms. */
export function upToDate(folder) {
  const installed = packagesIn(join(folder, 'node_modules', '.package-lock.json'))
  if (!installed) return false
  return Object.entries(packagesIn(join(folder, 'package-lock.json'))).every(
    ([path, { version, optional }]) =>
      path === '' || installed[path]?.version === version || (optional && !installed[path]),
  )
}

/** Makes node_modules what the lock file says, without anybody's install scripts: the addon is built afterwards anyway. */
export function installPackages(folder) {
  if (upToDate(folder)) return
  console.log('Installing the npm packages of package-lock.json')
  const args = ['ci', '--ignore-scripts', '--no-audit', '--no-fund']
  const npm = process.env.npm_execpath
  const code = npm ? run(process.execPath, [npm, ...args], { cwd: folder }) : run('npm', args, { cwd: folder })
  if (code !== 0) fail(`npm ci ended with ${code}, for the reason printed above.`)
}
