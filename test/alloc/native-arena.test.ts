import { itPassesTestsOf } from '../support/native-program.js'

describe('the native tests: arena', () => {
  itPassesTestsOf('arena')
})
