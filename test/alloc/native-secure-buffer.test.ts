import { itPassesTestsOf } from '../support/native-program.js'

describe('the native tests: secure buffer', () => {
  itPassesTestsOf('secure buffer')
})
