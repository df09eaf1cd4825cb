// The programs in the pages of docs/: all of them compile; whole ones run and print what their page says.
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'chai'
import { asModule, type Block, blocksOf, documents, isScript, isWhole, Programs } from '../support/documents.js'
import { root } from '../support/native-program.js'
import { runProgram } from '../support/run-program.js'

/** Each has a program that runs. */
const SUBJECTS = [
  'loop',
  'handles',
  'http-server',
  'http-client',
  'buffers-and-bufferevents',
  'secrets',
  'tracing',
  'threads-and-c',
  'porting',
].map((name) => `docs/${name}.md`)

const all = documents().flatMap(blocksOf)
const titleOf = ({ document, line }: Block) => `${document}:${line}`
const nameOf = ({ document, line }: Block) => `${document.replaceAll(/\W/g, '-')}-${line}`

/** What stands behind a program: what it prints. */
function outputOf(block: Block): Block | undefined {
  const behind = all[all.indexOf(block) + 1]
  return behind?.document === block.document && behind.language === 'text' ? behind : undefined
}

describe('the programs in the documents', function () {
  this.timeout(120_000)

  let programs: Programs
  const paths = new Map<Block, string>()
  const run = all.filter((block) => isWhole(block) && block.document !== 'README.md')

  before(() => {
    programs = new Programs()
    for (const block of all.filter(isScript)) paths.set(block, programs.add(nameOf(block), asModule(block)))
  })
  after(() => programs[Symbol.dispose]())

  it('fit the library’s types', async () => {
    expect(paths.size).to.be.above(SUBJECTS.length)
    expect(await programs.compile()).to.equal('')
  })

  it('would not, were they wrong', async () => {
    using wrong = new Programs()
    wrong.add('wrong', asModule({ code: 'const wrong: number = obtainEventBase()\n' }))
    expect(await wrong.compile()).to.match(/wrong\.ts.*TS2322[^\n]*\n$/)
  })

  it('are there for each subject', () => {
    expect(SUBJECTS.filter((document) => !run.some((block) => block.document === document))).to.deep.equal([])
  })

  for (const block of run) {
    it(`${titleOf(block)} prints what stands behind it`, async () => {
      const output = outputOf(block)
      expect(output, 'a block of text').to.not.equal(undefined)
      const result = await runProgram(process.execPath, [paths.get(block) as string], { stuckAfter: 100_000 })
      expect(result).to.deep.equal({ code: 0, signal: null, stdout: output?.code, stderr: '' })
    })
  }

  for (const block of all.filter(({ language }) => language === 'c')) {
    it(`${titleOf(block)} compiles`, async () => {
      const file = join(root, 'out', `${nameOf(block)}.c`)
      writeFileSync(file, block.code)
      const { stdout: flags } = await runProgram(process.env.PKG_CONFIG || 'pkg-config', ['--cflags', 'libevent'])
      const args = ['-fsyntax-only', '-Wall', '-Wextra', '-Werror', ...flags.split(/\s+/).filter(Boolean), file]
      const compiled = await runProgram(process.env.CC || 'cc', args)
      expect(compiled).to.deep.equal({ code: 0, signal: null, stdout: '', stderr: '' })
    })
  }
})
