// Another process's memory, as a debugger sees it.
import { closeSync, openSync, readFileSync, readSync } from 'node:fs'

const CHUNK = 1 << 20
const PAGE = 4096
// AddressSanitizer's shadow, which is larger than any memory and holds no content.
const LARGEST_MAPPING = 1n << 40n

/**
 * Searches all readable memory of a process, which should not run meanwhile.
 *
 * @param pid - a child of this process
 * @param needles - what to search for, each at most a page long
 * @returns how often each is there
 */
export function countInProcess(pid: number, needles: readonly Uint8Array[]): number[] {
  const counts = needles.map(() => 0)
  const overlap = Math.max(...needles.map((needle) => needle.length)) - 1
  const buffer = Buffer.alloc(CHUNK)
  const fd = openSync(`/proc/${pid}/mem`, 'r')
  try {
    for (const [begin, end] of readableMappings(pid)) {
      let at = begin
      while (at < end) {
        const length = readAt(fd, buffer, at, Number(end - at))
        const chunk = buffer.subarray(0, length)
        const last = length < CHUNK || at + BigInt(length) >= end
        for (const [index, needle] of needles.entries()) {
          // What lies in the overlap altogether is found in the next chunk.
          const limit = last ? length : length - overlap
          for (let hit = chunk.indexOf(needle); hit >= 0 && hit < limit; hit = chunk.indexOf(needle, hit + 1)) {
            counts[index] = (counts[index] ?? 0) + 1
          }
        }
        // A page that cannot be read all the same, such as the kernel's own or a secret one.
        at += BigInt(length === 0 ? PAGE : last ? length : length - overlap)
      }
    }
  } finally {
    closeSync(fd)
  }
  return counts
}

function readAt(fd: number, buffer: Buffer, at: bigint, available: number): number {
  try {
    return readSync(fd, buffer, 0, Math.min(buffer.length, available), at)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EIO') throw error
    return 0
  }
}

function readableMappings(pid: number): [begin: bigint, end: bigint][] {
  const lines = readFileSync(`/proc/${pid}/maps`, 'utf8').split('\n')
  return lines.flatMap((line): [bigint, bigint][] => {
    const [, begin, end, name] = /^([0-9a-f]+)-([0-9a-f]+) r\S* \S+ \S+ \S+ *(.*)$/.exec(line) ?? []
    // The kernel's, at an address that no file position reaches.
    if (begin === undefined || name === '[vsyscall]') return []
    const mapping: [bigint, bigint] = [BigInt(`0x${begin}`), BigInt(`0x${end}`)]
    return mapping[1] - mapping[0] < LARGEST_MAPPING ? [mapping] : []
  })
}
