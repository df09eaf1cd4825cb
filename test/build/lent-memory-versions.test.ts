// Lent memory that a function tries to move elsewhere, on each supported Node.
import { expect } from 'chai'
import { installNodeVersions, nodeBinary, SUPPORTED } from '../support/node-versions.js'
import { factsIn, secureProgram } from '../support/secure-program.js'
import { run } from './support.js'

type Alias = keyof typeof SUPPORTED

/** Node throws this, the memory stays, and use() goes on. */
const refused = (node: string) => ({ node, use: 'none', kept: true, found: false, back: true })
/** Node moves it: it is wiped, and use() throws. */
const MOVED = { node: 'none', use: 'SecureMemoryError', kept: false, found: false, back: true }
/** Nothing happens. */
const NOTHING = { node: 'none', use: 'none', kept: true, found: false, back: true }
const COPIED = { ...NOTHING, found: true }

const POSTED = [
  'structuredClone of bytes',
  'structuredClone of buffer',
  'structuredClone of another',
  'postMessage',
  'postMessage of Buffer',
  'workerData',
]
const METHODS = ['method transfer', 'method transferToFixedLength']
const INNER = ['transfer of ArrayBuffer.prototype', 'byte stream']

/** By the ways: posting, the buffer's own methods, what calls V8's `transfer` without asking the buffer. */
const EXPECTED: Record<Alias, readonly [object, object, object]> = {
  // It has no such methods.
  node20: [MOVED, NOTHING, MOVED],
  node22: [refused('DataCloneError'), refused('TypeError'), MOVED],
  node24: [refused('DataCloneError'), refused('TypeError'), refused('TypeError')],
  newest: [refused('DataCloneError'), refused('TypeError'), refused('TypeError')],
}

describe('lent memory that a function would have elsewhere', function () {
  this.timeout(300_000)

  before(installNodeVersions)

  for (const [alias, range] of Object.entries(SUPPORTED)) {
    it(`stays or is wiped, with an error, on Node ${range}`, async () => {
      const { code, stdout, stderr } = await run(nodeBinary(alias as Alias), [secureProgram('lent-elsewhere')])
      expect(code, stderr).to.equal(0)
      const facts = factsIn(stdout)
      const marked = facts.splice(-2)
      const found = Object.fromEntries(facts.map(({ how, ...rest }) => [how, rest]))
      const [posted, methods, inner] = EXPECTED[alias as Alias]
      expect(found).to.deep.equal({
        ...Object.fromEntries(POSTED.map((how) => [how, posted])),
        ...Object.fromEntries(METHODS.map((how) => [how, methods])),
        ...Object.fromEntries(INNER.map((how) => [how, inner])),
        'structuredClone that copies': COPIED,
        'postMessage that copies': COPIED,
        mark: NOTHING,
      })
      expect(marked).to.deep.equal([{ marked: 0 }, { marked: 0 }])
    })
  }
})
