// Takes more locked memory than its limit, with a tracer. It runs as a user to whom limits apply.
import { trace } from '@opentelemetry/api'
import { BasicTracerProvider, InMemorySpanExporter, SimpleSpanProcessor } from '@opentelemetry/sdk-trace-base'
import { configureLockedPool, SecureBuffer } from 'bitcoin-support'
import { report } from './report.js'

const exporter = new InMemorySpanExporter()
const provider = new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] })
trace.setGlobalTracerProvider(provider)
configureLockedPool({ policy: 'allow', backend: 'mlock' })
using _within = new SecureBuffer(64)
using _beyond = new SecureBuffer(1 << 20)
report({ spans: exporter.getFinishedSpans().map(({ name, attributes }) => ({ name, attributes })) })
await provider.shutdown()
