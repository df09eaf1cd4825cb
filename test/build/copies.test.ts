// Two copies of the package in one process: a program and a dependency may each have installed one.
import { cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'chai'
import { root, run, TemporaryFolder } from './support.js'

const ADDON = join('build', 'Release', 'bitcoin_support.node')
const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string }

/** Has a base of each copy wait side by side. */
const PROGRAM = `
import { Worker } from 'node:worker_threads'
const copies = await Promise.all(['./first/dist/index.js', './second/dist/index.js'].map((path) => import(path)))
const before = process.cpuUsage()
const bases = copies.map((copy) => copy.obtainEventBase())
const heard = []
bases.forEach((base, index) => base.once(-1, copies[index].EV_TIMEOUT, () => heard.push(index), undefined, 300 + index))
const results = await Promise.all(bases.map((base) => base.dispatch()))
const { user, system } = process.cpuUsage(before)

// What one shares a worker opens with the other.
const token = bases[0].share((message) => { heard.push(message); bases[0].unshare(token) })
const worker = new Worker(
  "const { workerData, parentPort } = require('node:worker_threads'); import(workerData.url).then(({ EventToken }) => {" +
  "try { const t = EventToken.open(workerData.token); t.once('from a worker'); t.dispose(); parentPort.postMessage('opened') }" +
  "catch (error) { parentPort.postMessage(error.code) } })",
  { eval: true, workerData: { token, url: new URL('./second/dist/index.js', import.meta.url).href } },
)
const answer = await new Promise((resolve) => worker.once('message', resolve))
if (answer === 'opened') await bases[0].dispatch()
bases.forEach((base) => base.dispose())
console.log(JSON.stringify({
  heard, results, answer, busy: (user + system) / 1000 > 200,
  live: copies.map((copy) => copy.EventBase.live()), same: copies[0].EventBase === copies[1].EventBase,
}))
`

describe('two copies of the package in one process', () => {
  let folder: TemporaryFolder

  beforeEach(() => {
    folder = new TemporaryFolder()
    for (const copy of ['first', 'second']) {
      const path = join(folder.path, copy)
      mkdirSync(join(path, 'build', 'Release'), { recursive: true })
      cpSync(join(root, 'dist'), join(path, 'dist'), { recursive: true })
      cpSync(join(root, 'package.json'), join(path, 'package.json'))
      cpSync(join(root, ADDON), join(path, ADDON))
    }
    writeFileSync(join(folder.path, 'program.mjs'), PROGRAM)
  })

  afterEach(() => folder[Symbol.dispose]())

  async function outcome(): Promise<object> {
    const { code, stdout, stderr } = await run(process.execPath, ['program.mjs'], { cwd: folder.path })
    expect({ code, stderr }).to.deep.equal({ code: 0, stderr: '' })
    return JSON.parse(stdout) as object
  }

  it('share the addon that was loaded first, when they are of one version', async () => {
    expect(await outcome()).to.deep.equal({
      heard: [0, 1, 'from a worker'],
      results: [1, 1],
      answer: 'opened',
      busy: false,
      live: [0, 0],
      same: false,
    })
  })

  it('have one each, when they are not', async () => {
    const path = join(folder.path, 'second', ADDON)
    const addon = readFileSync(path)
    const needle = Buffer.from(`\0${version}\0`)
    const at = addon.indexOf(needle)
    expect([at > 0, addon.indexOf(needle, at + 1)]).to.deep.equal([true, -1])
    addon.write('9', at + 1)
    writeFileSync(path, addon)
    // Each has a driver in Node's loop then, and they do not let each other wait.
    expect(await outcome()).to.deep.include({ heard: [0, 1], results: [1, 1], answer: 'ERR_EV_DISPOSED', live: [0, 0] })
  })
})
