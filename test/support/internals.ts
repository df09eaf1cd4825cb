// The parts of the library that it does not export, for tests that go below its public face. They are found from the
// package's own entry, so that they are the very modules that it uses.
const entry = import.meta.resolve('bitcoin-support')

type NativeModule = typeof import('../../src/native/native.js')

const loaded = (await import(new URL('./native/native.js', entry).href)) as NativeModule

/** The addon's functions, which take handles as numbers. */
export const native: NativeModule['native'] = loaded.native
