// A core dump has no secret in it, while it has what is in ordinary memory.
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

describe('core dumps', () => {
  let folder: string
  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'core-dumps-'))
  })
  after(() => rmSync(folder, { recursive: true }))

  /** Has gdb write a core of the process while it runs. @returns it */
  async function dump(child: Child, excluded: 'on' | 'off'): Promise<Buffer> {
    const file = join(folder, `gcore.${child.pid}`)
    const commands = [`set dump-excluded-mappings ${excluded}`, `generate-core-file ${file}`, 'detach']
    const args = ['-nx', '-batch', '-p', String(child.pid), ...commands.flatMap((command) => ['-ex', command])]
    await promisify(execFile)('gdb', args)
    const core = readFileSync(file)
    rmSync(file)
    return core
  }

  for (const backend of BACKENDS) {
    it(`made by gdb of a process that runs have no secret, with ${backend}`, async () => {
      await using child = runChild('secure/cores', [backend])
      const { secret, control } = await child.message<{ secret: Disguise; control: Disguise }>()
      const core = await dump(child, 'off')
      expect([countIn(core, secret), countIn(core, control)]).to.deep.equal([0, 1])
      child.send('end')
      expect(await child.message()).to.deep.equal({ kept: [32, 32] })
      expect(await child.ended()).to.include({ code: 0, signal: null })
    })
  }

  it('have none of memfd_secret even when gdb is told to dump what is excluded; of mlock they have', async () => {
    const counts: Record<string, number[]> = {}
    for (const backend of BACKENDS) {
      await using child = runChild('secure/cores', [backend])
      const { secret, control } = await child.message<{ secret: Disguise; control: Disguise }>()
      const core = await dump(child, 'on')
      counts[backend] = [countIn(core, secret), countIn(core, control)]
    }
    expect(counts).to.deep.equal({ mlock: [1, 1], memfd_secret: [0, 1] })
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
