// Secrets that are typed at a terminal.
import { createHash } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { PassThrough } from 'node:stream'
import type { ReadStream } from 'node:tty'
import { SecureString } from 'bitcoin-support'
import { expect } from 'chai'
import { rejection } from '../support/errors.js'
import { runAtTerminal, type Step } from '../support/terminal.js'

const FAILED = 'ERR_SECURE_MEMORY'

/** What the program reports of a line that it was given. */
function line(prompt: string, text: string) {
  const bytes = Buffer.from(text)
  return { prompt, length: bytes.length, sha256: createHash('sha256').update(bytes).digest('hex') }
}

/** Runs a case of the program; the terminal must be as it was, and must not have shown any of the `secret` texts. */
async function prompted(name: string, steps: readonly Step[], secret: readonly string[], args: readonly string[] = []) {
  const result = await runAtTerminal('prompt', [name, ...args], steps)
  for (const text of secret) expect(result.shown).to.not.include(text)
  expect(result.restored).to.equal(true)
  return result
}

describe('SecureString.prompt()', function () {
  // Each starts a process or two, in ms.
  this.timeout(60_000)

  it('fails when there is no terminal', async () => {
    const input = new PassThrough() as unknown as ReadStream
    expect(await rejection(SecureString.prompt({ input }))).to.include({ code: FAILED })
    expect(await rejection(SecureString.prompt({ fd: 1_000_000 }))).to.include({ code: FAILED })
  })

  for (const [options, name, code] of [
    [1, 'TypeError', 'ERR_INVALID_ARG_TYPE'],
    [{ prompt: 1 }, 'TypeError', 'ERR_INVALID_ARG_TYPE'],
    [{ confirm: 1 }, 'TypeError', 'ERR_INVALID_ARG_TYPE'],
    [{ signal: {} }, 'TypeError', 'ERR_INVALID_ARG_TYPE'],
    [{ maxBytes: '1' }, 'TypeError', 'ERR_INVALID_ARG_TYPE'],
    [{ maxBytes: 0 }, 'RangeError', 'ERR_OUT_OF_RANGE'],
    [{ fd: '0' }, 'TypeError', 'ERR_INVALID_ARG_TYPE'],
    [{ fd: -1 }, 'RangeError', 'ERR_OUT_OF_RANGE'],
    [{ output: {} }, 'TypeError', 'ERR_INVALID_ARG_TYPE'],
  ] as const) {
    it(`takes no ${JSON.stringify(options)}`, async () => {
      expect(await rejection(SecureString.prompt(options as never))).to.include({ name, code })
    })
  }

  it('reads lines without echo, and edits them', async () => {
    const typed: [keys: string, text: string][] = [
      ['correct hörse\r', 'correct hörse'],
      ['abé\x7f\x7f\x7f\x08batteryx\x7f\n', 'battery'],
      ['wrong\x15right\r', 'right'],
      ['three more words \x17\x17staple\r', 'three staple'],
      ['\x1b[Aup\x1b[D\x1bOCright\x1b[3~\x1b[1;5C\r', 'upright'],
      ['\x1b[200~pasted text\x1b[201~\r', 'pasted text'],
      ['tab\tand\x00no\x1d others\r', 'tab\tandno others'],
      ['\r', ''],
      ['until the end\x04', 'until the end'],
      [`${'long '.repeat(700)}\r`, 'long '.repeat(700)],
    ]
    const prompts = typed.map((_, i) => `Line ${i}: `)
    const steps = typed.map(([keys], i): Step => [prompts[i] as string, keys])
    const { code, facts } = await prompted('lines', steps, ['correct', 'battery', 'staple', 'pasted', 'long'], prompts)
    expect(facts).to.deep.equal([...typed.map(([, text], i) => line(prompts[i] as string, text)), { raw: false }])
    expect(code).to.equal(0)
  })

  it('leaves what follows a line in the terminal for the next prompt', async () => {
    const { facts } = await prompted(
      'lines',
      [['One: ', 'first\rsecond\nthird\r']],
      ['first', 'second', 'third'],
      ['One: ', 'Two: ', 'Three: '],
    )
    expect(facts).to.deep.equal([
      line('One: ', 'first'),
      line('Two: ', 'second'),
      line('Three: ', 'third'),
      { raw: false },
    ])
  })

  it('asks twice when it is to confirm', async () => {
    const steps: Step[] = [
      ['One: ', 'same\r'],
      ['Again: ', 'same\r'],
      ['Two: ', 'this\r'],
      ['Repeat: ', 'that\r'],
    ]
    const { facts } = await prompted('confirm', steps, ['same', 'this', 'that'])
    expect(facts).to.deep.equal([line('One: ', 'same'), { prompt: 'Two: ', name: 'SecureMemoryError', code: FAILED }])
  })

  it('refuses a line that is too long, to its end', async () => {
    const { facts } = await prompted(
      'limit',
      [
        ['One: ', 'toolong\r'],
        ['Two: ', 'toolong\x15four\r'],
      ],
      ['toolong', 'four'],
    )
    expect(facts).to.deep.equal([{ prompt: 'One: ', name: 'SecureMemoryError', code: FAILED }, line('Two: ', 'four')])
  })

  it('raises SIGINT at Ctrl-C, and rejects when the process goes on', async () => {
    const { facts } = await prompted('interrupted', [['One: ', 'secret\x03']], ['secret'])
    expect(facts).to.deep.equal([{ prompt: 'One: ', name: 'AbortError', code: 'ABORT_ERR' }, { interrupted: true }])
  })

  it('ends the process at Ctrl-C when nobody handles SIGINT', async () => {
    const { code, facts } = await prompted('lines', [['One: ', 'secret\x03']], ['secret'], ['One: '])
    expect([code, facts]).to.deep.equal([-2, []])
  })

  it('ends by an AbortSignal, also while it waits for another prompt', async () => {
    const { facts, shown } = await prompted('signal', [['Three: ', 'secret\r']], ['secret'])
    expect(shown).to.not.match(/^Never: /m)
    const aborted = { name: 'AbortError', code: 20 }
    expect(facts).to.have.deep.members([
      { prompt: 'Never: ', ...aborted },
      { prompt: 'One: ', ...aborted },
      { prompt: 'Two: ', ...aborted },
      line('Three: ', 'secret'),
    ])
  })

  it('asks one after the other', async () => {
    const steps: Step[] = [
      ['One: ', 'first\r'],
      ['Two: ', 'second\r'],
      ['Three: ', 'third\r'],
    ]
    const { facts } = await prompted('together', steps, ['first', 'second', 'third'])
    expect(facts).to.deep.equal([line('One: ', 'first'), line('Two: ', 'second'), line('Three: ', 'third')])
  })

  it('does not mind the encoding and the listeners of stdin', async () => {
    const { facts } = await prompted('encoding', [['One: ', 'hörse\r']], ['hörse'])
    expect(facts).to.deep.equal([line('One: ', 'hörse'), { heard: 0 }])
  })

  it('hides what is typed from a readline that is open beside it', async () => {
    const steps: Step[] = [
      ['> ', 'begin\r'],
      ['One: ', 'secret words\r'],
      ['> ', 'middle\rend\r'],
    ]
    const { code, facts } = await prompted('readline', steps, ['secret', 'words'])
    expect(facts).to.deep.equal([
      line('One: ', 'secret words'),
      { lines: ['begin', 'middle', 'end'], history: ['end', 'middle', 'begin'] },
    ])
    expect(code).to.equal(0)
  })

  it('lets the process end when stdin was paused meanwhile', async () => {
    const { code, facts } = await prompted('closed', [['One: ', 'secret\r']], ['secret'])
    expect([code, facts]).to.deep.equal([0, [line('One: ', 'secret'), { raw: false }]])
  })

  it('works in a worker', async () => {
    const { facts } = await prompted('worker', [['One: ', 'secret\r']], ['secret'])
    expect(facts).to.deep.equal([{ length: 6 }])
  })

  it('gives the terminal back when its worker is terminated', async () => {
    const { facts } = await prompted('terminated', [['Two: ', 'secret\r']], ['secret'])
    expect(facts).to.deep.equal([line('Two: ', 'secret')])
  })

  it('fails when the terminal hangs up', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'hang-up-'))
    const file = join(folder, 'code')
    const { code } = await runAtTerminal('prompt', ['hangup', file], [['One: ', null]])
    expect([code, readFileSync(file, 'utf8')]).to.deep.equal([-9, FAILED])
    rmSync(folder, { recursive: true })
  })

  it('gives the terminal back when the process exits', async () => {
    const { code, facts } = await prompted('exit', [], [])
    expect([code, facts]).to.deep.equal([3, []])
  })
})
