// Whether node_modules is what the lock file says, without starting npm, which would take half a second to find out.
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fail, run } from './run.mjs'

function read(file) {
  return existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : undefined
}

export function upToDate(folder) {
  // npm writes this when an installation is complete. What it says is not taken: npm also changes it without installing.
  if (!existsSync(join(folder, 'node_modules', '.package-lock.json'))) return false
  const { packages } = read(join(folder, 'package-lock.json'))
  return Object.entries(packages).every(([path, { version, optional }]) => {
    const installed = read(join(folder, path, 'package.json'))
    // Optional packages are, among others, those of other platforms.
    return path === '' || (installed ? installed.version === version : optional)
  })
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
