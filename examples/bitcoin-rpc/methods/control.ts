import type { JsonValue, RpcValue } from '../rpc/json.js'
import { RPC_ERROR, RpcError } from '../rpc/rpc-error.js'
import { HIDDEN_CATEGORY, helpOf, type RpcMethod, signatureOf } from '../rpc/rpc-method.js'
import type { RpcTable } from '../rpc/rpc-table.js'
import { lockedMemory } from './locked-memory.js'

const CATEGORY = 'Control'

/** What the control methods control. */
export interface ControlOptions {
  readonly table: RpcTable
  /** Begins the shutdown; the call that asks for it is still answered. */
  readonly stop: () => void
}

/**
 * The methods that ask about the server itself.
 *
 * @param options - the method table and the way to stop
 * @returns the methods
 */
export function controlMethods({ table, stop }: ControlOptions): RpcMethod[] {
  const startedAt = performance.now()
  return [
    {
      name: 'getmemoryinfo',
      category: CATEGORY,
      params: [
        { name: 'mode', type: 'string', optional: true, help: '"stats" (the default): the pool of locked memory.' },
      ],
      help: 'Returns how much memory is in use.',
      run: ([mode]) => memoryInfo(mode ?? 'stats'),
    },
    {
      name: 'getrpcinfo',
      category: CATEGORY,
      params: [],
      help: 'Returns the commands that run now, each with its duration in microseconds. No log file is written.',
      asksWhatRuns: true,
      run: () => ({
        active_commands: table.active.map(({ method, startedAt: since }) => ({
          method,
          duration: Math.round((performance.now() - since) * 1000),
        })),
        logpath: '',
      }),
    },
    {
      name: 'help',
      category: CATEGORY,
      params: [{ name: 'command', type: 'string', optional: true, help: 'The command to explain.' }],
      help: 'Lists all commands, or explains one.',
      run: ([command]) => help(table, command),
    },
    {
      name: 'stop',
      category: CATEGORY,
      params: [],
      help: 'Stops the server once everything in flight is answered.',
      run: () => {
        stop()
        return 'Bitcoin RPC server stopping'
      },
    },
    {
      name: 'uptime',
      category: CATEGORY,
      params: [],
      help: 'Returns for how many seconds the server has been running.',
      run: () => Math.floor((performance.now() - startedAt) / 1000),
    },
  ]
}

function memoryInfo(mode: JsonValue): RpcValue {
  if (mode === 'stats') return { locked: { ...lockedMemory() } }
  if (mode === 'mallocinfo') throw new RpcError(RPC_ERROR.INVALID_PARAMETER, 'mallocinfo mode not available')
  throw new RpcError(RPC_ERROR.INVALID_PARAMETER, `unknown mode ${mode}`)
}

function help(table: RpcTable, command: JsonValue | undefined): string {
  if (typeof command === 'string') {
    const method = table.find(command)
    return method === undefined ? `help: unknown command: ${command}` : helpOf(method)
  }
  const categories = [...new Set(table.methods.map((method) => method.category))].sort()
  return categories
    .filter((category) => category !== HIDDEN_CATEGORY)
    .map((category) => {
      const methods = table.methods.filter((method) => method.category === category)
      return `== ${category} ==\n${methods.map(signatureOf).sort().join('\n')}`
    })
    .join('\n\n')
}
