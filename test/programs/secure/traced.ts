// Takes more locked memory than it may have, with a tracer: `traced`, as a user whom a limit binds.
import { trace } from '@opentelemetry/api'
import { BasicTracerProvider, InMemorySpanExporter, SimpleSpanProcessor } from '@opentelemetry/sdk-trace-base'
import { configureLockedPool, SecureBuffer } from 'bitcoin-support'
import { tell } from './tell.js'

const exporter = new InMemorySpanExporter()
const provider = new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] })
trace.setGlobalTracerProvider(provider)
configureLockedPool({ policy: 'allow', backend: 'mlock' })
using _within = new SecureBuffer(64)
using _beyond = new SecureBuffer(1 << 20)
tell({ spans: exporter.getFinishedSpans().map(({ name, attributes }) => ({ name, attributes })) })
await provider.shutdown()
