import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { expect } from 'chai'
import { buildFolder, compile, compileTimeout, root } from '../support/native-program.js'
import { runProgram } from '../support/run-program.js'

const type = basename(buildFolder)
const cc = process.env.CC ?? 'cc'
/** The library of an Asan build needs the sanitizers' runtime, which is the program's to bring. */
const sanitize = buildFolder.endsWith('Asan') ? ['-fsanitize=address,undefined'] : []
const linking = [`-L${buildFolder}`, '-lsecurebuffer', `-Wl,-rpath,${buildFolder}`, ...sanitize]
const strict = ['-std=c11', '-Wall', '-Wextra', '-Wpedantic', '-Werror', `-I${join(root, 'native/include')}`]

describe('the C library', () => {
  it('exports the functions of its header and nothing else', () => {
    const header = readFileSync(join(root, 'native/include/secure_buffer.h'), 'utf8').replace(/\/\*[\s\S]*?\*\//g, '')
    const declared = [...header.matchAll(/^SECURE_BUFFER_API .*?\b(secure_buffer_\w+|memory_cleanse)\(/gm)].map(
      ([, name]) => name,
    )
    const lines = execFileSync('nm', ['-D', '--defined-only', join(buildFolder, 'libsecurebuffer.so')], {
      encoding: 'utf8',
    })
    const exported = lines
      .trim()
      .split('\n')
      .map((line) => line.split(' ').at(-1))
    expect(declared).to.have.lengthOf(18)
    expect(exported).to.have.members(declared)
  })

  it('has a header that C++ can include too', async function () {
    this.timeout(compileTimeout)
    const source = '#include "secure_buffer.h"\nint main() { return secure_buffer_is_valid(nullptr); }\n'
    const args = ['-x', 'c++', '-fsyntax-only', '-Wall', '-Wextra', '-Werror', `-I${join(root, 'native/include')}`, '-']
    expect(await runProgram(process.env.CXX ?? 'c++', args, { stdin: source })).to.include({ code: 0, stderr: '' })
  })

  it('answers every function with what is not a handle, and every bad argument', async function () {
    this.timeout(compileTimeout)
    const program = await compile(`c-handles-${type}`, [cc], [...strict, 'test/addon/capi/handles.c', ...linking])
    expect(await runProgram(program, [])).to.deep.equal({ code: 0, signal: null, stdout: 'ok\n', stderr: '' })
  })

  it('leaves nothing behind when it is unloaded, with buffers that live too', async function () {
    this.timeout(compileTimeout)
    const program = await compile(
      `c-unload-${type}`,
      [cc],
      [...strict, 'test/addon/capi/unload.c', '-ldl', ...sanitize],
    )
    const { code, stdout, stderr } = await runProgram(program, [join(buildFolder, 'libsecurebuffer.so')])
    expect(code, stderr).to.equal(0)
    const [first, last] = JSON.parse(stdout) as { mappings: number; locked: number; heap: number }[]
    expect(last?.locked).to.equal(0)
    // Eleven rounds lie between the two. The system may split or join a mapping of its own meanwhile.
    expect(Number(last?.mappings) - Number(first?.mappings)).to.be.lessThan(11)
    // The loader keeps some bytes of its own for each time.
    expect(Number(last?.heap) - Number(first?.heap)).to.be.lessThan(16 * 1024)
  })

  it('ends soundly while other threads are in it', async function () {
    this.timeout(compileTimeout)
    const args = [...strict, 'test/addon/capi/exit.c', ...linking, '-lpthread']
    const program = await compile(`c-exit-${type}`, [cc], args)
    for (let i = 0; i < 20; i++) {
      expect(await runProgram(program, [])).to.deep.equal({ code: 0, signal: null, stdout: 'ok\n', stderr: '' })
    }
  })

  it('runs the example in C', async function () {
    this.timeout(compileTimeout)
    const program = await compile(`c-session-key-${type}`, [cc], [...strict, 'examples/c/session_key.c', ...linking])
    expect(await runProgram(program, [])).to.deep.equal({
      code: 0,
      signal: null,
      stdout: [
        'key of 32 bytes, locked: yes',
        'the same key: equal',
        'one bit off: different',
        'a second destroy: -1',
        'a read of a destroyed buffer: -1',
        'session key destroyed\n',
      ].join('\n'),
      stderr: '',
    })
  })

  it('runs the example in Go', async function () {
    this.timeout(compileTimeout)
    const program = await compile(`go-session-key-${type}`, ['go', 'build'], ['examples/go/main.go'], {
      CGO_LDFLAGS: linking.join(' '),
    })
    expect(await runProgram(program, [])).to.deep.equal({
      code: 0,
      signal: null,
      stdout: [
        'goroutines that saw equal keys: 8',
        'a second destroy: secure buffer: the operation failed',
        'a read of a destroyed buffer: secure buffer: the operation failed',
        'session key destroyed\n',
      ].join('\n'),
      stderr: '',
    })
  })

  it('has a benchmark in C, and spends at most 96 bytes on a buffer of 32 besides those', async function () {
    this.timeout(compileTimeout)
    const args = [...strict, '-O2', 'bench/c/secure_buffer.c', ...linking, '-lpthread']
    const program = await compile(`c-bench-${type}`, [cc], args)
    const { code, stdout, stderr } = await runProgram(program, ['100'], { stuckAfter: compileTimeout })
    expect(code, stderr).to.equal(0)
    const numbers = JSON.parse(stdout) as Record<string, number>
    expect(numbers).to.have.all.keys(
      'new_ns',
      'new_destroy_ns',
      'write_ratio',
      'read_ratio',
      'is_valid_p999_ns',
      'overhead_bytes',
    )
    for (const [name, value] of Object.entries(numbers)) expect(value, name).to.satisfy(Number.isFinite)
    // AddressSanitizer's own bookkeeping would count.
    if (type !== 'Asan') expect(numbers.overhead_bytes).to.be.at.most(96)
  })
})
