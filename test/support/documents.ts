// What README.md and the pages of docs/ show: their programs, as tests compile and run them.
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import * as library from 'bitcoin-support'
import * as libevent from 'bitcoin-support/libevent'
import { root } from './native-program.js'
import { runProgram } from './run-program.js'

/** A block of a document that is written in a language. */
export interface Block {
  readonly document: string
  readonly language: string
  readonly code: string
  /** The line on which it begins. */
  readonly line: number
}

/** Pages that people read, by their paths below the checkout: not the generated reference. */
export function documents(): string[] {
  const pages = (folder: string) => readdirSync(join(root, folder)).filter((name) => name.endsWith('.md'))
  return [...pages('.'), ...pages('docs').map((name) => `docs/${name}`)]
}

/** The blocks of a document, in order. */
export function blocksOf(document: string): Block[] {
  const text = readFileSync(join(root, document), 'utf8')
  return [...text.matchAll(/^```(\w+)\n(.*?)^```$/gms)].map(({ 1: language = '', 2: code = '', index }) => ({
    document,
    language,
    code,
    line: text.slice(0, index).split('\n').length,
  }))
}

/** A block that is a program or a part of one. */
export function isScript({ language }: Block): boolean {
  return language === 'ts' || language === 'js'
}

/** A program is whole when it says what it imports from the library; others are parts of one. */
export function isWhole(block: Block): boolean {
  return isScript(block) && /^} from 'bitcoin-support|^import .* from 'bitcoin-support/m.test(block.code)
}

/** What a part of a program takes for there, unless it makes it itself. */
const GIVEN: Readonly<Record<string, string>> = {
  base: 'import("bitcoin-support").EventBase',
  http: 'import("bitcoin-support").EvHttp',
  handler: 'bigint',
  state: 'bigint',
  expected: 'import("bitcoin-support").SecureBuffer',
}

/** @returns a block as a module of its own */
export function asModule({ code }: Pick<Block, 'code'>): string {
  const mentions = (name: string) => new RegExp(`\\b${name}\\b`).test(code)
  const makes = (name: string) => new RegExp(`\\b(const|using|let) ${name}\\b`).test(code)
  if (isWhole({ document: '', language: 'ts', code, line: 0 })) return code
  const used = (module: object) => Object.keys(module).filter(mentions)
  const ours = used(library)
  const cs = used(libevent).filter((name) => !ours.includes(name))
  const given = Object.entries(GIVEN).filter(([name]) => mentions(name) && !makes(name))
  return [
    ours.length > 0 ? `import { ${ours.join(', ')} } from 'bitcoin-support'` : '',
    cs.length > 0 ? `import { ${cs.join(', ')} } from 'bitcoin-support/libevent'` : '',
    ...given.map(([name, type]) => `declare const ${name}: ${type}`),
    code,
    'export {}',
  ].join('\n')
}

/** Programs in TypeScript in a folder of their own, inside the package, whose name they import from. */
export class Programs implements Disposable {
  readonly #folder = mkdtempSync(join(root, 'out/documents-'))

  /** Writes one. @returns where its JavaScript will be */
  add(name: string, code: string): string {
    writeFileSync(join(this.#folder, `${name}.ts`), code)
    return join(this.#folder, `${name}.js`)
  }

  /** Compiles them. @returns what the compiler has to say */
  async compile(): Promise<string> {
    const compilerOptions = { rootDir: '.', composite: false, noUnusedLocals: false, noUnusedParameters: false }
    writeFileSync(
      join(this.#folder, 'tsconfig.json'),
      JSON.stringify({ extends: '../../tsconfig.base.json', compilerOptions, include: ['*.ts'] }),
    )
    const tsc = join(root, 'node_modules/typescript/bin/tsc')
    const { stdout, stderr } = await runProgram(process.execPath, [tsc, '-p', this.#folder], { stuckAfter: 100_000 })
    return stdout + stderr
  }

  [Symbol.dispose](): void {
    rmSync(this.#folder, { recursive: true })
  }
}
