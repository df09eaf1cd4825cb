import { EvHttpBoundSocket } from 'bitcoin-support'
import { Loopback } from '../loopback.js'
import { a } from '../outcomes.js'
import type { Subject } from '../subject.js'

export const evHttpBoundSocket: Subject<EvHttpBoundSocket, undefined> = {
  name: 'EvHttpBoundSocket',
  type: EvHttpBoundSocket,
  stages: {
    open: {
      run(act) {
        using loopback = new Loopback()
        act(loopback.socket, undefined)
      },
    },
    "in its server's callback": {
      run(act) {
        using loopback = new Loopback()
        let ended = false
        loopback.http.setGencb((request) => {
          act(loopback.socket, undefined)
          request.reply()
        })
        loopback.ask(() => {
          ended = true
        })
        loopback.runUntil(() => ended)
      },
    },
    removed: {
      run(act) {
        using loopback = new Loopback()
        loopback.http.delAcceptSocket(loopback.socket)
        act(loopback.socket, undefined)
      },
    },
    'its server disposed': {
      run(act) {
        using loopback = new Loopback()
        loopback.http.dispose()
        act(loopback.socket, undefined)
      },
      dead: true,
    },
    'its base disposed': {
      run(act) {
        using loopback = new Loopback()
        loopback.base.dispose()
        act(loopback.socket, undefined)
      },
      dead: true,
    },
  },
  methods: {
    getFd: { live: a('number'), in: { removed: 'ERR_EV_NOT_FOUND' } },
    address: { live: a('object'), in: { removed: 'ERR_EV_NOT_FOUND' } },
  },
}
