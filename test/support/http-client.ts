import {
  EVHTTP_REQ_GET,
  type EventBase,
  type EvHttpConnection,
  type EvHttpRequest,
  obtainEventBase,
  obtainEvHttpConnectionBase,
  obtainEvHttpRequest,
} from 'bitcoin-support'
import { expect } from 'chai'
import { Journal, turn } from './deferred.js'
import { nativeSupport } from './native-support.js'

/** Head of a reply after which the server closes. */
export const CLOSING = 'HTTP/1.1 200 OK\r\nConnection: close'

/** A client's connection and a request for it. */
export interface Scene {
  readonly base: EventBase
  readonly connection: EvHttpConnection
  readonly request: EvHttpRequest
  readonly journal: Journal
}

/** Sets up a connection and a request whose callbacks say when they come, and in what state. */
export function scene(base: EventBase, port: number, host = '127.0.0.1'): Scene {
  const journal = new Journal()
  const connection = obtainEvHttpConnectionBase(base, host, port)
  connection.setClosecb((closing) => journal.add(closing.disposed ? 'closecb of what has ended' : 'closecb'))
  const request = obtainEvHttpRequest((reply) => {
    if (reply === null) {
      journal.add('done(null)')
    } else {
      const related = reply.getConnection() === null ? '' : ' with a connection'
      journal.add(`done(${reply.getResponseCode()}${related})`)
    }
  })
  request.setErrorCb((code, arg: string) => journal.add(`${arg}(${code})`), 'error')
  return { base, connection, request, journal }
}

/** Plays a scene to the end of its dispatch, and checks that its request has ended. */
export async function play(
  port: number,
  act: (scene: Scene) => void = ({ connection, request }) => connection.makeRequest(request, EVHTTP_REQ_GET, '/'),
  host?: string,
): Promise<readonly string[]> {
  using base = obtainEventBase()
  const set = scene(base, port, host)
  using _ = set.connection
  act(set)
  expect(await base.dispatch()).to.equal(1)
  await turn()
  expect(set.request.disposed).to.equal(true)
  return [...set.journal.entries]
}

/** A port of 127.0.0.1 on which nothing listens, nor anything else can as long as it is held. */
export class DeadPort implements Disposable {
  readonly #fd = nativeSupport.boundTcpSocket(0)

  get port(): number {
    return nativeSupport.portOf(this.#fd)
  }

  [Symbol.dispose](): void {
    nativeSupport.closeDescriptor(this.#fd)
  }
}
