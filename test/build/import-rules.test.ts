// What `npm run lint` says of a file that imports or includes what stands above it.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { expect } from 'chai'
import { root, run } from './support.js'

/** Runs the check on a checkout that has these files alone. */
async function check(files: Record<string, string>) {
  const folder = mkdtempSync(join(tmpdir(), 'imports-'))
  try {
    for (const [name, text] of Object.entries(files)) {
      mkdirSync(join(folder, dirname(name)), { recursive: true })
      writeFileSync(join(folder, name), text)
    }
    return await run(process.execPath, [join(root, 'scripts/check-imports.mjs'), '--root', folder])
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

describe('the check of imports and includes', () => {
  const up = 'src/util/low.ts uses src/events/loop/high.ts: src/util may not use src/events/loop\n'
  for (const [what, line] of Object.entries({
    'an import': "import { high } from '../events/loop/high.js'",
    'an import in double quotes': 'import { high } from "../events/loop/high.js"',
    'an import of a type': "import type { high } from '../events/loop/high.js'",
    'an import over several lines': "import {\n  high,\n} from '../events/loop/high.js'",
    'an import for its effects': "import '../events/loop/high.js'",
    'an import(): a promise, or a type': "type High = import('../events/loop/high.js').High",
    'a require()': "const high = createRequire(import.meta.url)('../events/loop/high.js')",
    'a re-export': "export * from '../events/loop/high.js'",
    'an augmentation': "declare module '../events/loop/high.js' {}",
  })) {
    it(`finds ${what} of what stands above`, async () => {
      const { code, stderr } = await check({
        'src/util/low.ts': line,
        'src/events/loop/high.ts': 'export type High = 1',
      })
      expect({ code, stderr }).to.deep.equal({ code: 1, stderr: up })
    })
  }

  for (const line of ['#include "http/high.h"', '#include <http/high.h>', '  #  include "http/high.h"']) {
    it(`finds ${line.trim()} below`, async () => {
      for (const low of ['native/net/low.cc', 'native/net/low.h', 'native/net/low.def']) {
        const { code, stderr } = await check({ [low]: line, 'native/http/high.h': '' })
        const said = `${low} uses native/http/high.h: native/net may not use native/http\n`
        expect({ code, stderr }).to.deep.equal({ code: 1, stderr: said })
      }
    })
  }

  it('finds circles, and a file that is nowhere', async () => {
    const { code, stderr } = await check({
      'src/util/one.ts': "import './two.js'",
      'src/util/two.ts': "import type { One } from './one.js'",
      'native/elsewhere/file.cc': '',
    })
    expect({ code, stderr: stderr.trim().split('\n') }).to.deep.equal({
      code: 1,
      stderr: [
        'a circle: src/util/one.ts -> src/util/two.ts -> src/util/one.ts',
        'native/elsewhere/file.cc is in no layer: add its folder to scripts/check-imports.mjs',
      ],
    })
  })

  it('has nothing to say of what goes down', async () => {
    const { code, stderr } = await check({
      'src/events/loop/high.ts': "import { low } from '../../util/low.js'\nimport { readFileSync } from 'node:fs'",
      'src/util/low.ts': 'export const low = 1',
      'native/http/high.h': '#include <vector>\n#include "net/low.h"',
      'native/net/low.h': '',
    })
    expect({ code, stderr }).to.deep.equal({ code: 0, stderr: '' })
  })
})
