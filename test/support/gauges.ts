// Reads the library's gauges as an exporter of OpenTelemetry gets them.
import { metrics } from '@opentelemetry/api'
import {
  AggregationTemporality,
  InMemoryMetricExporter,
  MeterProvider,
  type MetricData,
  PeriodicExportingMetricReader,
} from '@opentelemetry/sdk-metrics'
import { registerGauges } from 'bitcoin-support'
import { expect } from 'chai'

/** An exporter that is registered before the tests of a `describe()` and removed after them. */
export class Gauges {
  readonly #exporter = new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE)
  readonly #reader = new PeriodicExportingMetricReader({ exporter: this.#exporter, exportIntervalMillis: 3_600_000 })
  readonly #provider = new MeterProvider({ readers: [this.#reader] })

  constructor() {
    before(() => {
      expect(metrics.setGlobalMeterProvider(this.#provider)).to.equal(true)
      // A second call does nothing.
      registerGauges()
      registerGauges()
    })
    after(() => {
      metrics.disable()
      return this.#provider.shutdown()
    })
  }

  /** @returns everything that has been exported, after one more export */
  async exported(): Promise<ReturnType<InMemoryMetricExporter['getMetrics']>> {
    await this.#reader.forceFlush()
    return this.#exporter.getMetrics()
  }

  /** @returns the library's gauges whose names begin with `prefix`, as they are now */
  async read(prefix: string): Promise<MetricData[]> {
    const scopes = (await this.exported()).at(-1)?.scopeMetrics.filter(({ scope }) => scope.name === 'bitcoin-support')
    const all = scopes?.flatMap((scope) => scope.metrics) ?? []
    return all.filter(({ descriptor }) => descriptor.name.startsWith(prefix))
  }
}
