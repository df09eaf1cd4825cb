// A listener in a process that runs out of descriptors, on a base with the options of the first argument.
import { execFileSync } from 'node:child_process'
import { closeSync, openSync } from 'node:fs'
import { EVLOOP_ONCE, obtainEvConnListenerBind, obtainEventBase } from 'bitcoin-support'
import { nativeSupport } from '../support/native-support.js'
import { say } from '../support/parent.js'

// Otherwise it would take long to use them up.
execFileSync('prlimit', ['--pid', String(process.pid), '--nofile=100:'])

const base = obtainEventBase(JSON.parse(process.argv[2] ?? '{}'))
let accepted = 0
const listener = obtainEvConnListenerBind(
  base,
  (self, fd) => {
    accepted += 1
    nativeSupport.closeDescriptor(fd)
    if (accepted === 2) self.dispose()
  },
  undefined,
  { host: '127.0.0.1' },
)
const errors: number[] = []
listener.setErrorCb((_, errno) => errors.push(errno))
const address = listener.address()
const connect = () => nativeSupport.connectedTcpSocket(address.family === 'unix' ? 0 : address.port)
// A sanitizer needs a descriptor to look at an object for the first time.
const early = connect()
base.loopSync(EVLOOP_ONCE)
const connection = connect()

const opened: number[] = []
try {
  for (;;) opened.push(openSync('/dev/null', 'r'))
} catch (error) {
  if ((error as NodeJS.ErrnoException).code !== 'EMFILE') throw error
}
base.loopSync(EVLOOP_ONCE)
say({ errors: errors.splice(0), accepted })

for (const fd of opened) closeSync(fd)
base.dispatchSync()
for (const fd of [early, connection]) nativeSupport.closeDescriptor(fd)
base.dispose()
say({ errors, accepted })
process.disconnect()
