// libevent's own regression tests of URIs and queries, under their names: test/regress_http.c. They use no base, so the
// backends do not matter.
import {
  EVHTTP_URI_NONCONFORMANT,
  EvHttpUri,
  evhttpHtmlescape,
  evhttpParseQuery,
  evhttpParseQueryStr,
  evhttpUridecode,
  evhttpUriencode,
  type OwnedEvKeyvalq,
  obtainEvHttpUri,
  obtainEvKeyvalq,
} from 'bitcoin-support'
import { expect } from 'chai'
import { expectCode } from '../../support/errors.js'
import { checkLiveCountsAfterEach } from '../../support/live-counts.js'

type Pairs = readonly (readonly [name: string, value: string])[]

/** What a query is parsed into; undefined when it is refused, and then the list must be empty. */
function parsed(parse: (list: OwnedEvKeyvalq) => void): Pairs | undefined {
  using list = obtainEvKeyvalq()
  list.addHeader('Old', 'goes')
  try {
    parse(list)
  } catch (error) {
    expect(error).to.have.property('code', 'ERR_EV_PARSE')
    expect([...list]).to.deep.equal([])
    return undefined
  }
  return [...list]
}

/** The parts of a URI that are there. */
function parts(uri: EvHttpUri): Record<string, unknown> {
  const all = {
    scheme: uri.getScheme(),
    userinfo: uri.getUserinfo(),
    host: uri.getHost(),
    port: uri.getPort() === -1 ? undefined : uri.getPort(),
    path: uri.getPath(),
    query: uri.getQuery(),
    fragment: uri.getFragment(),
  }
  return Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined))
}

describe("libevent's http tests: queries", () => {
  checkLiveCountsAfterEach()

  const QUERIES: readonly (readonly [query: string, pairs: Pairs | undefined])[] = [
    ['q=test', [['q', 'test']]],
    [
      'q=test&foo=bar',
      [
        ['q', 'test'],
        ['foo', 'bar'],
      ],
    ],
    ['q=test+foo', [['q', 'test foo']]],
    ['q=test%0Afoo', [['q', 'test\nfoo']]],
    ['q=test%0Dfoo', [['q', 'test\rfoo']]],
    ['q=test&&q2', undefined],
    ['q&q2=foo', undefined],
    ['q=foo&q2', undefined],
    ['q=foo&q2&q3=x', undefined],
    ['=foo', undefined],
    ['%71=a%3Db', [['%71', 'a=b']]],
    ['q=gr%fc%DFe', [['q', 'gr\xfc\xdfe']]],
    ['q=a%00b', [['q', 'a']]],
    [
      'q=&q2=&q3=',
      [
        ['q', ''],
        ['q2', ''],
        ['q3', ''],
      ],
    ],
  ]

  it('parse_query', () => {
    for (const [query, pairs] of QUERIES) {
      expect(
        parsed((list) => evhttpParseQuery(`http://www.test.com/?${query}`, list)),
        query,
      ).to.deep.equal(pairs)
    }
    expect(parsed((list) => evhttpParseQuery('http://www.test.com/', list))).to.deep.equal([])
    expect(parsed((list) => evhttpParseQuery('http://www.test.com:x/?q=test', list))).to.equal(undefined)
  })

  it('parse_query_str', () => {
    // All before the first = is a name.
    expect(parsed((list) => evhttpParseQueryStr('http://www.test.com/?q=test', list))).to.deep.equal([
      ['http://www.test.com/?q', 'test'],
    ])
    expect(parsed((list) => evhttpParseQueryStr('', list))).to.deep.equal([])
    for (const [query, pairs] of QUERIES) {
      expect(
        parsed((list) => evhttpParseQueryStr(query, list)),
        query,
      ).to.deep.equal(pairs)
    }
  })

  it('a list that is disposed, and one of a request, are refused', () => {
    const list = obtainEvKeyvalq()
    list.dispose()
    expectCode('ERR_EV_DISPOSED', () => evhttpParseQueryStr('a=b', list))
    expect(() => evhttpParseQueryStr('a=b', {} as OwnedEvKeyvalq)).to.throw(TypeError, /^headers /)
  })
})

// What RFC 3986 does not allow, and the flag does.
const NONCONFORMANT = [
  'http://www.test.com/ why hello',
  'http://www.test.com/why-hello\x01',
  'http://www.test.com/why-hello?\x01',
  'http://www.test.com/why-hello#\x01',
  'http://www.test.com/why-hell%7o',
  'http://www.test.com/why-hello%7',
  'http://www.test.com/foo?ba%r',
  'http://www.test.com/foo#ba%r',
]

// What neither allows.
const BAD = [
  'http://www.\x01.test.com/why-hello',
  'http://www.%7test.com/why-hello',
  'h%3ttp://www.test.com/why-hello',
  '99:99/foo',
  'http://www.test.com:999x/',
  'http://www.test.com:x/',
  'http://[hello-there]/',
  'http://[::1]]/',
  'http://[::1/',
  'http://[foob/',
  'http://[/',
  'http://[ffff:ffff:ffff:ffff:Ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff]/',
  'http://[vX.foo]/',
  'http://[v.foo]/',
  'http://[v5.fo%o]/',
  'http://[v5X]/',
  'http://[v5]/',
  'http://[]/',
  'http://f\x01red@www.example.com/',
  'http://f%0red@www.example.com/',
  'http://www.example.com:9999999999999999999999999999999999999/',
  'http://www.example.com:hihi/',
  '://www.example.com/',
]

// What both allow: the text, its parts, and how it is put together again where that differs.
const GOOD: readonly (readonly [uri: string, parts: Record<string, unknown>, joined?: string])[] = [
  ['mailto:foo@bar', { scheme: 'mailto', path: 'foo@bar' }],
  ['http://www.test.com/?q=t%33est', { scheme: 'http', host: 'www.test.com', path: '/', query: 'q=t%33est' }],
  ['http://%77ww.test.com', { scheme: 'http', host: '%77ww.test.com', path: '' }],
  ['http://www.test.com?q=test', { scheme: 'http', host: 'www.test.com', path: '', query: 'q=test' }],
  ['http://www.test.com#fragment', { scheme: 'http', host: 'www.test.com', path: '', fragment: 'fragment' }],
  ['http://8000/', { scheme: 'http', host: '8000', path: '/' }],
  ['http://:8000/', { scheme: 'http', host: '', port: 8000, path: '/' }],
  ['http://www.test.com:/', { scheme: 'http', host: 'www.test.com', path: '/' }, 'http://www.test.com/'],
  ['http://www.test.com:', { scheme: 'http', host: 'www.test.com', path: '' }, 'http://www.test.com'],
  ['ftp://www.test.com/?q=test', { scheme: 'ftp', host: 'www.test.com', path: '/', query: 'q=test' }],
  ['ftp://[::1]:999/?q=test', { scheme: 'ftp', host: '[::1]', port: 999, path: '/', query: 'q=test' }],
  ['ftp://[ff00::127.0.0.1]/?q=test', { scheme: 'ftp', host: '[ff00::127.0.0.1]', path: '/', query: 'q=test' }],
  [
    'ftp://[v99.not_(any:time)_soon]/?q=test',
    { scheme: 'ftp', host: '[v99.not_(any:time)_soon]', path: '/', query: 'q=test' },
  ],
  [
    'scheme://user:pass@foo.com:42/?q=test&s=some+thing#fragment',
    {
      scheme: 'scheme',
      userinfo: 'user:pass',
      host: 'foo.com',
      port: 42,
      path: '/',
      query: 'q=test&s=some+thing',
      fragment: 'fragment',
    },
  ],
  [
    'scheme://user@foo.com/#fragment',
    { scheme: 'scheme', userinfo: 'user', host: 'foo.com', path: '/', fragment: 'fragment' },
  ],
  [
    'scheme://%75ser@foo.com/#frag@ment',
    { scheme: 'scheme', userinfo: '%75ser', host: 'foo.com', path: '/', fragment: 'frag@ment' },
  ],
  ['file:///some/path/to/the/file', { scheme: 'file', host: '', path: '/some/path/to/the/file' }],
  ['///some/path/to/the-file', { host: '', path: '/some/path/to/the-file' }],
  ['/s:ome/path/to/the-file?q=99#fred', { path: '/s:ome/path/to/the-file', query: 'q=99', fragment: 'fred' }],
  ['relative/path/with/co:lon', { path: 'relative/path/with/co:lon' }],
  ['bob?q=99&q2=q?33#fr?ed', { path: 'bob', query: 'q=99&q2=q?33', fragment: 'fr?ed' }],
  ['#fr?ed', { path: '', fragment: 'fr?ed' }],
  ['', { path: '' }],
]

for (const [name, flags] of [
  ['parse_uri', 0],
  ['parse_uri_nc', EVHTTP_URI_NONCONFORMANT],
] as const) {
  describe(`libevent's http tests: ${name}`, () => {
    checkLiveCountsAfterEach()

    it('refuses what is no URI', () => {
      for (const text of BAD) expectCode('ERR_EV_PARSE', () => EvHttpUri.parse(text, flags))
    })

    it(flags === 0 ? 'refuses what the RFC does not allow' : 'takes what browsers send', () => {
      for (const text of NONCONFORMANT) {
        if (flags === 0) {
          expectCode('ERR_EV_PARSE', () => EvHttpUri.parse(text, flags))
        } else {
          using uri = EvHttpUri.parse(text, flags)
          expect(uri.join()).to.equal(text)
        }
      }
    })

    it('parses, and joins again', () => {
      for (const [text, expected, joined = text] of GOOD) {
        using uri = obtainEvHttpUri(text, flags)
        expect(parts(uri), text).to.deep.equal(expected)
        expect(uri.join()).to.equal(joined)
      }
    })

    it('joins what was set', () => {
      using uri = obtainEvHttpUri()
      expect(parts(uri)).to.deep.equal({})
      uri.setHost('www.example.com')
      expect(uri.join()).to.equal('//www.example.com')
      uri.setPath('hi_mom')
      expectCode('ERR_EV_PARSE', () => uri.join())
      uri.setPath(`/${'x'.repeat(100_000)}`)
      uri.setPort(65535)
      expect(uri.join()).to.equal(`//www.example.com:65535/${'x'.repeat(100_000)}`)
    })

    it('refuses to be set to what is none, and takes what is', () => {
      using uri = obtainEvHttpUri()
      for (const scheme of ['', '33', 'hi!']) expectCode('ERR_EV_PARSE', () => uri.setScheme(scheme))
      expectCode('ERR_EV_PARSE', () => uri.setUserinfo('hello@'))
      for (const host of ['[1.2.3.4]', '[', 'www.[foo].com']) expectCode('ERR_EV_PARSE', () => uri.setHost(host))
      expect(() => uri.setPort(-3)).to.throw(RangeError)
      expectCode('ERR_EV_PARSE', () => uri.setPath('hello?world'))
      expectCode('ERR_EV_PARSE', () => uri.setQuery('hello#world'))
      expectCode('ERR_EV_PARSE', () => uri.setFragment('hello#world'))
      expect(parts(uri)).to.deep.equal({})
      for (const scheme of ['http', undefined]) uri.setScheme(scheme)
      for (const userinfo of ['username:pass', undefined]) uri.setUserinfo(userinfo)
      const hosts = ['www.example.com', '1.2.3.4', '[1:2:3:4::]', '[v7.wobblewobble]', undefined, '']
      for (const host of hosts) uri.setHost(host)
      for (const port of [-1, 80, 65535]) uri.setPort(port)
      for (const path of ['', '/documents/public/index.html', undefined]) uri.setPath(path)
      for (const query of ['key=val&key2=val2', 'keyvalblarg', '', undefined]) uri.setQuery(query)
      for (const fragment of ['', 'here?i?am', undefined]) uri.setFragment(fragment)
      expect(parts(uri)).to.deep.equal({ host: '', port: 65535 })
    })

    it('goes by the flags that it has now', () => {
      using uri = obtainEvHttpUri(undefined, flags)
      uri.setFlags(EVHTTP_URI_NONCONFORMANT)
      uri.setPath('/a b')
      uri.setFlags(0)
      expectCode('ERR_EV_PARSE', () => uri.setPath('/c d'))
      expect(uri.getPath()).to.equal('/a b')
    })
  })
}

describe("libevent's http tests: encoding", () => {
  it('uriencode', () => {
    const unreserved = 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ123456789-.~_'
    for (const [text, encoded, plus] of [
      ['Hello', 'Hello', false],
      ['99', '99', false],
      ['', '', false],
      [unreserved, unreserved, false],
      [' ', '%20', false],
      [' ', '+', true],
      [Buffer.from('fff0e0', 'hex'), '%FF%F0%E0', false],
      ['\x01\x19', '%01%19', true],
      ['http://www.ietf.org/rfc/rfc3986.txt', 'http%3A%2F%2Fwww.ietf.org%2Frfc%2Frfc3986.txt', true],
      ['1+2=3', '1%2B2%3D3', true],
      ['1+2=3', '1%2B2%3D3', false],
      ['hello\0world', 'hello%00world', false],
      ['₿', '%E2%82%BF', false],
      ['x'.repeat(100_000), 'x'.repeat(100_000), false],
    ] as const) {
      expect(evhttpUriencode(text, plus)).to.equal(encoded)
      expect(evhttpUridecode(encoded, plus)).to.deep.equal(Buffer.from(text))
    }
    for (const [text, bytes, plus] of [
      ['%%xhello th+ere \xff', '%%xhello th+ere \xff', false],
      ['plus+should%20work+', 'plus should work ', true],
      ['%f0%a0%b0', '\xf0\xa0\xb0', true],
      ['%00%00x%00%00', '\0\0x\0\0', true],
      ['hello%2', 'hello%2', false],
      ['%', '%', false],
    ] as const) {
      expect(evhttpUridecode(text, plus).toString('latin1')).to.equal(bytes)
    }
  })

  it('escapes for HTML', () => {
    expect(evhttpHtmlescape(`<a href="x">'₿' & b</a>`)).to.equal(
      '&lt;a href=&quot;x&quot;&gt;&#039;₿&#039; &amp; b&lt;/a&gt;',
    )
    expect(evhttpHtmlescape('')).to.equal('')
    expect(() => evhttpHtmlescape('a\0b')).to.throw(RangeError)
  })

  it('refuses wrong arguments by name', () => {
    for (const wrong of [undefined, null, 1, {}]) {
      expect(() => evhttpUriencode(wrong as string)).to.throw(TypeError, /^text /)
      expect(() => evhttpUridecode(wrong as string)).to.throw(TypeError, /^text /)
      expect(() => evhttpHtmlescape(wrong as string)).to.throw(TypeError, /^text /)
    }
    expect(() => evhttpUriencode('', 1 as unknown as boolean)).to.throw(TypeError, /^spaceAsPlus /)
    expect(() => evhttpUridecode('', 1 as unknown as boolean)).to.throw(TypeError, /^decodePlus /)
    for (const text of ['\0', '\r', '\n', '₿']) expect(() => evhttpUridecode(text)).to.throw(RangeError)
  })
})
