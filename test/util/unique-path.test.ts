import { existsSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, dirname, join } from 'node:path'
import { Worker } from 'node:worker_threads'
import { getUniquePath, makeUniqueDirectory } from 'bitcoin-support'
import { expect } from 'chai'

const EIGHT_HEX = /^[0-9a-f]{8}$/

describe('unique paths', () => {
  let directory: string
  before(() => {
    directory = mkdtempSync(join(tmpdir(), 'unique-path-'))
  })
  after(() => rmSync(directory, { recursive: true }))

  describe('getUniquePath()', () => {
    it('is eight hex digits in the directory, which need not exist', () => {
      for (const base of ['/tmp/no/such/place', 'relative', directory, '/']) {
        const path = getUniquePath(base)
        expect(dirname(path)).to.equal(base)
        expect(basename(path)).to.match(EIGHT_HEX)
        expect(existsSync(path)).to.equal(false)
      }
      expect(getUniquePath('/tmp//a/../b/')).to.match(/^\/tmp\/b\/[0-9a-f]{8}$/)
    })

    it('is never the same twice', () => {
      const count = 200_000
      const paths = new Set<string>()
      for (let i = 0; i < count; i++) paths.add(getUniquePath('x'))
      expect(paths.size).to.equal(count)
    })

    it('is never the same in two threads', async () => {
      const entry = new URL(import.meta.resolve('bitcoin-support')).pathname
      const source = `
        const { parentPort } = require('node:worker_threads')
        import(${JSON.stringify(entry)}).then(({ getUniquePath }) => {
          parentPort.once('message', () => {
            parentPort.postMessage(Array.from({ length: 20_000 }, () => getUniquePath('x')))
          })
          parentPort.postMessage('ready')
        })`
      const workers = [1, 2, 3].map(() => new Worker(source, { eval: true }))
      const next = (worker: Worker) =>
        new Promise((resolve, reject) => {
          worker.once('message', resolve)
          worker.once('error', reject)
        })
      await Promise.all(workers.map(next))
      const lists = workers.map((worker) => next(worker) as Promise<string[]>)
      for (const worker of workers) worker.postMessage('go')
      const own = Array.from({ length: 20_000 }, () => getUniquePath('x'))
      const all = [own, ...(await Promise.all(lists))].flat()
      await Promise.all(workers.map((worker) => worker.terminate()))
      expect(all).to.have.lengthOf(80_000)
      expect(new Set(all).size).to.equal(80_000)
    })

    it('refuses what is no path', () => {
      for (const base of [undefined, null, 1, new URL('file:///tmp')]) {
        expect(() => getUniquePath(base as unknown as string)).to.throw(TypeError, /^base /)
      }
    })
  })

  describe('makeUniqueDirectory()', () => {
    it('makes a directory for its owner alone, and its parents', () => {
      const base = join(directory, 'some', 'parents')
      const first = makeUniqueDirectory(base)
      const second = makeUniqueDirectory(base)
      expect(first).to.not.equal(second)
      for (const path of [first, second]) {
        expect(dirname(path)).to.equal(base)
        expect(basename(path)).to.match(EIGHT_HEX)
        expect(statSync(path).isDirectory()).to.equal(true)
        expect(statSync(path).mode & 0o777).to.equal(0o700)
      }
    })

    it('says why it cannot', () => {
      const file = join(directory, 'file')
      writeFileSync(file, '')
      expect(() => makeUniqueDirectory(file))
        .to.throw()
        .with.property('code', 'EEXIST')
      expect(() => makeUniqueDirectory(join(file, 'below')))
        .to.throw()
        .with.property('code', 'ENOTDIR')
      expect(() => makeUniqueDirectory(1 as unknown as string)).to.throw(TypeError, /^base /)
    })
  })
})
