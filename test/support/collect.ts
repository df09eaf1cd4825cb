/** Collects garbage until all has been collected that can be, finalizers run. For programs run with --expose-gc. */
export async function collect(): Promise<void> {
  for (let round = 0; round < 6; round++) {
    await new Promise((resolve) => setImmediate(resolve))
    globalThis.gc?.()
  }
  await new Promise((resolve) => setImmediate(resolve))
}
