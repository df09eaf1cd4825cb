import { EV_TIMEOUT, EVLOOP_NONBLOCK, EventToken, obtainEvent, obtainEventBase } from 'bitcoin-support'
import { integer, message, ms, optional } from '../arguments.js'
import { nothing } from '../outcomes.js'
import { handleMethods, type Subject } from '../subject.js'

const [OF_BASE, BASE_GONE, EVENT_GONE] = ['of a base', 'of a base that is disposed', 'of an event that is disposed']

export const eventToken: Subject<EventToken, undefined> = {
  name: 'EventToken',
  type: EventToken,
  stages: {
    open: {
      run(act) {
        using base = obtainEventBase()
        using token = EventToken.open(obtainEvent(base, -1, 0, () => {}).share())
        act(token, undefined)
        base.loopSync(EVLOOP_NONBLOCK)
      },
    },
    'in the callback of its event': {
      run(act) {
        using base = obtainEventBase()
        let acted = false
        const event = obtainEvent(base, -1, 0, () => {
          if (acted) return
          acted = true
          act(token, undefined)
        })
        using token = EventToken.open(event.share())
        token.active(EV_TIMEOUT)
        base.loopSync(EVLOOP_NONBLOCK)
      },
    },
    [OF_BASE]: {
      run(act) {
        using base = obtainEventBase()
        using token = EventToken.open(base.share(() => {}))
        act(token, undefined)
        base.loopSync(EVLOOP_NONBLOCK)
      },
    },
    [EVENT_GONE]: {
      run(act) {
        using base = obtainEventBase()
        const event = obtainEvent(base, -1, 0, () => {})
        using token = EventToken.open(event.share())
        event.dispose()
        act(token, undefined)
      },
    },
    [BASE_GONE]: {
      run(act) {
        const base = obtainEventBase()
        using token = EventToken.open(base.share(() => {}))
        token.once('on its way')
        base.dispose()
        act(token, undefined)
      },
    },
    disposed: {
      run(act) {
        using base = obtainEventBase()
        const token = EventToken.open(obtainEvent(base, -1, 0, () => {}).share())
        token.dispose()
        act(token, undefined)
      },
      dead: true,
    },
  },
  methods: {
    ...handleMethods,
    active: {
      args: () => [integer('what', EV_TIMEOUT, 0, 0xff)],
      live: nothing,
      in: { [OF_BASE]: 'ERR_EV_STATE', [EVENT_GONE]: 'ERR_EV_DISPOSED', [BASE_GONE]: 'ERR_EV_DISPOSED' },
    },
    once: {
      args: () => [optional(message('message', { any: 'thing' })), ms('ms', 1)],
      live: 'ERR_EV_STATE',
      in: { [OF_BASE]: nothing, [EVENT_GONE]: 'ERR_EV_DISPOSED', [BASE_GONE]: 'ERR_EV_DISPOSED' },
    },
  },
}
