import { spawn } from 'node:child_process'
import { chmodSync, mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** The checkout's top folder; this file runs from out/test/build. */
export const root = fileURLToPath(new URL('../../../', import.meta.url))

export interface Outcome {
  code: number | null
  stdout: string
  stderr: string
}

/** An environment without what npm passes to the scripts that it runs, which would steer a second npm in another folder. */
export function cleanEnvironment(extra: NodeJS.ProcessEnv = {}): NodeJS.ProcessEnv {
  const kept = Object.entries(process.env).filter(([name]) => !/^(npm_|INIT_CWD$|MOCHA_|BITCOIN_SUPPORT_)/i.test(name))
  return { ...Object.fromEntries(kept), ...extra }
}

/** Runs a program to its end, whatever that is. */
export function run(command: string, args: string[], options: { cwd?: string; env?: NodeJS.ProcessEnv } = {}) {
  return new Promise<Outcome>((resolve, reject) => {
    const child = spawn(command, args, {
      cwd: options.cwd ?? root,
      env: options.env ?? cleanEnvironment(),
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    let stdout = ''
    let stderr = ''
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      stdout += text
    })
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      stderr += text
    })
    child.on('error', reject)
    child.on('close', (code) => resolve({ code, stdout, stderr }))
  })
}

/** Runs a program that has to succeed, and answers with what it printed on standard output. */
export async function succeed(
  command: string,
  args: string[],
  options: { cwd?: string; env?: NodeJS.ProcessEnv } = {},
) {
  const { code, stdout, stderr } = await run(command, args, options)
  if (code !== 0) throw new Error(`${command} ${args.join(' ')} ended with ${code}\n${stdout}${stderr}`)
  return stdout
}

/** Runs npm: the one that runs these tests, else the one on PATH. */
export function npm(args: string[], cwd: string) {
  const path = process.env.npm_execpath
  const quiet = ['--no-audit', '--no-fund', '--prefer-offline', '--loglevel=error']
  return path
    ? succeed(process.execPath, [path, ...args, ...quiet], { cwd })
    : succeed('npm', [...args, ...quiet], { cwd })
}

/** A new folder outside the checkout, so that nothing is found in a parent's node_modules. */
export class TemporaryFolder implements Disposable {
  readonly path: string

  constructor() {
    this.path = realpathSync(mkdtempSync(join(tmpdir(), 'bitcoin-support-build-')))
  }

  [Symbol.dispose]() {
    rmSync(this.path, { recursive: true, force: true })
  }
}

/**
 * Makes a PATH that holds certain programs only.
 *
 * @param programs names of this machine's own programs
 * @param standIns shell scripts by name, for the package managers of other systems
 */
export async function pathWith(folder: TemporaryFolder, programs: string[], standIns: Record<string, string> = {}) {
  const bin = join(folder.path, 'bin')
  mkdirSync(bin)
  for (const program of programs) {
    symlinkSync((await succeed('sh', ['-c', `command -v ${program}`])).trim(), join(bin, program))
  }
  for (const [program, script] of Object.entries(standIns)) {
    writeFileSync(join(bin, program), `#!/bin/sh\n${script}\n`)
    chmodSync(join(bin, program), 0o755)
  }
  return bin
}
