// A program in C's names alone, like libevent's samples, with real clients.
import { type ChildProcess, spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { constants, tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { expect } from 'chai'
import { runProgram } from '../../support/run-program.js'
import { requestWith, Wire } from '../../support/wire.js'

const PROGRAM = fileURLToPath(new URL('../../../examples/libevent/program.js', import.meta.url))

/** More than sockets and the proxy together hold. */
const LARGE = 24 * 1024 * 1024

/** The program while it runs. Disposing it checks that it ends well. */
class Running implements AsyncDisposable {
  readonly #process: ChildProcess
  readonly #stderr: Promise<string>
  readonly lines: string[] = []

  private constructor(args: readonly string[]) {
    this.#process = spawn(process.execPath, [PROGRAM, ...args], { stdio: ['ignore', 'pipe', 'pipe'] })
    this.#stderr = this.#process.stderr === null ? Promise.resolve('') : text(this.#process.stderr)
  }

  static async start(...args: string[]): Promise<Running> {
    const running = new Running(args)
    const { stdout } = running.#process
    if (stdout === null) throw new Error('the program has no output')
    let rest = ''
    await new Promise<void>((resolve, reject) => {
      stdout.setEncoding('utf8').on('data', (chunk: string) => {
        const lines = (rest + chunk).split('\n')
        rest = lines.pop() ?? ''
        running.lines.push(...lines)
        if (lines.includes('Ready')) resolve()
      })
      stdout.once('end', async () => reject(new Error(`it ended: ${await running.#stderr}`)))
    })
    return running
  }

  #port(pattern: RegExp): number {
    const port = this.lines.map((line) => pattern.exec(line)?.[1]).find((found) => found !== undefined)
    if (port === undefined) throw new Error(`it does not say where: ${this.lines.join('\n')}`)
    return Number(port)
  }

  get port(): number {
    return this.#port(/ serves .* on 127\.0\.0\.1:(\d+)$/)
  }

  get proxyPort(): number {
    return this.#port(/^The proxy listens on 127\.0\.0\.1:(\d+)$/)
  }

  async stop(signal: NodeJS.Signals = 'SIGHUP'): Promise<void> {
    if (this.#process.exitCode !== null) return
    const closed = once(this.#process, 'close')
    this.#process.kill(signal)
    const [code] = await closed
    expect({ code, stderr: await this.#stderr, last: this.lines.at(-1) }).to.deep.equal({
      code: 0,
      stderr: '',
      last: 'Bye',
    })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop()
  }
}

/** What curl says, which must succeed. */
async function curl(...args: string[]): Promise<string> {
  const result = await runProgram('curl', ['--silent', '--show-error', ...args])
  expect(result).to.include({ code: 0, stderr: '' })
  return result.stdout
}

describe('examples/libevent', function () {
  this.timeout(60_000)
  let docroot: string
  const large = randomBytes(LARGE)

  before(() => {
    docroot = mkdtempSync(join(tmpdir(), 'docroot-'))
    mkdirSync(join(docroot, 'sub dir'))
    writeFileSync(join(docroot, 'a.txt'), 'text of a\n')
    writeFileSync(join(docroot, 'sub dir', '<b>&.html'), '<p>b</p>')
    writeFileSync(join(docroot, 'large'), large)
    writeFileSync(join(docroot, 'empty'), '')
  })
  after(() => rmSync(docroot, { recursive: true }))

  it('serves files with their type, without and with a body', async () => {
    await using program = await Running.start(docroot)
    const url = `http://127.0.0.1:${program.port}`
    const format = ['--write-out', '%{http_code} %{content_type}']
    expect(await curl(...format, `${url}/a.txt`)).to.equal('text of a\n200 text/plain')
    expect(await curl(...format, `${url}/sub%20dir/%3Cb%3E&.html`)).to.equal('<p>b</p>200 text/html')
    expect(await curl(...format, `${url}/empty`)).to.equal('200 application/octet-stream')
    expect(await curl(...format, '--head', '--output', '/dev/null', `${url}/a.txt`)).to.equal('200 text/plain')
    const file = join(docroot, 'copy')
    await curl('--output', file, `${url}/large`)
    expect(readFileSync(file).equals(large)).to.equal(true)
    rmSync(file)
  })

  it('serves an index whose links work', async () => {
    await using program = await Running.start(docroot)
    const url = `http://127.0.0.1:${program.port}`
    const index = await curl(`${url}/sub%20dir`)
    expect(index).to.include('<h1>/sub dir</h1>').and.include('>&lt;b&gt;&amp;.html</a>')
    const href = /href="([^"]+)"/.exec(index)?.[1]
    expect(await curl(`${url}${href}`)).to.equal('<p>b</p>')
  })

  it('serves nothing else', async () => {
    await using program = await Running.start(docroot)
    const url = `http://127.0.0.1:${program.port}`
    for (const [path, status] of [
      ['/none', '404'],
      ['/../a.txt', '400'],
      ['/sub%20dir/%2e%2e/a.txt', '400'],
      ['/a.txt%00', '400'],
      ['/a.txt/x', '404'],
    ]) {
      const args = ['--path-as-is', '--output', '/dev/null', '--write-out', '%{http_code}', `${url}${path}`]
      expect(await curl(...args), path).to.equal(status)
    }
    expect(
      await curl('--request', 'DELETE', '--output', '/dev/null', '--write-out', '%{http_code}', `${url}/a.txt`),
    ).to.equal('405')
  })

  it('shows a request, body and all', async () => {
    await using program = await Running.start(docroot)
    const body = 'x'.repeat(300)
    const shown = await curl('--data', body, '--header', 'X-Test: yes', `http://127.0.0.1:${program.port}/dump?q`)
    expect(shown).to.include('Received a POST request for /dump?q\nFrom: 127.0.0.1\n')
    expect(shown).to.include('\n  X-Test: yes\n')
    expect(shown).to.match(new RegExp(`Input data: <<<\n${body}>>>\n$`))
  })

  it('says what it is asked, and stops on SIGUSR2 too', async () => {
    const program = await Running.start('-v', docroot)
    await curl(`http://127.0.0.1:${program.port}/a.txt?q`)
    await program.stop('SIGUSR2')
    expect(program.lines)
      .to.include('Got a request for </a.txt?q>')
      .and.include(`Got signal ${constants.signals.SIGUSR2}`)
  })

  it('serves several requests of a connection, and a client that goes in the midst of one', async () => {
    await using program = await Running.start(docroot)
    using gone = await Wire.open(program.port)
    gone.send('GET /la')
    using raw = await Wire.open(program.port)
    for (const _ of [1, 2]) {
      raw.send(requestWith('GET /a.txt'))
      expect((await raw.reply()).body.toString()).to.equal('text of a\n')
    }
  })

  it('proxies: whole files, several at once, and several requests of a connection', async () => {
    await using program = await Running.start('-p', '127.0.0.1:0', docroot)
    const url = `http://127.0.0.1:${program.proxyPort}`
    expect(await curl(`${url}/a.txt`, `${url}/a.txt`)).to.equal('text of a\ntext of a\n')
    const files = ['one', 'two', 'three'].map((name) => join(docroot, name))
    await Promise.all(files.map((file) => curl('--output', file, `${url}/large`)))
    for (const file of files) {
      expect(readFileSync(file).equals(large)).to.equal(true)
      rmSync(file)
    }
  })

  it('proxies to a client that does not read for a while', async () => {
    await using program = await Running.start('-p', '127.0.0.1:0', docroot)
    const socket = connect(program.proxyPort, '127.0.0.1')
    await once(socket, 'connect')
    socket.pause()
    socket.write(requestWith('GET /large', { Connection: 'close' }))
    // Whatever is written for it now has nowhere to go; the proxy serves others meanwhile.
    expect(await curl(`http://127.0.0.1:${program.proxyPort}/a.txt`)).to.equal('text of a\n')
    const chunks: Buffer[] = []
    for await (const chunk of socket) chunks.push(chunk as Buffer)
    const received = Buffer.concat(chunks)
    expect(received.subarray(received.indexOf('\r\n\r\n') + 4).equals(large)).to.equal(true)
  })

  it('proxies a client that ends its side, and one that goes', async () => {
    await using program = await Running.start('-p', '127.0.0.1:0', docroot)
    const gone = connect(program.proxyPort, '127.0.0.1')
    await once(gone, 'connect')
    gone.write('GET /la')
    gone.destroy()
    using raw = await Wire.open(program.proxyPort)
    raw.send(requestWith('GET /a.txt', { Connection: 'close' }))
    expect((await raw.reply()).body.toString()).to.equal('text of a\n')
  })

  it('proxies on a UNIX socket, and to one', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'proxy-'))
    const path = join(folder, 'socket')
    try {
      await using inner = await Running.start('-p', path, docroot)
      await using outer = await Running.start('-p', '127.0.0.1:0', '-t', path, docroot)
      expect(await curl('--unix-socket', path, 'http://host/a.txt')).to.equal('text of a\n')
      expect(await curl(`http://127.0.0.1:${outer.proxyPort}/a.txt`)).to.equal('text of a\n')
      await inner.stop()
      // Nobody is there any more.
      using raw = await Wire.open(outer.proxyPort)
      raw.send(requestWith('GET /a.txt'))
      expect((await raw.remains()).toString()).to.equal('')
    } finally {
      rmSync(folder, { recursive: true })
    }
  })

  it('explains itself when its arguments are wrong, and says what fails', async () => {
    for (const args of [[], ['-x', '.'], ['-l', 'nowhere', '.'], ['-l'], ['.', '.'], ['-p', '127.0.0.1:99999', '.']]) {
      const { code, stderr } = await runProgram(process.execPath, [PROGRAM, ...args])
      expect({ code, usage: stderr.includes('Usage: program') }).to.deep.equal({ code: 1, usage: true })
    }
    await using program = await Running.start(docroot)
    const taken = `127.0.0.1:${program.port}`
    const { code, stderr } = await runProgram(process.execPath, [PROGRAM, '-l', taken, docroot])
    expect({ code, stderr }).to.deep.equal({ code: 1, stderr: 'evhttp_bind_socket_with_handle failed\n' })
  })
})
