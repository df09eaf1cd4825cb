import {
  EvConnListener,
  EventBase,
  obtainEvConnListenerBind,
  obtainEventBase,
  obtainEvHttpConnectionBase,
  obtainEvHttpRequest,
} from 'bitcoin-support'
import { nativeSupport } from '../../support/native-support.js'
import { anything, callbackOrNull } from '../arguments.js'
import { runUntil } from '../loopback.js'
import { a, nothing } from '../outcomes.js'
import { handleMethods, refMethods, type Stage, type Subject } from '../subject.js'

type ListenerStage = Stage<EvConnListener, undefined>

function close(_: EvConnListener, fd: number): void {
  nativeSupport.closeDescriptor(fd)
}

/** A listener on a free port, and somebody who connects to it as soon as the loop runs. */
function withConnection(base: EventBase, accepted: (listener: EvConnListener) => void): void {
  let done = false
  const listener = obtainEvConnListenerBind(
    base,
    (self, fd) => {
      nativeSupport.closeDescriptor(fd)
      if (done) return
      done = true
      accepted(self)
    },
    undefined,
    { host: '127.0.0.1' },
  )
  const address = listener.address()
  if (address.family === 'unix') throw new Error('not a TCP socket')
  const connection = obtainEvHttpConnectionBase(base, '127.0.0.1', address.port)
  connection.makeRequest(
    obtainEvHttpRequest(() => {}),
    1,
    '/',
  )
  runUntil(base, () => done)
}

function ended(end: (listener: EvConnListener, base: EventBase) => void): ListenerStage {
  return {
    run(act) {
      using base = obtainEventBase()
      const listener = obtainEvConnListenerBind(base, close, undefined, { host: '127.0.0.1' })
      end(listener, base)
      act(listener, undefined)
    },
    dead: true,
  }
}

export const evConnListener: Subject<EvConnListener, undefined> = {
  name: 'EvConnListener',
  type: EvConnListener,
  stages: {
    open: {
      run(act) {
        using base = obtainEventBase()
        act(obtainEvConnListenerBind(base, close, undefined, { host: '127.0.0.1' }), undefined)
      },
    },
    disabled: {
      run(act) {
        using base = obtainEventBase()
        act(obtainEvConnListenerBind(base, close, undefined, { host: '127.0.0.1', disabled: true }), undefined)
      },
    },
    'without a callback': {
      run(act) {
        using base = obtainEventBase()
        act(obtainEvConnListenerBind(base, null, undefined, { host: '127.0.0.1' }), undefined)
      },
    },
    'in its callback': {
      run(act) {
        using base = obtainEventBase()
        withConnection(base, (listener) => act(listener, undefined))
      },
    },
    disposed: ended((listener) => listener.dispose()),
    'disposed in its callback': {
      run(act) {
        using base = obtainEventBase()
        withConnection(base, (listener) => {
          listener.dispose()
          act(listener, undefined)
        })
      },
      dead: true,
    },
    'its base disposed': ended((_, base) => base.dispose()),
    'its base disposed in its callback': {
      run(act) {
        using base = obtainEventBase()
        withConnection(base, (listener) => {
          base.dispose()
          act(listener, undefined)
        })
      },
      dead: true,
    },
  },
  methods: {
    ...handleMethods,
    ...refMethods(a(EvConnListener)),
    enable: { live: nothing },
    disable: { live: nothing },
    // It may be called with connections, later on.
    setCb: { args: () => [callbackOrNull('callback', close), anything('arg')], live: nothing },
    setErrorCb: { args: () => [callbackOrNull('callback')], live: nothing },
    getFd: { live: a('number') },
    getBase: { live: a(EventBase) },
    address: { live: a('object') },
  },
}
