// A worker: makes a handle of each type, sends their numbers, and keeps the handles until it is asked to end.
import { parentPort } from 'node:worker_threads'
import { Gallery, numberOf } from './gallery.js'

const gallery = new Gallery()
parentPort?.once('message', () => gallery[Symbol.dispose]())
parentPort?.postMessage(gallery.handles.map((handle) => [handle.constructor.name, numberOf(handle)]))
