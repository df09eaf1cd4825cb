import { once } from 'node:events'
import { Worker } from 'node:worker_threads'
import 'bitcoin-support'
import { expect } from 'chai'
import { checkLiveCounts } from '../support/live-counts.js'

const PROGRAM = new URL('./unconfigured-addon.js', import.meta.url)

describe('boundary: an addon that the library has not configured', () => {
  checkLiveCounts()

  it('throws errors, and clears up after itself', async () => {
    const { sharedObjects } = process.report.getReport() as unknown as { sharedObjects: string[] }
    const workerData = sharedObjects.find((file) => file.endsWith('/bitcoin_support.node'))
    const worker = new Worker(PROGRAM, { workerData })
    const ended = once(worker, 'exit')
    const [outcomes] = (await once(worker, 'message')) as [[name: string, isError: boolean][]]
    const refused = new Set(outcomes.map(([name]) => name))
    expect(outcomes.filter(([, isError]) => !isError)).to.deep.equal([])
    expect([...refused]).to.include.members(['configure', 'eventBaseDispatch', 'requestReply', 'declareType'])
    expect(await ended).to.deep.equal([0])
  })
})
