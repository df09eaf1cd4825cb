// GET /KIND/N/PIECE asks for N bytes in pieces of PIECE bytes, from a source of that kind.
import { Readable } from 'node:stream'

/** @returns what yields as many bytes as the path says */
export function piecesOf(path: string): AsyncIterable<Uint8Array> | Iterable<Uint8Array> {
  const [, kind, bytes, piece] = path.split('/')
  const total = Number(bytes)
  const block = Buffer.alloc(Number(piece), 'x')
  const next = (done: number) => (total - done < block.length ? block.subarray(0, total - done) : block)
  if (kind === 'generator') {
    return (function* () {
      for (let done = 0; done < total; done += block.length) yield next(done)
    })()
  }
  if (kind === 'async') {
    return (async function* () {
      for (let done = 0; done < total; done += block.length) yield next(done)
    })()
  }
  let done = 0
  return new Readable({
    highWaterMark: block.length,
    read() {
      if (done >= total) {
        this.push(null)
        return
      }
      const part = next(done)
      done += part.length
      this.push(part)
    },
  })
}
