import { itPassesTestsOf } from '../support/native-program.js'

describe('the native tests: purge', () => {
  itPassesTestsOf('purge')
})

describe('the native tests: purge by signals', () => {
  itPassesTestsOf('signals')
})
