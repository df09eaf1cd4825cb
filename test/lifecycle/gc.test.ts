import { fileURLToPath } from 'node:url'
import { expect } from 'chai'
import { LIFE_STAGES } from '../support/life-stages/index.js'
import { runProgram } from '../support/run-program.js'

const PROGRAM = fileURLToPath(new URL('../programs/gc-cases.js', import.meta.url))

interface Outcome {
  readonly result?: unknown
  readonly live: Readonly<Record<string, number>>
  readonly warnings: readonly { name: string; code: string; message: string; detail: string }[]
}

const STAGES = fileURLToPath(new URL('../programs/gc-stages.js', import.meta.url))

type Counts = Readonly<Record<string, number>>

// What is collected while the base is dispatched leaves these. Of all other stages nothing is collected: somebody waits for something.
const LEFT: Readonly<Record<string, Counts>> = {
  'buffers that refer to each other': { EventBase: 1 },
  'the buffers of a bufferevent': { EventBase: 1 },
  'what lives on no base': { EventBase: 1 },
  'tokens that are open': { EventBase: 1, LibEvent: 1 },
  'a client that has not asked': { EventBase: 1 },
  'a client whose reply nobody reads': { EventBase: 1 },
}

const NOTHING_LIVE = { EventBase: 0, LibEvent: 0, EvHttp: 0, EvBuffer: 0, Own: 0 }

async function collected(name: string, ...rest: string[]): Promise<Outcome> {
  const { code, stdout, stderr } = await runProgram(process.execPath, ['--expose-gc', PROGRAM, name, ...rest])
  expect(code, stderr).to.equal(0)
  return JSON.parse(stdout)
}

const reported = ({ warnings }: Outcome) => warnings.map(({ message }) => message)
const leak = (handle: string) => `${handle} was collected without having been disposed`

describe('a handle that is dropped', () => {
  it('is disposed when it is collected, and reported', async () => {
    const outcome = await collected('a handle of a declared type')
    expect(outcome.live).to.deep.equal(NOTHING_LIVE)
    expect(outcome.warnings).to.deep.equal([
      {
        name: 'HandleLeakWarning',
        code: 'BITCOIN_SUPPORT_LEAK',
        message: leak('GcTest.Own #1'),
        detail: 'Set BITCOIN_SUPPORT_STACKS=1 to see where it was created.',
      },
    ])
  })

  it('is reported with the place where it was made, when that was to be remembered', async () => {
    const { warnings } = await collected('a handle of a declared type', '1')
    expect(warnings).to.have.lengthOf(1)
    expect(warnings[0]?.message).to.equal(leak('GcTest.Own #1'))
    expect(warnings[0]?.detail).to.match(/^ +at .*gc-cases\.js/m)
  })

  it('lets go of what it refers to, itself included', async () => {
    const outcome = await collected('buffers that refer to each other')
    expect(outcome.live).to.deep.equal(NOTHING_LIVE)
    expect(outcome.result).to.equal(1)
    expect(reported(outcome)).to.have.members([leak('EvBuffer #1'), leak('EvBuffer #2')])
  })

  it('is disposed though its base lives on', async () => {
    const outcome = await collected('an event that waits for nothing')
    expect(outcome.live).to.deep.equal(NOTHING_LIVE)
    expect(reported(outcome)).to.deep.equal([leak('LibEvent #1')])
  })

  it('takes what lives on it along: a base its events', async () => {
    const outcome = await collected('a base with events')
    expect(outcome.live).to.deep.equal(NOTHING_LIVE)
    expect(reported(outcome)).to.include(leak('EventBase #1'))
  })

  it('takes what lives on it along: a base its server', async () => {
    const outcome = await collected('a server')
    expect(outcome.live).to.deep.equal(NOTHING_LIVE)
    expect(reported(outcome)).to.include(leak('EventBase #1'))
  })

  it('is not reported when it was disposed, by itself or with its owner', async () => {
    expect(await collected('what was disposed')).to.deep.equal({ live: NOTHING_LIVE, warnings: [] })
  })

  it('stays while it waits or is active', async () => {
    const outcome = await collected('an event that waits, on a base that is kept')
    expect(outcome.result).to.deep.equal(['live 2', 'active', 'timeout', 'ended with 1', 'live 0'])
    expect(reported(outcome)).to.have.members([leak('LibEvent #1'), leak('LibEvent #2')])
    expect(outcome.live).to.deep.equal(NOTHING_LIVE)
  })

  it('stays while its base is dispatched, as the base does', async () => {
    const outcome = await collected('everything, while it is dispatched')
    expect(outcome.result).to.deep.equal(['ended with 1', 'event', 'live 1 1', 'once'])
    // Both are collected at once. When the base is disposed first, its event ends with it and is not reported.
    expect(reported(outcome)).to.include(leak('EventBase #1'))
    expect(outcome.live).to.deep.equal(NOTHING_LIVE)
  })

  it('stays while its base is dispatched: a server goes on serving', async () => {
    const outcome = await collected('a server, while it is dispatched')
    expect(outcome.result).to.deep.equal(['still here', 0])
    expect(outcome.live).to.deep.equal(NOTHING_LIVE)
  })

  it('stays while it is dispatched, though it has the place of one that was disposed in its own loop', async () => {
    const outcome = await collected('a base that took the place of one that was disposed in its callback')
    expect(outcome.result).to.deep.equal(['event'])
    expect(outcome.live).to.deep.equal(NOTHING_LIVE)
  })

  it('keeps no callback and no argument once it is disposed', async () => {
    expect((await collected('the callback of an event that was disposed')).result).to.deep.equal([true])
  })

  it('keeps no callback and no argument once it waits no more', async () => {
    const { result } = await collected('the callback of an event that has run, or was deleted')
    expect(result).to.deep.equal([true, true, true])
  })

  for (const [what, name, result] of [
    ['stays while a client may get its answer', 'the resolver of a client', ['hello', true]],
    ['stays while it has members', 'a group of limited bufferevents', [3, 0]],
    ['stays while what belongs to it is used', 'a bufferevent of which a buffer is kept', 4],
    ['hears of nothing more', 'a signal that is shared with Node', [1, 0]],
    ['gives its connection back', 'the reply that a client streams', 'short'],
  ] as const) {
    it(`${what}: ${name}`, async () => {
      const outcome = await collected(name)
      expect(outcome.result).to.deep.equal(result)
      expect(outcome.live).to.deep.equal(NOTHING_LIVE)
    })
  }

  it('is disposed as one of ten thousand', async () => {
    expect((await collected('ten thousand events')).result).to.deep.equal([10_000, 5000, 0])
  })
})

describe('all that is dropped with its base is disposed and reported', () => {
  for (const name of Object.keys(LIFE_STAGES)) {
    it(name, async () => {
      const { code, stdout, stderr } = await runProgram(process.execPath, ['--expose-gc', STAGES, name])
      expect(code, stderr).to.equal(0)
      const { reached, kept, warnings } = JSON.parse(stdout) as {
        reached: Counts
        kept: Counts
        warnings: readonly { code: string; message: string }[]
      }
      expect(kept).to.deep.equal(LEFT[name] ?? reached)
      expect(warnings.map(({ message }) => message)).to.include(leak('EventBase #1'))
      for (const warning of warnings) {
        expect(warning.code).to.equal('BITCOIN_SUPPORT_LEAK')
        expect(warning.message).to.match(/^\w+ #\d+ was collected without having been disposed$/)
      }
    })
  }
})
