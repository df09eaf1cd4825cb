// Another instance of the library's modules in this thread, in a context of its own with its own TypeError and Uint8Array. Test
// runners make one for each file.
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type Context, createContext, runInContext } from 'node:vm'

type Library = typeof import('bitcoin-support')
type Libevent = typeof import('bitcoin-support/libevent')
type Native = typeof import('../../src/native/native.js')

const folder = fileURLToPath(new URL('./cjs/', import.meta.resolve('bitcoin-support')))

/** The context's own classes. */
interface Globals {
  TypeError: TypeErrorConstructor
  RangeError: RangeErrorConstructor
  Error: ErrorConstructor
  Uint8Array: Uint8ArrayConstructor
  Promise: PromiseConstructor
  Array: ArrayConstructor
}

function contextLikeJests(): Context {
  const context = createContext({ Buffer, process, URL, AbortSignal, console })
  // Where V8 has no such symbol Node adds it, but to its own context alone.
  const symbols = runInContext('Symbol', context) as { dispose?: symbol }
  symbols.dispose ??= Symbol.dispose
  return context
}

/** The library once more. Nothing keeps it but who uses it. */
export class ModuleInstance {
  readonly #context: Context = contextLikeJests()
  readonly #modules = new Map<string, { exports: unknown }>()
  readonly globals = this.run('({ TypeError, RangeError, Error, Uint8Array, Promise, Array })') as Globals
  readonly library = this.#load(join(folder, 'index.cjs')) as Library
  readonly libevent = this.#load(join(folder, 'libevent.cjs')) as Libevent
  readonly native = (this.#load(join(folder, 'native', 'native.cjs')) as Native).native

  /** @returns what `code` is in the context */
  run(code: string): unknown {
    return runInContext(code, this.#context)
  }

  #load(file: string): unknown {
    const known = this.#modules.get(file)
    if (known !== undefined) return known.exports
    const module = { exports: {} as unknown }
    this.#modules.set(file, module)
    const outer = createRequire(file)
    const require = (name: string) => (name.startsWith('.') ? this.#load(join(dirname(file), name)) : outer(name))
    const body = runInContext(
      `(function (module, exports, require, __filename) {${readFileSync(file, 'utf8')}\n})`,
      this.#context,
      { filename: file },
    )
    body(module, module.exports, require, file)
    return module.exports
  }
}
