/** What the addon exports for locked and wiped memory. A secure buffer's number is none of a handle. */
export interface NativeMemory {
  lockedPoolConfigure(policy: number, backend: string): void
  lockedPoolStats(): Record<string, number | string>
  lockedPoolWalk(): string
  hardenProcess(): void
  purgeSecrets(): void
  purgeOnSignal(signal: number): boolean
  secureRegionNew(size: number): ArrayBuffer | undefined
  secureRegionFree(memory: ArrayBuffer): boolean

  secureBufferNew(capacity: number): number
  secureBufferWrite(buffer: number, bytes: Uint8Array): number
  secureBufferRead(buffer: number, into: Uint8Array): number
  secureBufferLend(buffer: number): ArrayBuffer | undefined
  secureBufferTakeBack(lent: ArrayBuffer): boolean
  secureBufferLen(buffer: number): number
  secureBufferCapacity(buffer: number): number
  secureBufferIsValid(buffer: number): boolean
  secureBufferIsLocked(buffer: number): boolean
  secureBufferLock(buffer: number): number
  secureBufferUnlock(buffer: number): number
  secureBufferIntegrityCheck(buffer: number): boolean
  secureBufferClear(buffer: number): number
  secureBufferZeroize(buffer: number): number
  secureBufferFill(buffer: number, byte: number): number
  secureBufferRandom(buffer: number): number
  secureBufferEquals(buffer: number, other: number): number
  secureBufferEqualsBytes(buffer: number, bytes: Uint8Array): number
  secureBufferIsZero(buffer: number): number
  secureBufferShare(buffer: number): bigint
  secureBufferOpen(token: bigint): number
  secureBufferDestroy(buffer: number): void
  secureBufferRelease(buffer: number): void
  secureBufferAppend(buffer: number, bytes: Uint8Array): number
  secureBufferAppendString(buffer: number, text: string): number
  secureBufferPopCharacter(buffer: number): number
  secureBufferSlice(buffer: number, start: number, end: number): number

  terminalOpen(fd: number, receiver: (outcome: number, buffer: number) => void): boolean
  terminalRead(maxBytes: number): boolean
  terminalClose(): void
}
