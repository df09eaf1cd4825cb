// What stages of life are made of. Nothing in here keeps a process alive, because the tests look at whether it ends.
import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import { EV_READ, type EventBase } from 'bitcoin-support'
import { deferred } from '../deferred.js'
import { nativeSupport } from '../native-support.js'

/** What comes no sooner than the test is over. */
export const NEVER = 3_600_000

/** More than sockets take. */
export const MUCH = 16 * 1024 * 1024

/**
 * Brings handles to a stage of their life.
 *
 * @param base - they live on; it is being dispatched
 * @param hold - keeps what it is given, until the test drops it
 * @returns once the stage is reached
 */
export type Stage = (base: EventBase, hold: <T>(value: T) => T) => void | Promise<void>

/** @returns the port of 127.0.0.1 of a server; its side of connections is left to `onConnection` */
export async function startPeer(onConnection: (socket: Socket) => void = () => {}): Promise<number> {
  const server = createServer((socket) => {
    socket.unref()
    socket.on('error', () => {})
    onConnection(socket)
  })
  server.unref()
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return (server.address() as AddressInfo).port
}

/** A peer that says something at once, and reads nothing. */
export const greeting = (text: string) => (socket: Socket) => socket.pause().write(text)

/** @returns a peer that reads, and a promise that it has read `text`; of a stage it knows nothing, so it keeps nothing of it */
export function reader(text: string): { read: Promise<void>; onConnection: (socket: Socket) => void } {
  const { promise, resolve } = deferred()
  const onConnection = (socket: Socket) =>
    socket.on('data', (bytes) => {
      if (bytes.includes(text)) resolve()
    })
  return { read: promise, onConnection }
}

/** @returns the address of a nameserver that does not answer, and a promise of the first question to it */
export function startDeafNameserver(base: EventBase): { address: string; asked: Promise<void> } {
  // Not one of Node's: a worker that ends while it receives a datagram with those ends the process.
  const fd = nativeSupport.boundUdpSocket()
  const { promise, resolve } = deferred()
  base.once(fd, EV_READ, () => resolve())
  return { address: `127.0.0.1:${nativeSupport.portOf(fd)}`, asked: promise }
}

/** @returns the other end of a connection, which has sent `bytes` and reads nothing yet */
export async function connectTo(port: number, bytes = ''): Promise<Socket> {
  const socket = connect(port, '127.0.0.1')
  socket.on('error', () => {})
  await once(socket, 'connect')
  socket.unref()
  if (bytes !== '') socket.write(bytes)
  return socket
}
