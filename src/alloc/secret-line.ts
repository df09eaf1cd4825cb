// How a secret is asked for at a terminal.
import type { ReadStream } from 'node:tty'
import { native } from '../native/native.js'
import { checkBoolean, checkInteger, checkObject, checkString, INT_MAX, typeError } from '../util/validation.js'
import { fail } from './secure-error.js'

/** What the addon tells of a line: TerminalPrompt::Outcome. */
enum Outcome {
  Line,
  Interrupted,
  TooLong,
  Failed,
}

/** Options of {@link SecureString.prompt}. */
export interface PromptOptions {
  /** What to show before; default nothing. */
  prompt?: string
  /** Asks again with this text, or `'Again: '` for `true`, and fails unless both lines are the same. */
  confirm?: string | boolean
  /** Gives up and gives the terminal back. */
  signal?: AbortSignal
  /** The most bytes of UTF-8 that a line may have; default 65,536. */
  maxBytes?: number
  /** Descriptor of the terminal; default that of `input`, else 0. */
  fd?: number
  /** A stream of the terminal that is not to read meanwhile, besides `process.stdin`. */
  input?: ReadStream
  /** Where to show the prompt; default `process.stderr`. */
  output?: NodeJS.WritableStream
}

const MAX_BYTES = 65_536
const CONFIRM = 'Again: '

/** Settles when the prompt of this thread that is open has ended. */
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
  let receive: (outcome: Outcome, buffer: number) => void = () => {}
  let first = 0
  try {
    if (!native.terminalOpen(fd, (outcome, buffer) => receive(outcome, buffer))) fail()
    const readLine = (text: string): Promise<number> => {
      const line = new Promise<number>((resolve, reject) => {
        receive = (outcome, buffer) => {
          if (outcome === Outcome.Line) resolve(buffer)
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
    if (reason === Outcome.TooLong || reason === Outcome.Failed) fail()
    if (reason !== Outcome.Interrupted) throw reason
    native.terminalClose()
    process.kill(process.pid, 'SIGINT')
    // As Node's readline says it.
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

/** @returns what `promise` does, or rejects with the signal's reason if that comes first */
function abortable<T>(promise: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return promise
  return new Promise((resolve, reject) => {
    const onAbort = () => reject(signal.reason)
    signal.addEventListener('abort', onAbort, { once: true })
    promise.finally(() => signal.removeEventListener('abort', onAbort)).then(resolve, reject)
    if (signal.aborted) onAbort()
  })
}

/** What Node's terminal streams have besides their public properties, in all versions that are supported. */
interface TerminalStream extends ReadStream {
  _handle?: { reading?: boolean; readStop(): void } | null
}

/**
 * Keeps a stream from reading, whatever is called on it meanwhile: what is typed is not its data, and no line or
 * history of a readline that is open on it.
 *
 * @returns lets it go on
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
  // Whoever sets the terminal's mode meanwhile has it set afterwards: until then nothing may be echoed.
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
    // It was paused meanwhile: `process.stdin` stops reading at this event, as it would have.
    if (stream.isPaused()) stream.emit('pause')
  }
}
