// A thread of the pool: it runs the JSON-RPC server of examples/bitcoin-rpc on a base of its own, until it is asked to stop.
import { closeSync, fstatSync, openSync, readSync } from 'node:fs'
import { parentPort, workerData } from 'node:worker_threads'
import { obtainEventBase } from 'bitcoin-support'
import { AllowList } from '../bitcoin-rpc/auth/allow-list.js'
import { COOKIE_USER } from '../bitcoin-rpc/auth/cookie-file.js'
import { type Credential, PasswordCredential } from '../bitcoin-rpc/auth/credential.js'
import { Credentials } from '../bitcoin-rpc/auth/credentials.js'
import { lockedBytes } from '../bitcoin-rpc/auth/locked-bytes.js'
import { Chain } from '../bitcoin-rpc/chain/chain.js'
import { MAINNET_BLOCKS } from '../bitcoin-rpc/chain/mainnet-blocks.js'
import { HttpFront } from '../bitcoin-rpc/http/http-front.js'
import { blockchainMethods } from '../bitcoin-rpc/methods/blockchain.js'
import { controlMethods } from '../bitcoin-rpc/methods/control.js'
import { rawTransactionMethods } from '../bitcoin-rpc/methods/raw-transactions.js'
import { utilMethods } from '../bitcoin-rpc/methods/util.js'
import { answerRpc } from '../bitcoin-rpc/rpc/answer-rpc.js'
import { RpcTable } from '../bitcoin-rpc/rpc/rpc-table.js'
import { RpcWhitelist } from '../bitcoin-rpc/rpc/rpc-whitelist.js'

/** What a thread is given. */
export interface Share {
  name: string
  host: string
  port: number
  /** The path of the file that has the login. */
  cookie: string
}

const SERVER_TIMEOUT = 30_000
const WORK_QUEUE_DEPTH = 64

/** Reads the cookie as a client would, into locked memory. */
function readCookie(path: string): Credential {
  const fd = openSync(path, 'r')
  try {
    using login = lockedBytes(fstatSync(fd).size, (memory) => readSync(fd, memory))
    return login.use((bytes) => new PasswordCredential(COOKIE_USER, bytes))
  } finally {
    closeSync(fd)
  }
}

const { name, host, port, cookie } = workerData as Share
let answered = 0

using credentials = new Credentials()
credentials.add(readCookie(cookie))
using base = obtainEventBase()
const table = new RpcTable()
const whitelist = new RpcWhitelist([])
using front = new HttpFront(base, {
  allowList: new AllowList(),
  credentials,
  serverTimeout: SERVER_TIMEOUT,
  workQueueDepth: WORK_QUEUE_DEPTH,
  answer(text, user) {
    answered += 1
    return answerRpc(text, user, table, whitelist)
  },
})
table.add(blockchainMethods(new Chain(MAINNET_BLOCKS)))
// `stop` asks the pool, which then stops all.
table.add(controlMethods({ table, stop: () => parentPort?.postMessage('stop') }))
table.add(rawTransactionMethods())
table.add(utilMethods())
table.add([
  {
    name: 'getworkerinfo',
    category: 'Control',
    params: [],
    help: 'Returns which worker has answered, and how many requests it has got.',
    run: () => ({ name, answered }),
  },
])

// The kernel gives each new connection to one of the sockets on the port.
const bound = front.bind({ host, port }, false, true)
// It answers what it has accepted. Without a server dispatch() ends.
parentPort?.once('message', () => front.stop())
parentPort?.postMessage(bound)
await base.dispatch()
