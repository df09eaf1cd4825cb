// Says in one sentence what a build would miss first, or prints the folder of Node's headers. CMakeLists.txt asks it, so that
// there is one search and one wording however the build was started.
import { findNodeHeaders } from './lib/node-headers.mjs'
import { missingForBuild, sentence } from './lib/requirements.mjs'

const [missing] = missingForBuild()
if (missing) {
  console.error(sentence(missing))
  process.exitCode = 1
} else {
  process.stdout.write(findNodeHeaders())
}
