import { obtainEventBase } from 'bitcoin-support'
import { formatEndpoint } from './args/endpoint.js'
import type { Settings } from './args/settings.js'
import { UsageError } from './args/usage-error.js'
import { CookieFile } from './auth/cookie-file.js'
import { Chain } from './chain/chain.js'
import { MAINNET_BLOCKS } from './chain/mainnet-blocks.js'
import { messageOf, prepareDataDirectory } from './data-directory.js'
import { bindAll } from './http/bind-all.js'
import { HttpFront } from './http/http-front.js'
import { blockchainMethods } from './methods/blockchain.js'
import { controlMethods } from './methods/control.js'
import { rawTransactionMethods } from './methods/raw-transactions.js'
import { utilMethods } from './methods/util.js'
import { answerRpc } from './rpc/answer-rpc.js'
import { RpcTable } from './rpc/rpc-table.js'
import { StopSignals } from './stop-signals.js'
import { tryLine } from './try-line.js'

/**
 * Serves until a signal or the `stop` method, then answers what is in flight and disposes everything.
 *
 * @param settings - what the command line says
 * @param print - takes each line that the operator should read
 * @throws UsageError when the server cannot start as asked; nothing is left behind then
 */
export async function runServer(settings: Settings, print: (line: string) => void): Promise<void> {
  const chain = new Chain(MAINNET_BLOCKS)
  const table = new RpcTable()
  using credentials = settings.credentials
  using base = obtainEventBase()
  using front = new HttpFront(base, {
    allowList: settings.allowList,
    credentials,
    serverTimeout: settings.serverTimeout,
    workQueueDepth: settings.workQueueDepth,
    answer: (text, user) => answerRpc(text, user, table, settings.whitelist),
  })
  const stop = (reason: string) => {
    if (front.stop()) print(`Stopping (${reason}): answering what is in flight.`)
  }
  using _signals = new StopSignals(stop)
  table.add(blockchainMethods(chain))
  table.add(controlMethods({ table, stop: () => stop('stop method') }))
  table.add(rawTransactionMethods())
  table.add(utilMethods())

  // Bound before anything is written: a second server on the same port must not replace the first one's cookie.
  const endpoints = bindAll(front, settings.endpoints, print)
  prepareDataDirectory(settings.dataDirectory)
  using cookie = settings.passwordUser === undefined ? writeCookie(settings.dataDirectory) : undefined
  if (cookie !== undefined) credentials.add(cookie.credential)

  print(`Bitcoin JSON-RPC on libevent's evhttp: ${chain.length} blocks of the main chain, each one verified.`)
  for (const warning of settings.warnings) print(`Warning: ${warning}`)
  print(`Data directory: ${settings.dataDirectory}`)
  for (const endpoint of endpoints) print(`Listening on ${formatEndpoint(endpoint)}`)
  print('Try:')
  print(`  ${tryLine(endpoints, { cookiePath: cookie?.path, user: settings.passwordUser })}`)
  print('Ctrl-C stops it.')
  await base.dispatch()
}

function writeCookie(dataDirectory: string): CookieFile {
  try {
    return new CookieFile(dataDirectory)
  } catch (error) {
    throw new UsageError(`Cannot write the cookie file: ${messageOf(error)}`)
  }
}
