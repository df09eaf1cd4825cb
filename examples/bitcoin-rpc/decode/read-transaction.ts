import { Transaction } from 'bitcoinjs-lib'
import { MAX_SCRIPT_SIZE } from './script-asm.js'
import { ScriptWalk } from './script-ops.js'

/** In which of its two forms a transaction may be serialized. */
export interface SerializationForms {
  /** Read it with the marker and the witnesses of BIP 144. */
  readonly withWitness: boolean
  /** Read it without: the marker then is an empty list of inputs. */
  readonly withoutWitness: boolean
}

/** Longer lists and scripts are refused. */
const MAX_SIZE = 0x02000000
const HASH_BYTES = 32
const WITNESS_FLAG = 1
/** No opcode above this is defined. */
const MAX_OPCODE = 0xb9
const MAX_PUSH_BYTES = 520
const NO_INDEX = 0xffffffff
const EMPTY = new Uint8Array()

/**
 * Reads a serialized transaction. Bytes that can be read in both forms are taken for the one whose scripts make sense,
 * with witnesses when that decides nothing.
 *
 * @param bytes - the transaction; nothing may follow it
 * @param forms - what to try
 * @returns the transaction, or undefined when it is none
 * @see DecodeTx() in Bitcoin Core
 */
export function readTransaction(bytes: Uint8Array, forms: SerializationForms): Transaction | undefined {
  const extended = forms.withWitness ? tryToRead(bytes, true) : undefined
  if (extended !== undefined && hasSaneScripts(extended)) return extended
  const plain = forms.withoutWitness ? tryToRead(bytes, false) : undefined
  if (plain !== undefined && hasSaneScripts(plain)) return plain
  return extended ?? plain
}

/**
 * @param transaction - a transaction
 * @returns whether it makes coins and spends none: its one input names no transaction and no output
 */
export function isCoinbase({ ins }: Transaction): boolean {
  const [input] = ins
  return ins.length === 1 && input?.index === NO_INDEX && input.hash.every((byte) => byte === 0)
}

function tryToRead(bytes: Uint8Array, allowWitness: boolean): Transaction | undefined {
  try {
    const reader = new Reader(bytes)
    const transaction = readFrom(reader, allowWitness)
    return reader.atEnd ? transaction : undefined
  } catch (error) {
    if (error instanceof MalformedTransaction) return undefined
    throw error
  }
}

function readFrom(reader: Reader, allowWitness: boolean): Transaction {
  const transaction = new Transaction()
  transaction.version = reader.uint32()
  transaction.ins = readInputs(reader)
  // No inputs are the marker, and what follows it a flag; 0 stands for no outputs.
  let flag = 0
  const marked = allowWitness && transaction.ins.length === 0
  if (marked) {
    flag = reader.byte()
    if (flag !== 0) transaction.ins = readInputs(reader)
  }
  if (!marked || flag !== 0) transaction.outs = readOutputs(reader)
  if ((flag & WITNESS_FLAG) !== 0) {
    for (const input of transaction.ins) input.witness = reader.list(() => reader.bytes())
    if (!transaction.hasWitnesses()) throw new MalformedTransaction('Superfluous witness record')
  }
  if ((flag & ~WITNESS_FLAG) !== 0) throw new MalformedTransaction('Unknown transaction optional data')
  transaction.locktime = reader.uint32()
  return transaction
}

function readInputs(reader: Reader): Transaction['ins'] {
  return reader.list(() => ({
    hash: reader.slice(HASH_BYTES),
    index: reader.uint32(),
    script: reader.bytes(),
    sequence: reader.uint32(),
    witness: [],
  }))
}

function readOutputs(reader: Reader): Transaction['outs'] {
  return reader.list(() => ({ value: reader.int64(), script: reader.bytes() }))
}

/** Whether all its scripts could be run as far as their opcodes go. A coinbase's input holds anything. */
function hasSaneScripts(transaction: Transaction): boolean {
  const inputs = isCoinbase(transaction) ? [] : transaction.ins
  return [...inputs, ...transaction.outs].every(({ script }) => script.length <= MAX_SCRIPT_SIZE && hasValidOps(script))
}

function hasValidOps(script: Uint8Array): boolean {
  const walk = new ScriptWalk(script)
  while (walk.next()) if (walk.opcode > MAX_OPCODE || walk.length > MAX_PUSH_BYTES) return false
  return !walk.broken
}

/** For the reader itself: like Bitcoin Core, the server shows no such message to a client. */
class MalformedTransaction extends Error {}

/** Takes bytes apart from front to back. Every method throws MalformedTransaction where the bytes do not suffice. */
class Reader {
  readonly #bytes: Buffer
  #at = 0

  constructor(bytes: Uint8Array) {
    this.#bytes = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length)
  }

  get atEnd(): boolean {
    return this.#at === this.#bytes.length
  }

  byte(): number {
    return this.#bytes.readUInt8(this.#take(1))
  }

  uint32(): number {
    return this.#bytes.readUInt32LE(this.#take(4))
  }

  int64(): bigint {
    return this.#bytes.readBigInt64LE(this.#take(8))
  }

  slice(length: number): Uint8Array {
    const start = this.#take(length)
    return length === 0 ? EMPTY : this.#bytes.subarray(start, start + length)
  }

  /** Reads a number, and so many bytes. */
  bytes(): Uint8Array {
    return this.slice(this.#size())
  }

  /** Reads a number, and so many elements. The number may be far too large, so nothing is allocated for it in advance. */
  list<Element>(read: () => Element): Element[] {
    const elements: Element[] = []
    for (let left = this.#size(); left > 0; left -= 1) elements.push(read())
    return elements
  }

  /** Reads a number in its shortest form, and refuses others, so that a transaction has one serialization. */
  #size(): number {
    const first = this.byte()
    if (first < 0xfd) return first
    const [length, least] = first === 0xfd ? [2, 0xfd] : first === 0xfe ? [4, 0x10000] : [8, 0x1_0000_0000]
    const start = this.#take(length)
    const size = length === 8 ? Number(this.#bytes.readBigUInt64LE(start)) : this.#bytes.readUIntLE(start, length)
    if (size < least) throw new MalformedTransaction('non-canonical ReadCompactSize()')
    if (size > MAX_SIZE) throw new MalformedTransaction('ReadCompactSize(): size too large')
    return size
  }

  #take(length: number): number {
    const start = this.#at
    if (length > this.#bytes.length - start) throw new MalformedTransaction('end of data')
    this.#at += length
    return start
  }
}
