import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** Debian keeps it off the path of those who are not root. */
const ENV = { ...process.env, PATH: `${process.env.PATH ?? ''}:/usr/sbin:/usr/local/sbin` }

const STARTS_WITHIN_MS = 10_000

/** nginx on a UNIX socket, with its files in a folder of its own. */
export class Nginx implements AsyncDisposable {
  readonly #child: ChildProcess
  readonly #folder: string
  #complaints = ''

  private constructor(child: ChildProcess, folder: string) {
    this.#child = child
    this.#folder = folder
    child.stderr?.on('data', (text: Buffer) => {
      this.#complaints += text
    })
  }

  /** Where it listens. */
  get path(): string {
    return join(this.#folder, 'socket')
  }

  /**
   * @param server - what stands in its `server` block
   * @param files - what its root holds, by name
   * @param outside - what stands beside that block
   */
  static async start(
    server: string,
    files: Readonly<Record<string, string | Uint8Array>> = {},
    outside = '',
  ): Promise<Nginx> {
    const folder = mkdtempSync(join(tmpdir(), 'nginx-'))
    const root = join(folder, 'root')
    mkdirSync(join(root, 'folder'), { recursive: true })
    for (const [name, content] of Object.entries(files)) writeFileSync(join(root, name), content)
    const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map(
      (what) => `${what}_temp_path ${join(folder, what)};`,
    )
    writeFileSync(
      join(folder, 'nginx.conf'),
      `daemon off; master_process off; worker_processes 1; pid ${join(folder, 'pid')}; error_log stderr warn;
      events { worker_connections 256; }
      http {
        access_log off; ${temporary.join(' ')} default_type text/plain;
        ${outside}
        server { listen unix:${join(folder, 'socket')}; root ${root}; ${server} }
      }`,
    )
    const args = ['-p', folder, '-c', join(folder, 'nginx.conf'), '-e', 'stderr']
    const child = spawn('nginx', args, { env: ENV, stdio: ['ignore', 'ignore', 'pipe'] })
    await once(child, 'spawn')
    const nginx = new Nginx(child, folder)
    await nginx.#listening()
    return nginx
  }

  async #listening(): Promise<void> {
    const until = Date.now() + STARTS_WITHIN_MS
    for (;;) {
      if (this.#child.exitCode !== null) throw new Error(`nginx has ended: ${this.#complaints}`)
      const socket = connect(this.path)
      const open = await new Promise<boolean>((resolve) => {
        socket.once('connect', () => resolve(true))
        socket.once('error', () => resolve(false))
      })
      socket.destroy()
      if (open) return
      if (Date.now() > until) throw new Error(`nginx does not listen: ${this.#complaints}`)
      await new Promise((resolve) => setTimeout(resolve, 5))
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#child.exitCode === null && this.#child.signalCode === null) {
      const exited = once(this.#child, 'exit')
      this.#child.kill('SIGTERM')
      await exited
    }
    rmSync(this.#folder, { recursive: true, force: true })
  }
}
