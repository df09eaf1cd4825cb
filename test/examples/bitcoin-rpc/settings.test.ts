import { createHmac } from 'node:crypto'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { lockedPoolStats, SecureBuffer } from 'bitcoin-support'
import { expect } from 'chai'
import { readSettings, type Settings } from '../../../examples/bitcoin-rpc/args/settings.js'
import { UsageError } from '../../../examples/bitcoin-rpc/args/usage-error.js'
import type { Credentials } from '../../../examples/bitcoin-rpc/auth/credentials.js'
import { tryLine } from '../../../examples/bitcoin-rpc/try-line.js'
import { basic } from '../../support/rpc-server.js'
import { RPCAUTH, RPCAUTH_PASSWORD } from './rpcauth.js'

describe('bitcoin-rpc: options', () => {
  it('has the defaults of a local bitcoind', () => {
    const settings = read()
    expect(settings).to.include({
      dataDirectory: join(homedir(), '.bitcoin-support'),
      passwordUser: undefined,
      serverTimeout: 30_000,
      workQueueDepth: 64,
    })
    expect(settings.endpoints).to.deep.equal([
      { host: '::1', port: 18443 },
      { host: '127.0.0.1', port: 18443 },
    ])
    expect(authorize(basic(':').Authorization, settings.credentials)).to.equal(undefined)
    expect(settings.warnings).to.deep.equal([])
  })

  it('takes one dash and two, and of several values the last', () => {
    const settings = read('--rpcport=1', '-rpcport=2', '--datadir=/a/../b', '-rpcservertimeout=7', '-rpcworkqueue=3')
    expect(settings).to.include({ dataDirectory: '/b', serverTimeout: 7000, workQueueDepth: 3 })
    expect(settings.endpoints[0]?.port).to.equal(2)
  })

  it('asks for help whatever else is there', () => {
    expect(readSettings(['-rpcport=1', '-help'])).to.equal('help')
  })

  const wrong: [args: string[], message: RegExp][] = [
    [['-nosuch'], /^Invalid parameter -nosuch/],
    [['-toString=1'], /^Invalid parameter -toString=1/],
    [['start'], /unexpected token 'start'/],
    [['-'], /unexpected token '-'/],
    [['---rpcport=1'], /unexpected token/],
    [['-=1'], /unexpected token/],
    [['-rpcport'], /^-rpcport needs a value/],
    [['-help=1'], /^-help takes no value/],
    [['-rpcport=65536'], /^Invalid value for -rpcport: '65536'/],
    [['-rpcport=-1'], /^Invalid value for -rpcport/],
    [['-rpcport='], /^Invalid value for -rpcport/],
    [['-rpcport=0x10'], /^Invalid value for -rpcport/],
    [['-rpcworkqueue=0'], /^Invalid value for -rpcworkqueue/],
    [['-rpcservertimeout=1.5'], /^Invalid value for -rpcservertimeout/],
    [['-rpcservertimeout=0'], /^Invalid value for -rpcservertimeout/],
    [['-rpcwhitelistdefault=yes'], /^Invalid value for -rpcwhitelistdefault/],
    [['-rpcuser=satoshi'], /^-rpcuser needs -rpcpassword/],
    [['-rpcuser=a:b', '-rpcpassword=c'], /^-rpcuser must not contain ':'/],
    [['-rpcauth=satoshi'], /^Invalid -rpcauth argument/],
    [['-rpcauth=a:b'], /^Invalid -rpcauth argument/],
    [['-rpcauth=a:b:c$d'], /^Invalid -rpcauth argument/],
    [['-rpcauth=a:b$c$d'], /^Invalid -rpcauth argument/],
    [
      ['-rpcallowip=nowhere'],
      /^Invalid -rpcallowip subnet specification: nowhere\. Valid are a single IP \(e\.g\. 1\.2\.3\.4\), a network/,
    ],
    [['-rpcbind=[::1]:99999'], /^Invalid port specified in -rpcbind/],
    [['-rpcbind=host:port'], /^Invalid port specified in -rpcbind/],
    [['-rpcbind=[127.0.0.1]:1'], /^Invalid port specified in -rpcbind/],
  ]
  for (const [args, message] of wrong) {
    it(`says what is wrong with ${args.join(' ')}`, () => {
      expect(() => readSettings(args)).to.throw(UsageError, message)
    })
  }

  it('listens elsewhere only when somebody from there is allowed', () => {
    const alone = read('-rpcbind=0.0.0.0')
    expect(alone.endpoints.map(({ host }) => host)).to.deep.equal(['::1', '127.0.0.1'])
    expect(alone.warnings).to.match(/-rpcbind is ignored/)
    const allowed = read('-rpcallowip=10.0.0.0/8')
    expect(allowed.endpoints.map(({ host }) => host)).to.deep.equal(['::1', '127.0.0.1'])
    expect(allowed.warnings).to.match(/loopback only/)
    const both = read(
      '-rpcallowip=10.0.0.0/8',
      '-rpcport=5',
      '-rpcbind=0.0.0.0',
      '-rpcbind=[::1]:6',
      '-rpcbind=fd00::1',
    )
    expect(both.endpoints).to.deep.equal([
      { host: '0.0.0.0', port: 5 },
      { host: '::1', port: 6 },
      { host: 'fd00::1', port: 5 },
    ])
    expect(both.warnings).to.match(/not safe to expose/)
  })
})

describe('bitcoin-rpc: allowed networks', () => {
  const cases: [subnet: string, inside: string[], outside: string[]][] = [
    ['10.1.2.3', ['10.1.2.3', '::ffff:10.1.2.3', '::ffff:a01:203'], ['10.1.2.4', '::ffff:10.1.2.4', '::10.1.2.3']],
    ['10.1.2.3/32', ['10.1.2.3'], ['10.1.2.2', '10.1.2.4']],
    ['10.1.0.0/16', ['10.1.0.0', '10.1.255.255'], ['10.0.255.255', '10.2.0.0']],
    ['10.1.2.3/16', ['10.1.0.0', '10.1.255.255'], ['10.0.255.255', '10.2.0.0']],
    ['192.168.0.20/29', ['192.168.0.16', '192.168.0.23'], ['192.168.0.15', '192.168.0.24']],
    ['10.1.2.3/+016', ['10.1.255.255'], ['10.2.0.0']],
    ['10.1.0.0/255.255.0.0', ['10.1.255.255'], ['10.2.0.0']],
    ['10.1.2.128/255.255.255.128', ['10.1.2.128', '10.1.2.255'], ['10.1.2.127']],
    ['1.2.3.4/255.255.255.255', ['1.2.3.4'], ['1.2.3.5']],
    ['128.0.0.0/1', ['128.0.0.0', '255.255.255.254'], ['8.8.8.8', '8000::']],
    ['[10.1.2.3]', ['10.1.2.3'], ['10.1.2.4']],
    // Every address of a family is none of the other's.
    ['0.0.0.0/0', ['8.8.8.8', '::ffff:8.8.8.8'], ['2001:db8::1', '::8.8.8.8', '64:ff9b::8.8.8.8']],
    ['1.2.3.4/0', ['8.8.8.8'], ['2001:db8::1']],
    ['0.0.0.0/0.0.0.0', ['8.8.8.8'], ['2001:db8::1']],
    [
      '::/0',
      ['2001:db8::1', '::2', '::8.8.8.8', 'ffff::'],
      ['8.8.8.8', '10.0.0.1', '::ffff:8.8.8.8', '::ffff:808:808'],
    ],
    ['::/::', ['2001:db8::1'], ['8.8.8.8', '::ffff:8.8.8.8']],
    ['::/1', ['2001:db8::1', '7fff::'], ['8000::', '8.8.8.8']],
    ['::/8', ['ff::', '::2'], ['100::', '8.8.8.8', '::ffff:8.8.8.8']],
    ['::/80', ['::2', '::1:0', '::fffe:808:808'], ['8.8.8.8', '::ffff:8.8.8.8', '::1:0:0:0']],
    ['::/95', ['::2', '::1:0:0'], ['8.8.8.8', '::ffff:8.8.8.8']],
    // A network of IPv4, however it is written.
    ['::ffff:10.1.2.3', ['10.1.2.3', '::ffff:10.1.2.3'], ['10.1.2.4', '::10.1.2.3']],
    ['::ffff:a01:203', ['10.1.2.3'], ['10.1.2.4']],
    ['::ffff:10.1.0.0/16', ['10.1.255.255', '::ffff:10.1.0.0'], ['10.2.0.0', '2001:db8::1']],
    ['::ffff:10.1.0.0/255.255.0.0', ['10.1.255.255'], ['10.2.0.0']],
    ['10.1.0.0/::ffff:255.255.0.0', ['10.1.255.255'], ['10.2.0.0']],
    ['::ffff:0:0/0', ['8.8.8.8'], ['2001:db8::1']],
    ['2001:db8::/32', ['2001:db8:ffff::1'], ['2001:db9::1']],
    ['2001:db8:f00::/33', ['2001:db8:7fff::1'], ['2001:db8:8000::1']],
    ['2001:db8::/ffff:ffff::', ['2001:db8:ffff::1'], ['2001:db9::1']],
    ['2001:db8::7', ['2001:db8::7', '2001:DB8:0:0::7', '2001:db8::7%1'], ['2001:db8::8']],
    ['2001:db8::7/128', ['2001:db8::7'], ['2001:db8::8']],
    ['1:2:3:4:5:6:7:8/112', ['1:2:3:4:5:6:7:1234'], ['1:2:3:4:5:6:8:8']],
    ['1:2:3:4:5:6:1.2.3.4', ['1:2:3:4:5:6:102:304'], ['1:2:3:4:5:6:102:305', '1.2.3.4']],
    ['[2001:db8::7]', ['2001:db8::7'], ['2001:db8::8']],
    ['[2001:db8::]/32', ['2001:db8:ffff::1'], ['2001:db9::1']],
    ['2001:db8::/[ffff:ffff::]', ['2001:db8:ffff::1'], ['2001:db9::1']],
    ['[::1]', [], ['::2']],
    // A zone is an interface, which does not distinguish addresses.
    ['fe80::1%1', ['fe80::1', 'fe80::1%1', 'fe80::1%2'], ['fe80::2', 'fe80::2%1']],
    ['fe80::%lo/10', ['fe80::1', 'febf::1%1'], ['fec0::1']],
    ['[fe80::1%1]', ['fe80::1'], ['fe80::2']],
  ]
  for (const [subnet, inside, outside] of cases) {
    it(`knows who is in ${subnet}`, () => {
      const { allowList } = read(`-rpcallowip=${subnet}`)
      for (const address of ['127.0.0.1', '127.255.0.3', '::1', '::ffff:127.0.0.1', ...inside]) {
        expect(allowList.allows(address), address).to.equal(true)
      }
      for (const address of outside) expect(allowList.allows(address), address).to.equal(false)
    })
  }

  const none = [
    ...['', '/', '/8', '1.2.3', '1.2.3.4/', '1.2.3.4/33', '1.2.3.4/-1', '1.2.3.4/256', '1.2.3.4/300', '1.2.3.4/ 8'],
    ...['1.2.3.4/8 ', ' 1.2.3.4', '1.2.3.4 /8', '1.2.3.4/0x8', '1.2.3.4/8.0', '1.2.3.4/++8', '1.2.3.4/255.0.255.0'],
    ...[
      '1.2.3.4/0.255.255.255',
      '1.2.3.4/255.255.255',
      '1.2.3.4/ffff::',
      '1.2.3.4.5',
      '1.2.3.256',
      '01.2.3.4',
      '1.2.3.4%1',
    ],
    ...[
      '1.2.3.4/8/8',
      '1.2.3.4:80',
      '[1.2.3.4',
      '1.2.3.4]',
      '[]',
      '[1.2.3.4]:80',
      '1.2.3.4/[8]',
      '1.2.3.*',
      '1.2.3.4-1.2.3.9',
    ],
    ...[
      '::1/129',
      '::1/-1',
      '::/255.0.0.0',
      '::1/ffff::1',
      '::1/0:ffff::',
      '::1::',
      ':1',
      '1:2:3:4:5:6:7',
      '1:2:3:4:5:6:7:8:9',
    ],
    ...[
      '::12345',
      'g::',
      '[::1',
      '::1]',
      '[::1]:80',
      '[[::1]]',
      'fe80::1%',
      'fe80::1%nosuch0',
      'fe80::1%1%1',
      'fe80::1%4294967296',
    ],
    // Longer prefixes than IPv4 has.
    ...['::ffff:10.0.0.0/104', '::ffff:0:0/96', '::ffff:10.0.0.0/33', '::ffff:10.0.0.0/ffff::'],
    ...['localhost', 'nowhere', '*', 'all', '1.2.3.4\0', '::1\0'],
  ]
  for (const subnet of none) {
    it(`does not take ${JSON.stringify(subnet)} for a network`, () => {
      expect(read().allowList.add(subnet)).to.equal(false)
      expect(() => read(`-rpcallowip=${subnet}`)).to.throw(
        UsageError,
        `Invalid -rpcallowip subnet specification: ${subnet}. Valid are a single IP (e.g. 1.2.3.4), a network/netmask`,
      )
    })
  }

  it('allows addresses that are no client’s to nobody', () => {
    const { allowList } = read('-rpcallowip=0.0.0.0/0', '-rpcallowip=::/0')
    for (const address of [
      '0.0.0.0',
      '255.255.255.255',
      '::',
      '::ffff:0.0.0.0',
      'localhost',
      '1.2.3',
      '[::1]',
      '::1/128',
    ]) {
      expect(allowList.allows(address), address).to.equal(false)
    }
  })

  it('allows nobody without an address', () => {
    expect(read('-rpcallowip=0.0.0.0/0', '-rpcallowip=::/0').allowList.allows('')).to.equal(false)
  })
})

describe('bitcoin-rpc: logins', () => {
  let used = 0
  beforeEach(() => {
    used = lockedPoolStats().used
  })
  afterEach(() => {
    // Less, when something that other tests have dropped has been collected meanwhile.
    expect(lockedPoolStats().used, 'locked memory in use').to.be.at.most(used)
  })

  it('knows a user of -rpcuser and -rpcpassword', () => {
    const { credentials, passwordUser } = read('-rpcuser=satoshi', '-rpcpassword=pass:wörd')
    using _ = credentials
    expect(passwordUser).to.equal('satoshi')
    expect(authorize(basic('satoshi:pass:wörd').Authorization, credentials)).to.equal('satoshi')
    for (const login of ['satoshi:pass', 'satoshi:', 'Satoshi:pass:wörd', ':pass:wörd', 'satoshi', '']) {
      expect(authorize(basic(login).Authorization, credentials), login).to.equal(undefined)
    }
  })

  it('knows a user without a name', () => {
    using credentials = read('-rpcpassword=password').credentials
    expect(authorize(basic(':password').Authorization, credentials)).to.equal('')
    expect(authorize(basic('password').Authorization, credentials)).to.equal(undefined)
  })

  it('knows the users of several -rpcauth', () => {
    const { credentials, passwordUser } = read(...RPCAUTH.map((auth) => `-rpcauth=${auth}`))
    using _ = credentials
    expect(passwordUser).to.equal(undefined)
    expect(authorize(basic(`rt:${RPCAUTH_PASSWORD.rt}`).Authorization, credentials)).to.equal('rt')
    expect(authorize(basic(`rt2:${RPCAUTH_PASSWORD.rt2}`).Authorization, credentials)).to.equal('rt2')
    expect(authorize(basic(`rt:${RPCAUTH_PASSWORD.rt2}`).Authorization, credentials)).to.equal(undefined)
    expect(authorize(basic('rt:').Authorization, credentials)).to.equal(undefined)
  })

  for (const hash of ['', 'hash', RPCAUTH[0].slice(-64).toUpperCase(), RPCAUTH[0].slice(-63)]) {
    it(`lets nobody in by an -rpcauth whose hash is '${hash}'`, () => {
      const salt = RPCAUTH[0].slice(3, 35)
      using credentials = read(`-rpcauth=rt:${salt}$${hash}`).credentials
      expect(authorize(basic(`rt:${RPCAUTH_PASSWORD.rt}`).Authorization, credentials)).to.equal(undefined)
      expect(authorize(basic('rt:').Authorization, credentials)).to.equal(undefined)
    })
  }

  for (const [kind, args, login] of [
    ['-rpcpassword', ['-rpcuser=a', '-rpcpassword=b'], 'a:b'],
    ['-rpcauth', [`-rpcauth=${RPCAUTH[0]}`], `rt:${RPCAUTH_PASSWORD.rt}`],
  ] as const) {
    it(`reads no other kind of authorization, and no broken one: ${kind}`, () => {
      using credentials = read(...args).credentials
      const user = login.split(':')[0]
      const encoded = Buffer.from(login).toString('base64')
      for (const header of [`Basic ${encoded}`, `Basic  ${encoded} `, `Basic \t${encoded}\v\f`]) {
        expect(authorize(header, credentials), header).to.equal(user)
      }
      for (const header of [
        ...[`basic ${encoded}`, `Bearer ${encoded}`, encoded, 'Basic', 'Basic ', 'Basic =', 'Basic ====', ''],
        ...[`Basic ${encoded}=`, `Basic ${encoded.slice(0, -1)}`, `Basic ${encoded}AAAA`, `Basic ${encoded}====`],
        ...[`Basic ${encoded} ${encoded}`, `Basic ${encoded.replace(/^./, '\u00fc')}`, `Basic${encoded}`],
      ]) {
        expect(authorize(header, credentials), header).to.equal(undefined)
      }
    })
  }

  it('takes the one encoding of a login and none with bits that say nothing', () => {
    // The password ends in a byte of its own group: four bits of the last letter say nothing.
    const [right, wrong] = ['Basic cnQ6eA==', 'Basic cnQ6eB==']
    const hash = createHmac('sha256', 'salt').update('x').digest('hex')
    for (const args of [['-rpcuser=rt', '-rpcpassword=x'], [`-rpcauth=rt:salt$${hash}`]]) {
      using credentials = read(...args).credentials
      expect(authorize(right, credentials)).to.equal('rt')
      expect(authorize(wrong, credentials)).to.equal(undefined)
    }
  })

  it('forgets all of them when it is disposed', () => {
    const { credentials } = read('-rpcuser=a', '-rpcpassword=b', `-rpcauth=${RPCAUTH[0]}`)
    credentials[Symbol.dispose]()
    expect(authorize(basic('a:b').Authorization, credentials)).to.equal(undefined)
    credentials[Symbol.dispose]()
  })
})

describe('bitcoin-rpc: the line to try', () => {
  const endpoints = [
    { host: '::1', port: 7 },
    { host: '127.0.0.1', port: 7 },
  ]
  const ask = `--data-binary '{"jsonrpc":"2.0","id":1,"method":"getblockcount"}'`

  it('asks 127.0.0.1 with the cookie', () => {
    expect(tryLine(endpoints, { cookiePath: '/a/.cookie', user: undefined })).to.equal(
      `curl --user "$(cat /a/.cookie)" ${ask} http://127.0.0.1:7/`,
    )
  })

  it("survives the shell whatever the directory's name", () => {
    expect(tryLine(endpoints, { cookiePath: "/a b'c/.cookie", user: undefined })).to.equal(
      `curl --user "$(cat '/a b'\\''c/.cookie')" ${ask} http://127.0.0.1:7/`,
    )
  })

  it('asks the only address there is, as a user', () => {
    expect(tryLine(endpoints.slice(0, 1), { cookiePath: undefined, user: 'satoshi' })).to.equal(
      `curl --user satoshi ${ask} 'http://[::1]:7/'`,
    )
    expect(tryLine([{ host: '0.0.0.0', port: 7 }], { cookiePath: undefined, user: 'x' })).to.match(/127\.0\.0\.1:7/)
  })
})

/** Who sends this header, as it would come from a request. */
function authorize(header: string, credentials: Credentials): string | undefined {
  using buffer = new SecureBuffer(1024)
  buffer.write(Buffer.from(header, 'latin1'))
  return credentials.authorize(buffer)
}

function read(...args: string[]): Settings {
  const settings = readSettings(args)
  if (settings === 'help') throw new Error('help was asked for')
  return settings
}
