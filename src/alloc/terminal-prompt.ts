// Prompts for a secret at a terminal.
import type { ReadStream } from 'node:tty'
import { native } from '../native/native.js'
import { PromptOutcome } from '../native/tables.js'
import { checkBoolean, checkInteger, checkObject, checkString, INT_MAX, typeError } from '../util/validation.js'
import { fail } from './secure-error.js'

/** Options of {@link SecureString.prompt}. */
export interface PromptOptions {
  /** The text to show; default nothing. */
  prompt?: string
  /** Asks a second time with this text, or `'Again: '` for `true`, and fails unless both lines are the same. */
  confirm?: string | boolean
  /** Ends the prompt and restores the terminal. */
  signal?: AbortSignal
  /** The most bytes of UTF-8 that a line may have; default 65,536. */
  maxBytes?: number
  /** Descriptor of the terminal; default that of `input`, else 0. */
  fd?: number
  /** Another stream of the terminal that must not read meanwhile; `process.stdin` never does. */
  input?: ReadStream
  /** Where to show the prompt; default `process.stderr`. */
  output?: NodeJS.WritableStream
}

const MAX_BYTES = 65_536
const CONFIRM = 'Again: '

/** Settles when this thread's open prompt has ended. */
let open: Promise<void> | undefined

/**
 * Asks at a terminal, one prompt after the other.
 *
 * @returns the number of a secure buffer with the line, which the caller owns
 */
export async function readSecretLine(options: PromptOptions): Promise<number> {
  const { prompt, confirm, signal, maxBytes, fd, streams, output } = checkOptions(options)
  signal?.throwIfAborted()
  while (open !== undefined) await abortable(open, signal)
  let ended: () => void = () => {}
  open = new Promise((resolve) => {
    ended = resolve
  })
  const resume = streams.map(quieten)
  let receive: (outcome: number, buffer: number) => void = () => {}
  let first = 0
  try {
    if (!native.terminalOpen(fd, (outcome, buffer) => receive(outcome, buffer))) fail()
    const readLine = (text: string): Promise<number> => {
      const line = new Promise<number>((resolve, reject) => {
        receive = (outcome, buffer) => {
          if (outcome === PromptOutcome.line) resolve(buffer)
          else reject(outcome)
        }
      })
      output.write(text)
      if (!native.terminalRead(maxBytes)) fail()
      return abortable(line, signal).finally(() => output.write('\n'))
    }
    first = await readLine(prompt)
    if (confirm !== undefined) {
      const second = await readLine(confirm)
      const same = native.secureBufferEquals(first, second) === 1
      native.secureBufferDestroy(second)
      if (!same) fail()
    }
    return first
  } catch (reason) {
    if (first !== 0) native.secureBufferDestroy(first)
    if (reason === PromptOutcome.tooLong || reason === PromptOutcome.failed) fail()
    if (reason !== PromptOutcome.interrupted) throw reason
    native.terminalClose()
    process.kill(process.pid, 'SIGINT')
    // The message of Node's readline.
    throw Object.assign(new Error('Aborted with Ctrl+C'), { name: 'AbortError', code: 'ABORT_ERR' })
  } finally {
    native.terminalClose()
    for (const each of resume) each()
    open = undefined
    ended()
  }
}

function checkOptions(options: PromptOptions) {
  checkObject(options, 'options')
  const { prompt = '', confirm = false, signal, maxBytes = MAX_BYTES, input, output = process.stderr } = options
  checkString(prompt, 'prompt')
  if (typeof confirm !== 'string') checkBoolean(confirm, 'confirm')
  if (signal !== undefined && !(signal instanceof AbortSignal)) throw typeError('signal', 'an AbortSignal', signal)
  checkInteger(maxBytes, 'maxBytes', 1, INT_MAX - 1)
  if (typeof output?.write !== 'function') throw typeError('output', 'a writable stream', output)
  const fd = options.fd ?? (input === undefined ? 0 : (input as { fd?: unknown }).fd)
  // A stream without a descriptor is no terminal.
  if (options.fd === undefined && fd === undefined) fail()
  checkInteger(fd, 'fd', 0, INT_MAX)
  const streams = [...new Set([process.stdin as ReadStream, input])].filter((stream) => stream?.isTTY === true)
  return {
    prompt,
    confirm: confirm === true ? CONFIRM : confirm === false ? undefined : confirm,
    signal,
    maxBytes,
    fd: fd as number,
    streams: streams as ReadStream[],
    output,
  }
}

/** @returns a promise that settles like `promise`, or rejects with the signal's reason if the signal is aborted first */
function abortable<T>(promise: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return promise
  return new Promise((resolve, reject) => {
    const onAbort = () => reject(signal.reason)
    signal.addEventListener('abort', onAbort, { once: true })
    promise.finally(() => signal.removeEventListener('abort', onAbort)).then(resolve, reject)
    if (signal.aborted) onAbort()
  })
}

/** Properties of Node's terminal streams that are not public. All supported versions have them. */
interface TerminalStream extends ReadStream {
  _handle?: { reading?: boolean; readStop(): void } | null
}

/**
 * Keeps a stream from reading, whatever is called on it meanwhile. So it does not get the typed text, nor does a readline that is
 * open on it.
 *
 * @returns a function that lets it read again
 */
function quieten(stream: TerminalStream): () => void {
  const handle = stream._handle
  let wanted = handle?.reading === true
  if (handle?.reading === true) {
    handle.reading = false
    handle.readStop()
  }
  // Every way to read from a stream ends here.
  Object.defineProperty(stream, '_read', {
    configurable: true,
    value: () => {
      wanted = true
    },
  })
  // A change of the terminal's mode waits until the stream reads again, because it might echo what is typed.
  let raw: boolean | undefined
  Object.defineProperty(stream, 'setRawMode', {
    configurable: true,
    value: (mode: boolean) => {
      raw = mode
      return stream
    },
  })
  return () => {
    Reflect.deleteProperty(stream, '_read')
    Reflect.deleteProperty(stream, 'setRawMode')
    if (raw !== undefined && !stream.destroyed) stream.setRawMode(raw)
    if (!wanted || stream.destroyed) return
    stream._read(0)
    // The stream was paused meanwhile. At this event `process.stdin` stops reading, as it would have done then.
    if (stream.isPaused()) stream.emit('pause')
  }
}
