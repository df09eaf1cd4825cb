// A worker: makes a handle of each type, tells their numbers and keeps them until it is told to end.
import { parentPort } from 'node:worker_threads'
import { Gallery, numberOf } from './gallery.js'

const gallery = new Gallery()
parentPort?.once('message', () => gallery[Symbol.dispose]())
parentPort?.postMessage(gallery.handles.map((handle) => [handle.constructor.name, numberOf(handle)]))
