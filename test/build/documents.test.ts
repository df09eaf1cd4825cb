import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'chai'
import { root } from './support.js'

const read = (path: string) => readFileSync(join(root, path), 'utf8')
const manifest = JSON.parse(read('package.json'))

/** README.md and what stands in docs/, without the generated reference. */
function documents() {
  const docs = join(root, 'docs')
  const guides = existsSync(docs) ? readdirSync(docs).filter((name) => name.endsWith('.md')) : []
  return ['README.md', ...guides.map((name) => join('docs', name))]
}

describe('what the documents promise', () => {
  for (const document of documents()) {
    it(`${document} names only scripts that exist`, () => {
      const named = [...read(document).matchAll(/npm (?:run (?:--silent |-s )?([\w:-]+)|(start|test)\b)/g)]
      const scripts = new Set(named.map(([, script, short]) => script ?? short))
      expect([...scripts].filter((script) => !(String(script) in manifest.scripts))).to.deep.equal([])
    })
  }

  it('README.md names the two commands', () => {
    expect(read('README.md'))
      .to.match(/npm start\b/)
      .and.match(/npm test\b/)
  })

  it('README.md says what each dependency is for', () => {
    const section =
      read('README.md')
        .split(/^## /m)
        .find((text) => text.startsWith('Dependencies')) ?? ''
    const { dependencies, devDependencies, peerDependencies } = manifest
    const all = Object.keys({ ...dependencies, ...devDependencies, ...peerDependencies })
    // Types are part of the package that they describe.
    const missing = all.filter((name) => !name.startsWith('@types/') && !section.includes(name))
    expect(missing).to.deep.equal([])
  })
})

describe('the lock files', () => {
  for (const folder of ['.', 'tools/docs']) {
    it(`${folder}/package-lock.json names no download address`, () => {
      const { packages } = JSON.parse(read(join(folder, 'package-lock.json'))) as {
        packages: Record<string, { resolved?: string; integrity?: string }>
      }
      const entries = Object.entries(packages).filter(([path]) => path !== '')
      expect(entries).to.not.have.lengthOf(0)
      expect(entries.filter(([, entry]) => entry.resolved)).to.deep.equal([])
      // Without an address the content is still pinned.
      expect(entries.filter(([, entry]) => !entry.integrity)).to.deep.equal([])
    })

    it(`${folder}/.npmrc keeps it so`, () => {
      expect(read(join(folder, '.npmrc'))).to.match(/^omit-lockfile-registry-resolved=true$/m)
    })
  }
})
