import { rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { obtainEventBase } from 'bitcoin-support'
import { expect } from 'chai'
import { AllowList } from '../../../examples/bitcoin-rpc/auth/allow-list.js'
import { Credentials } from '../../../examples/bitcoin-rpc/auth/credentials.js'
import { HttpFront } from '../../../examples/bitcoin-rpc/http/http-front.js'
import { checkLiveCounts } from '../../support/live-counts.js'
import { requestWith, Wire } from '../../support/wire.js'

describe('bitcoin-rpc: a client without an address', () => {
  checkLiveCounts()

  it('is refused, because it is in no allowed network', async () => {
    const path = join(tmpdir(), `bitcoin-rpc-${process.pid}.sock`)
    const allowList = new AllowList()
    allowList.add('0.0.0.0/0')
    allowList.add('::/0')
    using base = obtainEventBase()
    using front = new HttpFront(base, {
      allowList,
      credentials: new Credentials(),
      serverTimeout: 30_000,
      workQueueDepth: 1,
      answer: () => {
        throw new Error('nobody may ask')
      },
    })
    try {
      front.bindUnix(path)
      const served = base.dispatch()
      using connection = await Wire.open({ path })
      connection.send(requestWith('POST /'))
      expect((await connection.reply()).status).to.equal(403)
      front.stop()
      expect(await served).to.equal(1)
    } finally {
      rmSync(path, { force: true })
    }
  })
})
