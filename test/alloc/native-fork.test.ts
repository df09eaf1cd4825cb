import { itPassesTestsOf } from '../support/native-program.js'

describe('the native tests: fork', () => {
  itPassesTestsOf('fork')
})
