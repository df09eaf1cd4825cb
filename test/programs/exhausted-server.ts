// A server whose process uses up its descriptors on demand.
import { execFileSync } from 'node:child_process'
import { closeSync, openSync } from 'node:fs'
import { obtainEventBase, obtainEvHttp } from 'bitcoin-support'
import { receive, say } from '../support/parent.js'

let served = 0
const base = obtainEventBase()
const http = obtainEvHttp(base)
http.setGencb((request) => {
  served += 1
  request.reply({ body: request.getUri() })
})
const address = http.bindSocketWithHandle('127.0.0.1', 0).address()
const dispatched = base.dispatch()
// Otherwise it would take long to use them up.
execFileSync('prlimit', ['--pid', String(process.pid), '--nofile=100:'])
say({ port: address.family === 'unix' ? 0 : address.port })

const opened: number[] = []
for (;;) {
  const message = await receive()
  if (message === 'exhaust') {
    try {
      for (;;) opened.push(openSync('/dev/null', 'r'))
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EMFILE') throw error
    }
    say({ opened: opened.length })
  }
  if (message === 'measure') {
    const before = process.cpuUsage()
    await new Promise((resolve) => setTimeout(resolve, 1000))
    const { user, system } = process.cpuUsage(before)
    say({ cpu: user + system, served })
  }
  if (message === 'release') for (const fd of opened.splice(0)) closeSync(fd)
  if (message === 'end') break
}
// A sanitizer needs a descriptor to look at memory. In this very turn the server still waits to accept again.
for (const fd of opened.splice(0)) closeSync(fd)
http.dispose()
const result = await dispatched
base.dispose()
say({ dispatched: result })
process.disconnect()
