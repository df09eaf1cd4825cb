import { itPassesTestsOf } from '../support/native-program.js'

describe('the native tests: locked pool', () => {
  itPassesTestsOf('locked pool')
})

describe('the native tests: standard allocators', () => {
  itPassesTestsOf('secure allocator')
  itPassesTestsOf('zero-after-free allocator')
})
