// Says in one sentence what a build would miss, or prints the folder of Node's headers. CMakeLists.txt asks it, so that there
// is one search and one wording however the build was started.
import { findNodeHeaders } from './node-headers.mjs'
import { missingFor, sentence } from './requirements.mjs'

const missing = missingFor('build')
if (missing.length > 0) {
  console.error(sentence(missing))
  process.exitCode = 1
} else {
  process.stdout.write(String(findNodeHeaders()))
}
