// The server that `npm start` runs. Prints its port; SIGTERM ends it.
import { rmSync } from 'node:fs'
import { runServer } from '../../examples/bitcoin-rpc/run-server.js'
import { benchSettings } from './rpc-settings.js'

const settings = benchSettings()
await runServer(settings, (line) => {
  const port = /^Listening on 127\.0\.0\.1:(\d+)$/.exec(line)?.[1]
  if (port !== undefined) console.log(port)
})
rmSync(settings.dataDirectory, { recursive: true })
