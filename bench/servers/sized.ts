const bodies = new Map<string, Buffer>()

/** @returns as many bytes as the path says, the same ones for each call */
export function bodyOf(path: string): Buffer {
  let body = bodies.get(path)
  if (body === undefined) {
    body = Buffer.alloc(Number(path.slice(1)), 'x')
    bodies.set(path, body)
  }
  return body
}

/** What the replies that are streamed consist of. */
export const PIECE = Buffer.alloc(1 << 16, 'x')
