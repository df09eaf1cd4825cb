// Prompts at a terminal in one of several ways, and reports what was typed.
import { createHash } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { createInterface } from 'node:readline'
import { Worker } from 'node:worker_threads'
import { SecureString } from 'bitcoin-support'
import { report } from './report.js'

const digest = (string: SecureString) => string.use((bytes) => createHash('sha256').update(bytes).digest('hex'))

/** Reports what was typed, or the error. */
async function ask(options: Parameters<typeof SecureString.prompt>[0]): Promise<void> {
  try {
    using answer = await SecureString.prompt(options)
    report({ prompt: options?.prompt, length: answer.length, sha256: digest(answer) })
  } catch (error) {
    const { name, code } = error as NodeJS.ErrnoException
    report({ prompt: options?.prompt, name, code })
  }
}

const cases: Record<string, () => Promise<void>> = {
  async lines() {
    for (const prompt of process.argv.slice(3)) await ask({ prompt })
    report({ raw: process.stdin.isRaw })
  },
  async confirm() {
    await ask({ prompt: 'One: ', confirm: true })
    await ask({ prompt: 'Two: ', confirm: 'Repeat: ' })
  },
  async limit() {
    await ask({ prompt: 'One: ', maxBytes: 4 })
    await ask({ prompt: 'Two: ', maxBytes: 4 })
  },
  async interrupted() {
    // Node does not stay for a signal alone.
    const waiting = setInterval(() => {}, 1000)
    const handled = new Promise<void>((resolve) => {
      process.once('SIGINT', () => resolve())
    })
    await ask({ prompt: 'One: ' })
    await handled
    clearInterval(waiting)
    report({ interrupted: true })
  },
  async signal() {
    await ask({ prompt: 'Never: ', signal: AbortSignal.abort() })
    const abort = new AbortController()
    const asked = ask({ prompt: 'One: ', signal: abort.signal })
    const queued = ask({ prompt: 'Two: ', signal: abort.signal })
    setTimeout(() => abort.abort(), 50)
    await Promise.all([asked, queued])
    await ask({ prompt: 'Three: ' })
  },
  async together() {
    await Promise.all([ask({ prompt: 'One: ' }), ask({ prompt: 'Two: ' }), ask({ prompt: 'Three: ' })])
  },
  async encoding() {
    process.stdin.setEncoding('utf16le')
    const heard: unknown[] = []
    process.stdin.on('data', (data) => heard.push(data))
    await ask({ prompt: 'One: ' })
    process.stdin.pause()
    report({ heard: heard.length })
  },
  async readline() {
    const rl = createInterface({ input: process.stdin, output: process.stdout, terminal: true })
    const lines: string[] = []
    const commands = new Promise<void>((resolve) => {
      rl.on('line', (line) => {
        lines.push(line)
        if (line === 'end') resolve()
      })
    })
    rl.setPrompt('> ')
    rl.prompt()
    await new Promise<void>((resolve) => {
      rl.once('line', () => resolve())
    })
    // What a program may do meanwhile: none of it may show what is typed.
    const turns = setInterval(() => {
      rl.resume()
      process.stdin.resume()
      process.stdin.setRawMode(false)
      process.stdin.setRawMode(true)
    }, 1)
    await ask({ prompt: 'One: ' })
    clearInterval(turns)
    rl.prompt()
    await commands
    report({ lines, history: (rl as unknown as { history: string[] }).history })
    rl.close()
  },
  async closed() {
    const rl = createInterface({ input: process.stdin, output: process.stdout, terminal: true })
    const asked = ask({ prompt: 'One: ' })
    rl.close()
    await asked
    report({ raw: process.stdin.isRaw })
    // stdin is paused, so that the process ends.
  },
  async worker() {
    const code = `
      const { SecureString } = require('bitcoin-support')
      SecureString.prompt({ prompt: 'One: ' }).then((answer) => {
        require('node:worker_threads').parentPort.postMessage(answer.length)
        answer.dispose()
      })`
    const worker = new Worker(code, { eval: true })
    report({ length: await new Promise((resolve) => worker.once('message', resolve)) })
  },
  async terminated() {
    const code = `
      require('bitcoin-support').SecureString.prompt({ prompt: 'One: ' })
      require('node:worker_threads').parentPort.postMessage('asks')`
    const worker = new Worker(code, { eval: true })
    await new Promise((resolve) => worker.once('message', resolve))
    await worker.terminate()
    await ask({ prompt: 'Two: ' })
  },
  async hangup() {
    process.on('SIGHUP', () => {})
    const { code } = await SecureString.prompt({ prompt: 'One: ' }).then(
      () => ({ code: 'none' }),
      (error: NodeJS.ErrnoException) => error,
    )
    writeFileSync(process.argv[3] as string, String(code))
    // Node aborts at an orderly end without its terminal.
    process.kill(process.pid, 'SIGKILL')
  },
  async exit() {
    setTimeout(() => process.exit(3), 50)
    await ask({ prompt: 'One: ' })
  },
}

await cases[process.argv[2] as string]?.()
