import {
  declareEventType,
  EV_PERSIST,
  EventBase,
  EvHttp,
  EvHttpConnection,
  EvHttpRequest,
  LibEvent,
  liveHandles,
  obtainEvent,
  obtainEventBase,
  setCaptureStacks,
} from 'bitcoin-support'
import { expect } from 'chai'
import { expectCode } from '../support/errors.js'
import { checkLiveCountsAfterEach } from '../support/live-counts.js'

class Plain extends declareEventType('DeclareTest.Plain') {}
class Second extends declareEventType('DeclareTest.Second') {}

/** One that owns another handle, as users write them. */
class Heartbeat extends declareEventType('DeclareTest.Heartbeat') {
  beats = 0
  readonly #event: LibEvent

  constructor(base: EventBase) {
    super()
    this.#event = obtainEvent(base, -1, EV_PERSIST, () => this.#beat())
    this.#event.add(1)
  }

  #beat(): void {
    this.beats += 1
    if (this.beats === 3) this.dispose()
  }

  override dispose(): void {
    this.#event.dispose()
    super.dispose()
  }
}

describe('declareEventType()', () => {
  checkLiveCountsAfterEach()

  it('makes a type that counts its instances', () => {
    expect([Plain.typeName, Second.typeName]).to.deep.equal(['DeclareTest.Plain', 'DeclareTest.Second'])
    expect([Plain.live(), Second.live()]).to.deep.equal([0, 0])
    const first = new Plain()
    const second = new Plain()
    const other = new Second()
    expect([Plain.live(), Second.live()]).to.deep.equal([2, 1])
    first.dispose()
    expect([Plain.live(), Second.live()]).to.deep.equal([1, 1])
    second.dispose()
    other.dispose()
    expect([Plain.live(), Second.live()]).to.deep.equal([0, 0])
  })

  it('numbers the instances of each type from 1 on, none twice', () => {
    const type = declareEventType('DeclareTest.Numbered')
    for (const id of [1, 2, 3]) {
      const instance = new type()
      expect(instance.id).to.equal(id)
      instance.dispose()
      expect(instance.id).to.equal(id)
    }
  })

  it('makes handles that are disposed once, by `using` too', () => {
    const instance = new Plain()
    expect(instance.disposed).to.equal(false)
    {
      using same = instance
      expect(same.disposed).to.equal(false)
    }
    expect(instance.disposed).to.equal(true)
    instance.dispose()
    instance[Symbol.dispose]()
    expect(Plain.live()).to.equal(0)
  })

  it('lets a type dispose what it owns, in its own callback as well', async () => {
    using base = obtainEventBase()
    using heartbeat = new Heartbeat(base)
    expect([Heartbeat.live(), heartbeat instanceof Heartbeat]).to.deep.equal([1, true])
    expect(await base.dispatch()).to.equal(1)
    expect(heartbeat.beats).to.equal(3)
    expect([Heartbeat.live(), heartbeat.disposed]).to.deep.equal([0, true])
  })

  it('refuses a name that this thread has declared, and one that is none', () => {
    for (const name of ['DeclareTest.Plain', 'EventBase', 'LibEvent', 'EvHttp', 'EvHttpRequest', 'EvHttpConnection']) {
      expectCode('ERR_EV_EXISTS', () => declareEventType(name))
    }
    expect(() => declareEventType('')).to.throw(RangeError, /^name /)
    expect(() => declareEventType(1 as unknown as string)).to.throw(TypeError, /^name /)
  })

  it("is what the library's own types are declared with", () => {
    const types = { EventBase, LibEvent, EvHttp, EvHttpRequest, EvHttpConnection }
    for (const [name, type] of Object.entries(types)) expect(type.typeName).to.equal(name)
  })

  it('does not let one type be taken for another', () => {
    using base = obtainEventBase()
    using plain = new Plain()
    const Base = EventBase as unknown as { prototype: EventBase }
    expectCode('ERR_EV_HANDLE', () => Base.prototype.getMethod.call(plain as unknown as EventBase))
    expectCode('ERR_EV_HANDLE', () => LibEvent.prototype.del.call(base as unknown as LibEvent))
  })

  describe('liveHandles()', () => {
    const own = () => liveHandles().filter(({ type }) => type.startsWith('DeclareTest.'))

    it('lists what is alive, whose it is and which', () => {
      using first = new Plain()
      const second = new Plain()
      using third = new Second()
      const entry = (handle: { id: number }, type: string) => ({ type: `DeclareTest.${type}`, id: handle.id })
      expect(own()).to.have.deep.members([entry(first, 'Plain'), entry(second, 'Plain'), entry(third, 'Second')])
      second.dispose()
      expect(own()).to.have.deep.members([entry(first, 'Plain'), entry(third, 'Second')])
    })

    it('says where a handle was made, once it is asked to remember', () => {
      setCaptureStacks(true)
      try {
        using remembered = makeInNamedFunction()
        setCaptureStacks(false)
        using forgotten = new Plain()
        const stacks = new Map(own().map(({ id, stack }) => [id, stack]))
        expect(stacks.get(remembered.id)).to.match(/makeInNamedFunction.*declare-event-type\.test/)
        expect(stacks.get(forgotten.id)).to.equal(undefined)
      } finally {
        setCaptureStacks(false)
      }
    })
  })
})

function makeInNamedFunction(): Plain {
  return new Plain()
}
