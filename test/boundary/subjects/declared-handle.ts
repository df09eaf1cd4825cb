import { declareEventType, type EventHandle } from 'bitcoin-support'
import { handleMethods, type Subject } from '../subject.js'

class Declared extends declareEventType('BoundaryTest') {}

export const declaredHandle: Subject<EventHandle, undefined> = {
  name: 'a declared handle',
  type: Declared,
  stages: {
    open: {
      run(act) {
        using handle = new Declared()
        act(handle, undefined)
      },
    },
    disposed: {
      run(act) {
        const handle = new Declared()
        handle.dispose()
        act(handle, undefined)
      },
      dead: true,
    },
  },
  methods: handleMethods,
}
