// Prints the folder of Node's headers, or one sentence that names what a build misses. CMakeLists.txt runs it, so that every way
// to build searches alike and says the same.
import { findNodeHeaders } from './node-headers.mjs'
import { missingFor, sentence } from './requirements.mjs'

const missing = missingFor('build')
if (missing.length > 0) {
  console.error(sentence(missing))
  process.exitCode = 1
} else {
  process.stdout.write(String(findNodeHeaders()))
}
