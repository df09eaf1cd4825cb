// The addon's functions over handles of any type, and numbers that are none of a handle's.
import { EventBase, type EventErrorCode, LibEvent } from 'bitcoin-support'
import { expect } from 'chai'
import { expectCode } from '../support/errors.js'
import { native } from '../support/internals.js'
import { checkLiveCountsAfterEach } from '../support/live-counts.js'
import { ForeignHandles, type Forgery, nearMisses, nonsense } from './forgeries.js'
import { Gallery, numberOf } from './gallery.js'
import { expectEventError, resultOf } from './outcomes.js'

const BASE_TYPE = 0
const EVENT_TYPE = 1

describe('boundary: the addon on handles of any type', () => {
  checkLiveCountsAfterEach()

  const numbers = (forgeries: readonly Forgery[]) => forgeries.filter(({ value }) => typeof value === 'number')
  const others = nonsense.filter(({ value }) => typeof value !== 'number')

  it('isLive() knows only what is', async () => {
    using gallery = new Gallery()
    for (const handle of gallery.handles) expect(native.isLive(numberOf(handle))).to.equal(true)
    const number = numberOf(gallery.event)
    gallery.event.dispose()
    expect(native.isLive(number)).to.equal(false)
    await using foreign = await ForeignHandles.make()
    const forged = [...numbers(nonsense), ...nearMisses(gallery.base), ...foreign.forgeries]
    for (const { value, what } of forged) expect(native.isLive(value as number), what).to.equal(false)
    for (const { value } of others) expect(() => native.isLive(value as number)).to.throw(TypeError)
  })

  it('checkLive() throws for what is not', () => {
    using gallery = new Gallery()
    for (const handle of gallery.handles) expect(native.checkLive(numberOf(handle))).to.equal(undefined)
    const number = numberOf(gallery.event)
    gallery.event.dispose()
    expectCode('ERR_EV_DISPOSED', () => native.checkLive(number))
    for (const { value } of numbers(nonsense)) expectCode('ERR_EV_HANDLE', () => native.checkLive(value as number))
    for (const { value } of others) expect(() => native.checkLive(value as number)).to.throw(TypeError)
    // The last of a type that there has been, and one that has not: as JavaScript marks what has ended.
    const mark = (id: number, type: number, reason: number) => -((id * 4096 + type) * 16 + reason)
    expectCode('ERR_EV_DISPOSED', () => native.checkLive(mark(gallery.event.id, 1, 1)))
    for (const wrong of [mark(2 ** 36, 1, 1), mark(0, 1, 1), mark(1, 4000, 1), mark(1, 1, 0), mark(1, 1, 15)]) {
      expectCode('ERR_EV_HANDLE', () => native.checkLive(wrong))
    }
  })

  it('addressOf() knows what has a struct behind it', async () => {
    using gallery = new Gallery()
    await using foreign = await ForeignHandles.make()
    const expectRefusal = (code: EventErrorCode, value: unknown, type: string, what?: string) => {
      const result = resultOf(() => native.addressOf(value as number, type))
      expectEventError('error' in result ? result.error : undefined, code, what)
    }
    const number = numberOf(gallery.event)
    for (const { value, code, what } of [...nonsense, ...nearMisses(gallery.base), ...foreign.forgeries]) {
      expectRefusal(code, value, EventBase.typeName, what)
    }
    expectRefusal('ERR_EV_STATE', numberOf(gallery.declared), 'BoundaryGallery')
    const { base, event, http, incoming, outgoing, connection, view } = gallery
    const ofLibevent = [base, event, http, incoming, outgoing, connection, view]
    const addresses = ofLibevent.map((handle) =>
      native.addressOf(numberOf(handle), Reflect.get(handle.constructor, 'typeName')),
    )
    expect(new Set(addresses).size, 'all different').to.equal(addresses.length)
    expect(addresses).to.not.include(0n)
    expectRefusal('ERR_EV_HANDLE', number, EventBase.typeName)
    gallery.event.dispose()
    expectRefusal('ERR_EV_DISPOSED', number, LibEvent.typeName)
  })

  it('collect() leaves alone what is not', async () => {
    using gallery = new Gallery()
    await using foreign = await ForeignHandles.make()
    const forged = [...numbers(nonsense), ...nearMisses(gallery.base), ...foreign.forgeries]
    for (const { value, what } of forged) expect(native.collect(value as number), what).to.equal(undefined)
    for (const { value } of others) expect(() => native.collect(value as number)).to.throw(TypeError)
    for (const handle of gallery.handles) expect(handle.disposed).to.equal(false)
    const number = numberOf(gallery.event)
    expect(native.collect(number)).to.deep.equal([LibEvent.typeName, gallery.event.id])
    expect(native.collect(number)).to.equal(undefined)
  })

  it('dispose() takes a live handle of the type, or one that has been disposed', async () => {
    using gallery = new Gallery()
    await using foreign = await ForeignHandles.make()
    const number = numberOf(gallery.event)
    const nearly = nearMisses(gallery.base)
    for (const { value, code, what } of [...numbers(nonsense), ...nearly, ...foreign.forgeries]) {
      const result = resultOf(() => native.dispose(value as number, EVENT_TYPE))
      expectEventError('error' in result ? result.error : undefined, code, what)
    }
    for (const { value } of others) expect(() => native.dispose(value as number, EVENT_TYPE)).to.throw(TypeError)
    for (const type of [BASE_TYPE, -1, 9999]) {
      const result = resultOf(() => native.dispose(number, type))
      expectEventError('error' in result ? result.error : undefined, 'ERR_EV_HANDLE', `type ${type}`)
    }
    expect(gallery.event.disposed).to.equal(false)
    native.dispose(number, EVENT_TYPE)
    expect(gallery.event.disposed).to.equal(true)
    native.dispose(number, EVENT_TYPE)
  })

  it('liveCount() and newDeclared() take declared types only', () => {
    expect(native.liveCount(BASE_TYPE)).to.equal(EventBase.live())
    for (const call of [native.liveCount, native.newDeclared]) {
      for (const type of [-1, 9999, 2 ** 31 - 1, -(2 ** 31)]) {
        const result = resultOf(() => call(type))
        expectEventError('error' in result ? result.error : undefined, 'ERR_EV_HANDLE', `type ${type}`)
      }
      for (const type of [0.5, Number.NaN, Infinity, 2 ** 53]) expect(() => call(type)).to.throw(RangeError)
      for (const { value } of others) expect(() => call(value as number)).to.throw(TypeError)
    }
    const declared = native.newDeclared(BASE_TYPE)
    // It counts as one of them, but it is none.
    const result = resultOf(() => native.eventBaseGetMethod(declared))
    expectEventError('error' in result ? result.error : undefined, 'ERR_EV_HANDLE')
    native.dispose(declared, BASE_TYPE)
  })

  it('declareType() takes a new name', () => {
    for (const { value } of [...others, ...numbers(nonsense)]) {
      if (typeof value !== 'string') expect(() => native.declareType(value as string)).to.throw(TypeError)
    }
    const result = resultOf(() => native.declareType(EventBase.typeName))
    expectEventError('error' in result ? result.error : undefined, 'ERR_EV_EXISTS')
  })

  it('configure() is over', () => {
    expect(() => native.configure(undefined as never)).to.throw(Error)
    expect(() => native.configure({} as never)).to.throw(Error)
  })

  it('bufferTakeChanges() has what has not been reported, once', () => {
    expect(native.bufferTakeChanges()).to.deep.equal([])
  })

  it('setDropLog() takes a boolean', () => {
    for (const value of [undefined, null, 1, 'text', {}]) {
      expect(() => native.setDropLog(value as unknown as boolean)).to.throw(TypeError)
    }
  })

  it('a server knows its own sockets only', () => {
    using gallery = new Gallery()
    const http = numberOf(gallery.http)
    for (const id of [Number.NaN, Infinity, -Infinity, -1, 0, 0.5, 2, 2 ** 53]) {
      for (const call of [native.httpSocketFd, native.httpSocketAddress, native.httpDelAcceptSocket]) {
        const result = resultOf(() => call(http, id))
        expectEventError('error' in result ? result.error : undefined, 'ERR_EV_NOT_FOUND', `socket ${id}`)
      }
    }
    expect(gallery.socket.getFd()).to.be.a('number')
  })
})
