// OpenTelemetry. A span that lasts as long as a handle would never be exported if the handle leaked, so there is a
// short one at creation and a short one at drop that links to it.
import { createRequire } from 'node:module'
import type * as OpenTelemetry from '@opentelemetry/api'
import type { Meter, SpanContext, Tracer } from '@opentelemetry/api'
import { type HandleNumber, native } from '../native/native.js'

const SCOPE = 'bitcoin-support'

// The API: undefined when the package is not installed, and then nothing is traced. Its parts are taken out of the module once,
// because the module's exports are getters.
const { trace, metrics } = loadApi() ?? {}
const typeNames = new Map<number, string>()
const creations = new Map<HandleNumber, { span?: SpanContext; stack?: string }>()
let captureStacks = process.env.BITCOIN_SUPPORT_STACKS === '1'
let dropLogOn = false
let tracerOf: { provider: object; tracer: Tracer } | undefined
let metered: object | undefined

interface Delegating {
  getDelegateTracer?(name: string): Tracer | undefined
}

/** The gauges of the locked pool, as `lockedPoolStats()` names them. */
const POOL_PARTS = [
  ['used', 'Locked memory in use'],
  ['free', 'Locked memory that is not in use'],
  ['total', 'Memory of the locked pool'],
  ['locked', "How much of the pool's memory is locked"],
] as const

// A static import fails when the package is not installed. The SDK finds the API whichever copy of it is loaded.
function loadApi(): typeof OpenTelemetry | undefined {
  try {
    return createRequire(import.meta.url)('@opentelemetry/api')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'MODULE_NOT_FOUND') throw error
    return undefined
  }
}

/** @returns the tracer of the SDK that is registered now; undefined without an SDK, and then no span is made */
function activeTracer(): Tracer | undefined {
  if (trace === undefined) return undefined
  const provider = trace.getTracerProvider()
  const proxy = provider as Delegating
  if (proxy.getDelegateTracer !== undefined) return proxy.getDelegateTracer(SCOPE)
  if (tracerOf?.provider !== provider) tracerOf = { provider, tracer: provider.getTracer(SCOPE) }
  return tracerOf.tracer
}

function attributes(type: number, id: number) {
  return {
    'bitcoin_support.handle.type': typeNames.get(type) ?? 'unknown',
    'bitcoin_support.handle.id': id,
    'bitcoin_support.handle.live': native.liveCount(type),
  }
}

/** Registers a declared type's name for spans and gauges. */
export function traceType(type: number, name: string): void {
  typeNames.set(type, name)
  registerGauges()
}

/** Registers the gauges with the present meter provider, unless that has been done. */
export function registerGauges(): void {
  const provider = metrics?.getMeterProvider()
  if (provider === undefined || provider === metered) return
  metered = provider
  const meter: Meter = provider.getMeter(SCOPE)
  const gauge = meter.createObservableGauge('bitcoin_support.handles.live', {
    description: 'Live handles in the process, by type',
    unit: '{handle}',
  })
  gauge.addCallback((result) => {
    for (const [type, name] of typeNames) {
      result.observe(native.liveCount(type), { 'bitcoin_support.handle.type': name })
    }
  })
  for (const [part, description] of POOL_PARTS) {
    meter
      .createObservableGauge(`bitcoin_support.locked_pool.${part}`, { description, unit: 'By' })
      .addCallback((result) => result.observe(Number(native.lockedPoolStats()[part])))
  }
}

/**
 * Turns the capture of a stack at each handle's creation on or off, for `liveHandles()` and leak reports. It costs some
 * microseconds per handle. `BITCOIN_SUPPORT_STACKS=1` in the environment turns it on from the start.
 *
 * @param on - whether handles made from now on remember their stack
 */
export function setCaptureStacks(on: boolean): void {
  captureStacks = on
}

/** Traces a new handle. */
export function traceCreated(handle: HandleNumber, type: number, id: number): void {
  const tracer = activeTracer()
  if (tracer === undefined && !captureStacks) return
  if (!dropLogOn) {
    dropLogOn = true
    native.setDropLog(true)
  }
  const creation: { span?: SpanContext; stack?: string } = {}
  if (tracer !== undefined) {
    const span = tracer.startSpan(`${typeNames.get(type)} create`, { attributes: attributes(type, id) })
    span.end()
    creation.span = span.spanContext()
  }
  if (captureStacks) creation.stack = new Error('created').stack?.split('\n').slice(2).join('\n') ?? ''
  creations.set(handle, creation)
}

/** Traces the handles that have ended since the last call, however they ended. */
export function traceDropped(): void {
  if (!dropLogOn) return
  const dropped = native.takeDropped()
  if (dropped.length === 0) return
  const tracer = activeTracer()
  for (let i = 0; i + 2 < dropped.length; i += 3) {
    const [handle = 0, type = 0, id = 0] = dropped.slice(i, i + 3)
    const creation = creations.get(handle)
    creations.delete(handle)
    if (tracer === undefined) continue
    const links = creation?.span === undefined ? [] : [{ context: creation.span }]
    tracer.startSpan(`${typeNames.get(type)} drop`, { attributes: attributes(type, id), links }).end()
  }
}

/** An event of secret memory. */
type SecureEvent = 'arena_growth' | 'lock_failure' | 'destroy'

/** An event that only an audit log reports. */
type AuditEvent =
  | 'create'
  | 'write'
  | 'read'
  | 'as_slice'
  | 'lend'
  | 'share'
  | 'open'
  | 'revoke'
  | 'growth'
  | 'allocate'
  | 'deallocate'
  | 'cleanse'
  | 'failure'

let auditing = false

/**
 * Turns the audit log of secret memory on or off. It needs a registered OpenTelemetry SDK. A span `secure_alloc` always reports
 * the growth of arenas, lock failures and destruction. With the audit log, one reports each of these too: a buffer's creation,
 * writing, reading, copying out (`as_slice`), lending, sharing, opening and revoking; a string's growth to another place; what
 * the allocators allocate and deallocate; each `memoryCleanse()`; and each failure. No span has a content, a length, or a number
 * that identifies a buffer.
 *
 * @param on - whether events from now on are reported
 */
export function setSecureAudit(on: boolean): void {
  auditing = on
}

/** Reports an event of secret memory, if the audit log is on. */
export function auditSecure(event: AuditEvent): void {
  if (auditing) traceSecure(event)
}

/** Reports an event of secret memory. */
export function traceSecure(event: SecureEvent | AuditEvent): void {
  activeTracer()
    ?.startSpan('secure_alloc', { attributes: { 'bitcoin_support.secure.event': event } })
    .end()
}

/** The stack at a handle's creation, where it was captured. */
export function creationStack(handle: HandleNumber): string | undefined {
  return creations.get(handle)?.stack
}
