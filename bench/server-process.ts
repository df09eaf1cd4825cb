import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { createInterface } from 'node:readline'

/** Linux's unit of processor time. */
const TICKS_PER_SECOND = 100

/** A server of the benchmark in a process of its own. */
export class ServerProcess {
  readonly #child: ChildProcess
  readonly port: number

  private constructor(child: ChildProcess, port: number) {
    this.#child = child
    this.port = port
  }

  /** Starts a server that prints its port. @param command - program and arguments */
  static async start(command: readonly string[]): Promise<ServerProcess> {
    const [program = '', ...args] = pinned(0, command)
    const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'inherit'] })
    const [line] = (await once(createInterface({ input: child.stdout }), 'line')) as [string]
    return new ServerProcess(child, Number(line))
  }

  /** Processor time that it has used so far, in seconds; 0 where the system does not tell. */
  cpuSeconds(): number {
    return processorSeconds(this.#child.pid)
  }

  async stop(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return
    this.#child.kill('SIGTERM')
    await once(this.#child, 'exit')
  }
}

/** @returns the processor time that a process has used so far, in seconds; 0 where the system does not tell */
export function processorSeconds(pid: number | undefined): number {
  if (process.platform !== 'linux') return 0
  // The name, in parentheses, may hold spaces.
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? []
  return (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND
}

/** Gives the server and the load a processor each, where there are two and Linux's taskset. */
export function pinned(processor: number, command: readonly string[]): readonly string[] {
  return process.platform === 'linux' ? ['taskset', '-c', String(processor), ...command] : command
}
