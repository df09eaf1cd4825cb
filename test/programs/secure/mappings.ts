import { readFileSync } from 'node:fs'

/** A mapping of this process, as `/proc/self/smaps` has it. */
export interface Mapping {
  readonly begin: number
  readonly end: number
  readonly path: string
  /** In kB. */
  readonly locked: number
  /** In kB. */
  readonly rss: number
  readonly permissions: string
  readonly flags: readonly string[]
}

/** @returns the mappings of this process, by address */
export function mappings(): Mapping[] {
  const text = readFileSync('/proc/self/smaps', 'utf8')
  return text.split(/\n(?=[0-9a-f]+-[0-9a-f]+ )/).map((entry) => {
    const [, begin = '', end = '', permissions = '', path = ''] =
      entry.match(/^([0-9a-f]+)-([0-9a-f]+) (\S+) \S+ \S+ \S+ *(.*)/) ?? []
    const field = (name: string) => entry.match(new RegExp(`^${name}:\\s*(.*)`, 'm'))?.[1] ?? ''
    return {
      begin: Number.parseInt(begin, 16),
      end: Number.parseInt(end, 16),
      path,
      permissions,
      locked: Number.parseInt(field('Locked'), 10),
      rss: Number.parseInt(field('Rss'), 10),
      flags: field('VmFlags').trim().split(' '),
    }
  })
}

/** @returns locked memory of this process in kB, as the kernel counts it against the limit */
export function lockedKilobytes(): number {
  return Number.parseInt(readFileSync('/proc/self/status', 'utf8').match(/^VmLck:\s*(\d+)/m)?.[1] ?? '', 10)
}
