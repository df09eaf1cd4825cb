import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { createInterface } from 'node:readline'

/** Linux's unit of processor time. */
const TICKS_PER_SECOND = 100

/** A line with the port: alone, or as the example servers print it. */
const PORT = /^(?:.*\bListen(?:ing)? on .*:)?(\d+)$/i

/** A server of the benchmark in a process of its own. */
export class ServerProcess {
  readonly #child: ChildProcess
  readonly port: number
  /** What it printed before its port. */
  readonly lines: readonly string[]

  private constructor(child: ChildProcess, port: number, lines: readonly string[]) {
    this.#child = child
    this.port = port
    this.lines = lines
  }

  /**
   * Starts a server that prints its port.
   *
   * @param command - program and arguments
   * @param free - whether it may use all processors
   */
  static start(command: readonly string[], free = false): Promise<ServerProcess> {
    const [program = '', ...args] = free ? command : pinned(0, command)
    const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'inherit'] })
    const before: string[] = []
    return new Promise((resolve, reject) => {
      // The lines behind it are read as well, so that the server can go on printing.
      createInterface({ input: child.stdout }).on('line', (line) => {
        const port = PORT.exec(line)?.[1]
        if (port === undefined) before.push(line)
        else resolve(new ServerProcess(child, Number(port), before))
      })
      child.once('error', reject)
      child.once('exit', () => reject(new Error(`${command.join(' ')} ended without a port`)))
    })
  }

  /** The process's id: of the server itself, since taskset becomes it. */
  get pid(): number {
    return this.#child.pid ?? 0
  }

  /** The processor time that it has used so far, in seconds; 0 where the system does not report it. */
  cpuSeconds(): number {
    if (process.platform !== 'linux') return 0
    // The name, in parentheses, may hold spaces.
    const fields = readFileSync(`/proc/${this.pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? []
    return (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND
  }

  /** Memory that it has in use, in bytes, without what the kernel holds for it. */
  residentBytes(): number {
    const kib = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${this.pid}/status`, 'utf8'))?.[1]
    return Number(kib) * 1024
  }

  async stop(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return
    this.#child.kill('SIGTERM')
    await once(this.#child, 'exit')
  }
}

/** Gives the server and the load a processor each, where there are two and Linux's taskset. */
export function pinned(processor: number, command: readonly string[]): readonly string[] {
  return process.platform === 'linux' ? ['taskset', '-c', String(processor), ...command] : command
}
