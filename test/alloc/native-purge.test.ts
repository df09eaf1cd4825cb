import { itPassesTestsOf } from '../support/native-program.js'

describe('the native tests: purge', () => {
  itPassesTestsOf('purge')
})
