// How a program of `test/programs` talks with the test that has started it.

const waiting: string[] = []
let wake: () => void = () => {}

process.on('message', (message) => {
  waiting.push(String(message))
  wake()
})

/** Sends a message to the test. */
export function say(message: object): void {
  process.send?.(message)
}

/** @returns what the test says next */
export async function receive(): Promise<string> {
  for (;;) {
    const message = waiting.shift()
    if (message !== undefined) return message
    await new Promise<void>((resolve) => {
      wake = resolve
    })
  }
}
