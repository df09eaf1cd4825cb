// Writes the API reference into docs/api from the docstrings; an undocumented export or a broken link fails it.
import { join } from 'node:path'
import { installPackages } from './lib/node-modules.mjs'
import { root, run } from './lib/run.mjs'

installPackages(root)
const tools = join(root, 'tools', 'docs')
installPackages(tools)
process.exitCode = run(process.execPath, [join(tools, 'node_modules', 'typedoc', 'bin', 'typedoc')], { cwd: tools })
