import { createSocket, type RemoteInfo, type Socket } from 'node:dgram'
import { once } from 'node:events'

/** A question as a nameserver gets it. */
export interface DnsQuestion {
  /** In lower case: resolvers mix the case of what they ask. */
  readonly name: string
  /** 1 for A, 12 for PTR, 28 for AAAA. */
  readonly type: number
}

/** Addresses or names, the code of an error, or nothing at all. */
export type DnsAnswer = readonly string[] | { readonly rcode: number } | undefined

const TTL = 60

function nameAt(packet: Buffer, offset: number): [labels: string[], end: number] {
  const labels: string[] = []
  let at = offset
  for (let length = packet[at] ?? 0; length > 0; length = packet[at] ?? 0) {
    labels.push(packet.toString('latin1', at + 1, at + 1 + length))
    at += 1 + length
  }
  return [labels, at + 1]
}

function encodedName(name: string): Buffer {
  const labels = name.split('.').map((label) => Buffer.concat([Buffer.from([label.length]), Buffer.from(label)]))
  return Buffer.concat([...labels, Buffer.from([0])])
}

function addressBytes(address: string): Buffer {
  if (!address.includes(':')) return Buffer.from(address.split('.').map(Number))
  const [head = '', tail = ''] = address.split('::')
  const words = (part: string) => (part === '' ? [] : part.split(':').map((word) => Number.parseInt(word, 16)))
  const [left, right] = [words(head), words(tail)]
  const all = [...left, ...new Array<number>(8 - left.length - right.length).fill(0), ...right]
  return Buffer.from(all.flatMap((word) => [word >> 8, word & 0xff]))
}

function record(type: number, answer: string): Buffer {
  const data = type === 12 ? encodedName(answer) : addressBytes(answer)
  const head = Buffer.alloc(12)
  head.writeUInt16BE(0xc00c, 0) // the name of the question
  head.writeUInt16BE(type, 2)
  head.writeUInt16BE(1, 4)
  head.writeUInt32BE(TTL, 6)
  head.writeUInt16BE(data.length, 10)
  return Buffer.concat([head, data])
}

/** A nameserver on a port of 127.0.0.1 that answers as a test wants. */
export class DnsServer implements AsyncDisposable {
  readonly #socket: Socket
  /** What it was asked, in order. */
  readonly questions: DnsQuestion[] = []
  /** Called after each question, answered or not. */
  onQuestion: () => void = () => {}

  private constructor(socket: Socket) {
    this.#socket = socket
  }

  static async start(answer: (question: DnsQuestion) => DnsAnswer): Promise<DnsServer> {
    const server = new DnsServer(createSocket('udp4'))
    server.#socket.on('message', (packet, from) => server.#receive(packet, from, answer))
    server.#socket.bind(0, '127.0.0.1')
    await once(server.#socket, 'listening')
    return server
  }

  #receive(packet: Buffer, from: RemoteInfo, answer: (question: DnsQuestion) => DnsAnswer): void {
    const [labels, end] = nameAt(packet, 12)
    const question = { name: labels.join('.').toLowerCase(), type: packet.readUInt16BE(end) }
    this.questions.push(question)
    const answers = answer(question)
    if (answers !== undefined) {
      const failed = 'rcode' in answers
      const records = failed ? [] : answers.map((one) => record(question.type, one))
      const head = Buffer.from(packet.subarray(0, 12))
      head.writeUInt16BE(0x8180 | (failed ? answers.rcode : 0), 2)
      head.writeUInt16BE(records.length, 6)
      head.writeUInt32BE(0, 8)
      this.#socket.send(Buffer.concat([head, packet.subarray(12, end + 4), ...records]), from.port, from.address)
    }
    this.onQuestion()
  }

  get address(): string {
    return `127.0.0.1:${this.#socket.address().port}`
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await new Promise<void>((resolve) => this.#socket.close(() => resolve()))
  }
}
