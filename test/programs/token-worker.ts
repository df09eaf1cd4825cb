// The worker of event-token.test.ts: uses a token until its event or base has ended.
import { parentPort, workerData } from 'node:worker_threads'
import { type EventBaseShareToken, EventError, type EventShareToken, EventToken } from 'bitcoin-support'

const { token, kind, count } = workerData as {
  token: EventShareToken | EventBaseShareToken
  kind: 'event' | 'base'
  count: number
}

using opened = EventToken.open(token)
parentPort?.postMessage('open')
let done = 0
let ended: string | undefined
try {
  for (; done < count; done++) {
    if (kind === 'event') opened.active(1 << (done % 3))
    else opened.once({ done, bytes: new Uint8Array([done & 0xff]) }, done % 10 === 9 ? 1 : undefined)
  }
} catch (error) {
  if (!(error instanceof EventError)) throw error
  ended = error.code
}
parentPort?.postMessage({ done, ended })
