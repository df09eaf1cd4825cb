import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { basename, dirname, join, normalize } from 'node:path'
import { expect } from 'chai'
import { root } from './support.js'

const read = (path: string) => readFileSync(join(root, path), 'utf8')
const manifest = JSON.parse(read('package.json'))
const typedoc = JSON.parse(read('tools/docs/typedoc.json')) as { entryPoints: string[]; projectDocuments: string[] }

/** What people read, by paths below the checkout, without the generated reference. */
function documents(): string[] {
  const pages = (folder: string) => {
    const path = join(root, folder)
    const names = existsSync(path) ? readdirSync(path, { recursive: folder === '.github', encoding: 'utf8' }) : []
    return names.filter((name) => name.endsWith('.md')).map((name) => join(folder, name))
  }
  return ['.', 'docs', '.github'].flatMap(pages)
}

/** GitHub's name for a heading's place. */
function anchorOf(heading: string): string {
  return heading
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N} _-]/gu, '')
    .replaceAll(' ', '-')
}

/** Links of a document that lead to a file or a heading here. */
function linksOf(document: string): { link: string; file: string; anchor: string }[] {
  const text = read(document).replaceAll(/^```.*?^```$/gms, '')
  return [...text.matchAll(/\]\(([^)\s]+)\)/g)]
    .map(([, link = '']) => link)
    .filter((link) => !/^[a-z]+:/.test(link))
    .map((link) => {
      const [path = '', anchor = ''] = link.split('#')
      return { link, file: path === '' ? document : normalize(join(dirname(document), path)), anchor }
    })
}

/** The paths that `a.{h,cc}` stands for. */
function variantsOf(path: string): string[] {
  const [, front = path, endings] = /^(.*)\{([^}]*)\}$/.exec(path) ?? []
  return endings === undefined ? [path] : endings.split(',').map((ending) => front + ending)
}

function hasHeading(file: string, anchor: string): boolean {
  return [...read(file).matchAll(/^#+ (.*)$/gm)].some(([, heading = '']) => anchorOf(heading) === anchor)
}

describe('what the documents promise', () => {
  for (const document of documents()) {
    it(`${document} names only scripts that exist`, () => {
      const named = [...read(document).matchAll(/npm (?:run (?:--silent |-s )?([\w:-]+)|(start|test)\b)/g)]
      const scripts = new Set(named.map(([, script, short]) => script ?? short))
      expect([...scripts].filter((script) => !(String(script) in manifest.scripts))).to.deep.equal([])
    })

    it(`${document} links only to what is there`, () => {
      const broken = linksOf(document).filter(
        ({ file, anchor }) => !existsSync(join(root, file)) || (anchor !== '' && !hasHeading(file, anchor)),
      )
      expect(broken.map(({ link }) => link)).to.deep.equal([])
    })
  }

  // What a recipe has one make.
  const TO_BE_MADE = /thing|<folder>/

  for (const document of ['ARCHITECTURE.md', 'CONTRIBUTING.md']) {
    it(`${document} names only files that are there`, () => {
      const named = [...read(document).matchAll(/`((?:src|native|test|examples|bench|scripts|docs|tools)\/[^`\s]*)`/g)]
      const paths = new Set(named.flatMap(([, path = '']) => variantsOf(path)).filter((path) => !TO_BE_MADE.test(path)))
      expect(paths.size).to.be.above(15)
      expect([...paths].filter((path) => !existsSync(join(root, path)))).to.deep.equal([])
    })
  }

  // Names of libevent's insides are none of ours to look for; a class's name is.
  it('ARCHITECTURE.md names only classes, their members and tests that are there', () => {
    const filesOf = (folder: string) => readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    const sources = ['native', 'src'].flatMap((folder) =>
      filesOf(folder)
        .filter((name) => /\.(cc|h|def|ts)$/.test(name))
        .map((name) => read(join(folder, name))),
    )
    const words = new Set(sources.flatMap((text) => text.match(/\w+/g) ?? []))
    const tests = new Set(filesOf('test').map((name) => basename(name)))
    const text = read('ARCHITECTURE.md')
    const named = [...text.matchAll(/`([A-Z][a-z]\w*(?:::\w+)*)(?:\(\))?`/g)].flatMap(([, name = '']) =>
      name.split('::'),
    )
    const run = [...text.matchAll(/`([\w-]+\.test\.ts)`/g)].map(([, name = '']) => name)
    expect(named.length).to.be.above(40)
    expect(run.length).to.be.above(10)
    expect(named.filter((name) => !words.has(name))).to.deep.equal([])
    expect(run.filter((name) => !tests.has(name))).to.deep.equal([])
  })

  it('README.md leads to each page of docs/', () => {
    const led = new Set(linksOf('README.md').map(({ file }) => file))
    expect(documents().filter((document) => document.startsWith('docs/') && !led.has(document))).to.deep.equal([])
  })

  it('README.md names what each system has to install', async () => {
    const { packages } = await import(new URL('scripts/addon/system-packages.mjs', `file://${root}/`).href)
    const rows = read('README.md')
      .split('\n')
      .filter((line) => /^\| .*(apt-get|dnf|apk|brew) (install|add)/.test(line))
    for (const manager of ['apt', 'dnf', 'apk', 'brew']) {
      const row = rows.find((line) => line.includes(`${manager}-get install`) || line.includes(`${manager} `)) ?? ''
      const needs = ['compiler', 'cmake', 'pkgConfig', 'libevent', ...(manager === 'brew' ? [] : ['make'])]
      const names = needs.flatMap((need) => packages[need][manager] ?? [])
      expect(
        names.filter((name: string) => !row.includes(` ${name}`)),
        manager,
      ).to.deep.equal([])
    }
  })

  it('the reference is of all entry points', () => {
    const { entryPoints } = typedoc
    const exported = Object.values(manifest.exports as Record<string, string | { types?: string }>)
      .map((entry) => (typeof entry === 'string' ? undefined : entry.types))
      .filter((types) => types !== undefined)
      .map((types) => types.replace(/^\.\/dist\/(.*)\.d\.ts$/, '../../src/$1.ts'))
    expect(entryPoints).to.have.members(exported)
  })

  it('the reference has the pages', () => {
    const pages = documents().filter((document) => !document.startsWith('.github/') && document !== 'README.md')
    expect(typedoc.projectDocuments).to.have.members(pages.map((page) => `../../${page}`))
  })

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
