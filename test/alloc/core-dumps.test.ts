// A core dump holds what is in ordinary memory, and no secret.
import { execFile } from 'node:child_process'
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { expect } from 'chai'
import { type Child, runChild } from '../support/child.js'

const BACKENDS = ['mlock', 'memfd_secret'] as const

interface Disguise {
  disguised: string
  key: number
}

/** @returns how often the bytes behind the disguise are in a file */
function countIn(file: Buffer, { disguised, key }: Disguise): number {
  const bytes = Buffer.from(disguised, 'hex').map((byte) => byte ^ key)
  let count = 0
  for (let at = file.indexOf(bytes); at !== -1; at = file.indexOf(bytes, at + 1)) count++
  return count
}

describe('core dumps', function () {
  // A debugger takes its time, more on a machine that is busy, in ms.
  this.timeout(120_000)

  let folder: string
  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'core-dumps-'))
  })
  after(() => rmSync(folder, { recursive: true }))

  /** Has gdb do something to the process while it runs. @returns what it says */
  async function gdb(child: Child, ...commands: string[]): Promise<string> {
    const all = [...commands, 'detach'].flatMap((command) => ['-ex', command])
    const { stdout, stderr } = await promisify(execFile)('gdb', ['-nx', '-batch', '-p', String(child.pid), ...all])
    return stdout + stderr
  }

  /** Has gdb write a core of the process while it runs. @returns it */
  async function dump(child: Child): Promise<Buffer> {
    const file = join(folder, `gcore.${child.pid}`)
    await gdb(child, `generate-core-file ${file}`)
    const core = readFileSync(file)
    rmSync(file)
    return core
  }

  for (const backend of BACKENDS) {
    it(`made by gdb of a process that runs have no secret, with ${backend}`, async () => {
      await using child = runChild('secure/cores', [backend])
      const { secret, control } = await child.message<{ secret: Disguise; control: Disguise }>()
      const core = await dump(child)
      expect([countIn(core, secret), countIn(core, control)]).to.deep.equal([0, 1])
      child.send('end')
      expect(await child.message()).to.deep.equal({ kept: [32, 32] })
      expect(await child.ended()).to.include({ code: 0, signal: null })
    })
  }

  it('are all that mlock is proof against: a debugger reads its pages, but not those of memfd_secret', async () => {
    const counts: Record<string, number> = {}
    for (const backend of BACKENDS) {
      await using child = runChild('secure/cores', [backend])
      const { secret, pages } = await child.message<{ secret: Disguise; pages: [number, number][] }>()
      expect(pages).to.have.lengthOf(2)
      const [[begin, end] = [0, 0]] = pages
      const file = join(folder, `pages.${child.pid}`)
      const said = await gdb(child, `dump binary memory ${file} ${begin} ${end}`)
      if (backend === 'mlock') counts[backend] = countIn(readFileSync(file), secret)
      else expect(said).to.include('Cannot access memory')
    }
    expect(counts).to.deep.equal({ mlock: 1 })
  })

  it('that the kernel writes at SIGABRT have no secret', async () => {
    const pattern = readFileSync('/proc/sys/kernel/core_pattern', 'utf8').trim()
    expect(pattern, 'kernel.core_pattern, which here has to name a file in the working folder').to.match(/^[^|/]/)
    for (const backend of BACKENDS) {
      const crashed = join(folder, backend)
      mkdirSync(crashed)
      await using child = runChild('secure/cores', [backend, crashed])
      const { secret, control } = await child.message<{ secret: Disguise; control: Disguise }>()
      await promisify(execFile)('prlimit', ['--core=unlimited', '--pid', String(child.pid)])
      child.send('abort')
      expect(await child.ended()).to.include({ code: null, signal: 'SIGABRT' })
      const [core = 'no core'] = readdirSync(crashed)
      const file = readFileSync(join(crashed, core))
      expect([countIn(file, secret), countIn(file, control)], backend).to.deep.equal([0, 1])
    }
  })
})
