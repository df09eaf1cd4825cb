import type { JsonValue, RpcValue } from './json.js'
import type { RpcParams } from './json-rpc.js'
import { toPositional } from './named-params.js'
import { RPC_ERROR, RpcError } from './rpc-error.js'
import { checkParams, type RpcMethod } from './rpc-method.js'

/** A method that runs at this moment. Methods run one by one, so one that asks which run sees nobody but itself. */
export interface ActiveCommand {
  readonly method: string
  /** When it began, in milliseconds of `performance.now()`. */
  readonly startedAt: number
}

/** The methods that the server answers, and which of them is running. */
export class RpcTable {
  readonly #methods = new Map<string, RpcMethod>()
  /** What was called last: the next call often is of the same. */
  #last: RpcMethod | undefined
  readonly #active: ActiveCommand[] = []

  /** @param methods - adds these; a name that was added before is a mistake of ours */
  add(methods: readonly RpcMethod[]): void {
    for (const method of methods) {
      if (this.#methods.has(method.name)) throw new Error(`method ${method.name} added twice`)
      this.#methods.set(method.name, method)
    }
  }

  /** All methods, in the order in which they were added. */
  get methods(): RpcMethod[] {
    return [...this.#methods.values()]
  }

  /** @returns the method of that name, if there is one */
  find(name: string): RpcMethod | undefined {
    return this.#methods.get(name)
  }

  /** @returns the name as the table has it, which is found faster; one that it does not have as it is */
  nameOf(name: string): string {
    return this.#methods.get(name)?.name ?? name
  }

  /** The methods that run right now, oldest first, as far as they ask for that. */
  get active(): ActiveCommand[] {
    return [...this.#active]
  }

  /**
   * Runs a method.
   *
   * @param name - the method's name
   * @param params - its parameters, by position or by name
   * @returns its result
   * @throws RpcError -32601 for a name that does not exist, and what the method throws
   */
  execute(name: string, params: RpcParams): RpcValue {
    const method = this.#last?.name === name ? this.#last : this.#methods.get(name)
    if (method === undefined) throw new RpcError(RPC_ERROR.METHOD_NOT_FOUND, 'Method not found')
    this.#last = method
    const positional = positionalParams(method, params)
    return method.asksWhatRuns === true ? this.#runSeen(method, positional) : runChecked(method, positional)
  }

  #runSeen(method: RpcMethod, params: JsonValue[]): RpcValue {
    this.#active.push({ method: method.name, startedAt: performance.now() })
    try {
      return runChecked(method, params)
    } finally {
      this.#active.pop()
    }
  }
}

function runChecked(method: RpcMethod, params: JsonValue[]): RpcValue {
  checkParams(method, params)
  return method.run(params)
}

function positionalParams(method: RpcMethod, params: RpcParams): JsonValue[] {
  if (Array.isArray(params)) return params
  return toPositional(
    params,
    method.params.map((param) => param.name),
  )
}
