import { execFile } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { constants, tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { EventError, type EvHttpPeer, type EvHttpUnixOptions, obtainEventBase, obtainEvHttp } from 'bitcoin-support'
import { expect } from 'chai'
import { HttpServer } from '../../support/http-server.js'
import { checkLiveCountsAfterEach } from '../../support/live-counts.js'
import { request, Wire } from '../../support/wire.js'

const { EADDRINUSE, ENAMETOOLONG, ENOENT } = constants.errno

describe('EvHttp: a UNIX socket', () => {
  checkLiveCountsAfterEach()

  let folder: string
  let path: string
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'ev-http-'))
    path = join(folder, 'socket')
  })
  afterEach(() => rmSync(folder, { recursive: true }))

  function codeOf(bind: () => unknown): unknown {
    try {
      bind()
    } catch (error) {
      if (!(error instanceof EventError)) throw error
      return { code: error.code, errno: error.errno, syscall: error.syscall }
    }
    return 'bound'
  }

  function bindAlone(where: string, options?: EvHttpUnixOptions): void {
    using base = obtainEventBase()
    using http = obtainEvHttp(base)
    http.bindUnixSocket(where, options)
  }

  it('serves, says where it is, and knows its peers by their kind', async () => {
    const peers: EvHttpPeer[] = []
    await using server = new HttpServer((request) => {
      peers.push(request.getConnection()?.getPeer() as EvHttpPeer)
      request.reply({ body: 'by path' })
    })
    const socket = server.http.bindUnixSocket(path)
    expect(socket.address()).to.deep.equal({ family: 'unix', path })
    using wire = await Wire.open({ path })
    wire.send(request('GET /'))
    expect((await wire.reply()).body.toString()).to.equal('by path')
    expect(peers).to.deep.equal([{ kind: 'unix', address: '', port: 0 }])
  })

  it('serves curl', async () => {
    await using server = new HttpServer((request) => request.reply({ body: request.getUri() }))
    server.http.bindUnixSocket(path)
    const { stdout } = await promisify(execFile)('curl', ['-sS', '--unix-socket', path, 'http://localhost/a?b'])
    expect(stdout).to.equal('/a?b')
  })

  it('has the mode that it was given', () => {
    for (const mode of [0o600, 0o660, 0o777]) {
      using base = obtainEventBase()
      using http = obtainEvHttp(base)
      http.bindUnixSocket(path, { mode })
      const status = statSync(path)
      expect(status.isSocket()).to.equal(true)
      expect(status.mode & 0o7777).to.equal(mode)
    }
  })

  it('takes its name away when its server or itself goes', () => {
    bindAlone(path)
    expect(existsSync(path)).to.equal(false)

    using base = obtainEventBase()
    using http = obtainEvHttp(base)
    const socket = http.bindUnixSocket(path)
    expect(existsSync(path)).to.equal(true)
    http.delAcceptSocket(socket)
    expect(existsSync(path)).to.equal(false)
  })

  it('takes nothing’s place, and leaves it there', () => {
    writeFileSync(path, 'precious')
    expect(codeOf(() => bindAlone(path))).to.deep.equal({ code: 'ERR_EV_BIND', errno: -EADDRINUSE, syscall: 'bind' })
    expect(statSync(path).isFile()).to.equal(true)

    const other = join(folder, 'other')
    using base = obtainEventBase()
    using http = obtainEvHttp(base)
    http.bindUnixSocket(other)
    expect(codeOf(() => bindAlone(other))).to.deep.equal({ code: 'ERR_EV_BIND', errno: -EADDRINUSE, syscall: 'bind' })
    expect(existsSync(other)).to.equal(true)
  })

  it('says why it cannot be', () => {
    const nowhere = join(folder, 'missing', 'socket')
    expect(codeOf(() => bindAlone(nowhere))).to.deep.equal({ code: 'ERR_EV_BIND', errno: -ENOENT, syscall: 'bind' })
    const long = join(folder, 'x'.repeat(120))
    expect(codeOf(() => bindAlone(long))).to.deep.equal({ code: 'ERR_EV_BIND', errno: -ENAMETOOLONG, syscall: 'bind' })
  })

  it('may have the longest path that there is', () => {
    const longest = `${folder}/${'x'.repeat(107 - folder.length - 1)}`
    expect(longest).to.have.lengthOf(107)
    using base = obtainEventBase()
    using http = obtainEvHttp(base)
    expect(http.bindUnixSocket(longest).address()).to.deep.equal({ family: 'unix', path: longest })
  })

  it('checks its arguments by name', () => {
    const bind = bindAlone as (...args: unknown[]) => void
    expect(() => bind(1)).to.throw(TypeError, /^path /)
    expect(() => bind('')).to.throw(RangeError, /^path /)
    expect(() => bind('a\0b')).to.throw(RangeError, /^path /)
    expect(() => bind(path, { mode: 0o10000 })).to.throw(RangeError, /^mode /)
    expect(() => bind(path, { mode: '600' })).to.throw(TypeError, /^mode /)
    expect(() => bind(path, { backlog: 0 })).to.throw(RangeError, /^backlog /)
    expect(existsSync(path)).to.equal(false)
  })
})
