// Holds a secret and a control until it is asked to end or to crash: `cores <backend> [folder for the core]`.
import { configureLockedPool, SecureBuffer } from 'bitcoin-support'
import { receive, say } from '../../support/parent.js'
import { newMarker, plainMarker, store } from '../../support/secure-probe.js'
import { mappings } from './mappings.js'

const [, , backend, folder] = process.argv
if (folder !== undefined) process.chdir(folder)
configureLockedPool({ policy: 'require', backend: backend as 'mlock' | 'memfd_secret' })
const secret = newMarker()
const control = newMarker()
const buffer = new SecureBuffer(32)
store(secret, buffer)
const pages = mappings().filter(
  ({ permissions, flags, path }) =>
    permissions.startsWith('rw') && (path.startsWith('/secretmem') || flags.includes('lo')),
)
const plain = plainMarker(control)
const disguise = ({ disguised, key }: typeof secret) => ({ disguised: Buffer.from(disguised).toString('hex'), key })
// The arena, which the secret is in, first.
pages.sort((one, other) => other.end - other.begin - (one.end - one.begin))
say({ secret: disguise(secret), control: disguise(control), pages: pages.map(({ begin, end }) => [begin, end]) })
const message = await receive()
if (message === 'abort') process.abort()
say({ kept: [buffer.len(), plain.length] })
process.disconnect()
