import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { root } from './c-program.js'
import { ServerProcess } from './server-process.js'

/** What lasts as long as a measurement: a folder, and the servers that are measured. */
export class Workplace implements AsyncDisposable {
  readonly folder = mkdtempSync(join(tmpdir(), 'bench-'))
  readonly #servers: ServerProcess[] = []

  /** Starts a server that prints its port, see {@link ServerProcess.start}. */
  async start(command: readonly string[], free?: boolean): Promise<ServerProcess> {
    const server = await ServerProcess.start(command, free)
    this.#servers.push(server)
    return server
  }

  /** The same for a script of bench/servers. */
  startScript(name: string, ...args: readonly string[]): Promise<ServerProcess> {
    return this.start([process.execPath, join(root, 'out/bench/servers', `${name}.js`), ...args])
  }

  /** Writes a file into the folder. @returns its path */
  write(name: string, content: Uint8Array): string {
    const path = join(this.folder, name)
    writeFileSync(path, content)
    return path
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const server of this.#servers) await server.stop()
    rmSync(this.folder, { recursive: true, force: true })
  }
}
