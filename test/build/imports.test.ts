// Loading the package loads its own files alone, and does not keep the process alive.
import { expect } from 'chai'
import { root, run } from './support.js'

/** Parts of Node that take their time to load, and that none of the entry points has a use for. */
const HEAVY = [
  'http',
  'https',
  'http2',
  'tls',
  'crypto',
  'zlib',
  'child_process',
  'cluster',
  'dns',
  'readline',
  'tty',
  'repl',
]

const REPORT = `
const loaded = process.moduleLoadList.filter((name) => name.startsWith('NativeModule ')).map((name) => name.slice(13))
console.log(JSON.stringify(${JSON.stringify(HEAVY)}.filter((name) => loaded.includes(name) && !before.includes('NativeModule ' + name))))
`

describe('loading the package', () => {
  for (const entry of ['bitcoin-support', 'bitcoin-support/libevent']) {
    for (const [how, type, load] of [
      ['import', 'module', `await import('${entry}')`],
      ['require', 'commonjs', `require('${entry}')`],
    ] as const) {
      it(`${how} of ${entry} loads nothing heavy, says nothing and holds nothing`, async () => {
        const program = `const before = [...process.moduleLoadList]\n${load}\n${REPORT}`
        // A require() of an ES module is an experiment of Node 20's, and says so outside of node_modules.
        const args = ['--disable-warning=ExperimentalWarning', `--input-type=${type}`, '--eval', program]
        const { code, stdout, stderr } = await run(process.execPath, args, { cwd: root })
        expect({ code, stdout, stderr }).to.deep.equal({ code: 0, stdout: '[]\n', stderr: '' })
      })
    }
  }
})
