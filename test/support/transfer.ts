/** Hands the memory under `bytes` to somebody else, if that is possible: Node refuses, or copies, what is marked so. */
export function tryToTransfer(bytes: Buffer): void {
  try {
    structuredClone(bytes.buffer, { transfer: [bytes.buffer as ArrayBuffer] })
  } catch (error) {
    if ((error as Error).name !== 'DataCloneError') throw error
  }
}
