import { EvHttpUri, obtainEvHttpUri } from 'bitcoin-support'
import { type Argument, integer, optional, string } from '../arguments.js'
import { is, nothing } from '../outcomes.js'
import { handleMethods, type Method, type Subject } from '../subject.js'

const EMPTY = 'without any part'

function getter(value: unknown, empty: unknown = undefined): Method<undefined> {
  return { live: is(value), in: { [EMPTY]: is(empty) } }
}

function setter(argument: Argument): Method<undefined> {
  return { args: () => [optional(argument)], live: nothing }
}

export const evHttpUri: Subject<EvHttpUri, undefined> = {
  name: 'EvHttpUri',
  type: EvHttpUri,
  stages: {
    open: {
      run(act) {
        using uri = obtainEvHttpUri('http://user@host:8332/path?query#fragment')
        act(uri, undefined)
      },
    },
    [EMPTY]: {
      run(act) {
        using uri = obtainEvHttpUri()
        act(uri, undefined)
      },
    },
    disposed: {
      run(act) {
        const uri = obtainEvHttpUri('http://host/')
        uri.dispose()
        act(uri, undefined)
      },
      dead: true,
    },
  },
  methods: {
    ...handleMethods,
    getScheme: getter('http'),
    getUserinfo: getter('user'),
    getHost: getter('host'),
    getPort: getter(8332, -1),
    getPath: getter('/path'),
    getQuery: getter('query'),
    getFragment: getter('fragment'),
    setScheme: setter(string('scheme', 'https', 'a\0', 'a\n', '\u0100')),
    setUserinfo: setter(string('userinfo', 'user:password', 'a\0', '\u0100')),
    setHost: setter(string('host', '[::1]', 'a\0', '\u0100')),
    setPort: { args: () => [integer('port', 80, -1, 65535)], live: nothing },
    setPath: setter(string('path', '/a', 'a\0', '\u0100')),
    setQuery: setter(string('query', 'a=b', 'a\0', '\u0100')),
    setFragment: setter(string('fragment', 'a', 'a\0', '\u0100')),
    setFlags: { args: () => [integer('flags', 1, 0, 1)], live: nothing },
    join: getter('http://user@host:8332/path?query#fragment', ''),
  },
}
