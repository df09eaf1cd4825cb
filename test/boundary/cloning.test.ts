// Objects that are bound to their thread cannot be sent to another one.
import { MessageChannel, Worker } from 'node:worker_threads'
import { expect } from 'chai'
import { checkLiveCountsAfterEach } from '../support/live-counts.js'
import { Gallery } from './gallery.js'

function expectRefusal(send: () => unknown, label: string): void {
  let error: unknown
  try {
    send()
  } catch (thrown) {
    error = thrown
  }
  expect(error, label).to.be.instanceOf(DOMException).with.property('name', 'DataCloneError')
  expect((error as Error).message, label).to.include('a handle belongs to its thread')
}

describe('boundary: handles that are cloned', () => {
  checkLiveCountsAfterEach()

  it('are refused, alone, in other values and as copies', () => {
    using gallery = new Gallery()
    const { port1, port2 } = new MessageChannel()
    for (const handle of gallery.everything) {
      const label = handle.constructor.name
      expectRefusal(() => structuredClone(handle), label)
      expectRefusal(() => structuredClone({ inside: [new Map([['handle', handle]])] }), label)
      expectRefusal(() => structuredClone({ ...handle }), label)
      expectRefusal(() => port1.postMessage(handle), label)
      expectRefusal(() => new Worker('', { eval: true, workerData: handle }), label)
    }
    port1.close()
    port2.close()
  })

  it('are refused when they have ended', () => {
    const gallery = new Gallery()
    const handles = gallery.everything
    gallery[Symbol.dispose]()
    for (const handle of handles) expectRefusal(() => structuredClone(handle), handle.constructor.name)
  })

  it('show it in what is written to a log, and no more', () => {
    using gallery = new Gallery()
    expect(JSON.parse(JSON.stringify(gallery.base))).to.deep.equal({ id: gallery.base.id })
    expect(Object.keys(gallery.base)).to.have.members(['[handle]', 'id'])
  })
})
