import { EventBase, EvHttp, EvHttpConnection, EvHttpRequest, LibEvent, lockedPoolStats } from 'bitcoin-support'
import { HELP, readSettings } from './args/settings.js'
import { UsageError } from './args/usage-error.js'
import { runServer } from './run-server.js'

/** The types whose handles this program creates. */
const HANDLE_TYPES = [EventBase, LibEvent, EvHttp, EvHttpRequest, EvHttpConnection]

/** The exit code is set and never forced: the process ends when its loop has nothing left to do. */
async function main(args: readonly string[]): Promise<void> {
  const settings = readSettings(args)
  if (settings === 'help') {
    console.log(HELP)
    return
  }
  await runServer(settings, console.log)
  const counts = HANDLE_TYPES.map((type) => `${type.typeName} ${type.live()}`)
  const { used } = lockedPoolStats()
  console.log(`Stopped. Live handles: ${counts.join(', ')}. Locked memory in use: ${used} bytes`)
  if (used !== 0 || HANDLE_TYPES.some((type) => type.live() !== 0)) process.exitCode = 1
}

try {
  await main(process.argv.slice(2))
} catch (error) {
  if (!(error instanceof UsageError)) throw error
  console.error(`Error: ${error.message}`)
  process.exitCode = 1
}
