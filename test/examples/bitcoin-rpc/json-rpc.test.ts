import { expect } from 'chai'
import { RpcServer } from '../../support/rpc-server.js'
import { requestWith, Wire } from '../../support/wire.js'

const METHOD_NOT_FOUND = { code: -32601, message: 'Method not found' }
const OUT_OF_RANGE = { code: -8, message: 'Block height out of range' }
const PARSE_ERROR = { code: -32700, message: 'Parse error' }
const GENESIS = '000000000019d6689c085ae165831e934ff763ae46a2a6c172b3f1b60a8ce26f'

describe('bitcoin-rpc: JSON-RPC', function () {
  this.timeout(60_000)
  let server: RpcServer

  before(async () => {
    server = await RpcServer.start()
  })

  after(async () => {
    await server[Symbol.asyncDispose]()
  })

  type Answer = [status: number, answer: unknown]

  async function post(body: unknown): Promise<Answer> {
    const { status, header, body: answer } = await server.post(typeof body === 'string' ? body : JSON.stringify(body))
    const text = answer.toString()
    if (text === '') {
      expect(header('content-type')).to.not.equal('application/json')
      return [status, undefined]
    }
    expect(header('content-type')).to.equal('application/json')
    expect(text).to.match(/[^\n]\n$/)
    return [status, JSON.parse(text)]
  }

  const error1 = (error: object, id: object = {}) => ({ result: null, error, ...id })
  const error2 = (error: object, id: object = {}) => ({ jsonrpc: '2.0', error, ...id })

  const cases: [what: string, body: unknown, answer: Answer][] = [
    // Version 1, with or without saying so.
    ['1: a result', call('getblockhash', [0], { id: 7 }), [200, { result: GENESIS, error: null, id: 7 }]],
    ['1: a result without an id', call('getblockcount'), [200, { result: 182, error: null }]],
    [
      '1.0: a result',
      call('getblockcount', [], { jsonrpc: '1.0', id: 'x' }),
      [200, { result: 182, error: null, id: 'x' }],
    ],
    ['1: a null version', call('getblockcount', [], { jsonrpc: null }), [200, { result: 182, error: null }]],
    ['1: a method that is not there', call('invalidmethod', [], { id: 1 }), [404, error1(METHOD_NOT_FOUND, { id: 1 })]],
    ['1: a parameter out of range', call('getblockhash', [183], { id: 1 }), [500, error1(OUT_OF_RANGE, { id: 1 })]],
    [
      '1: an id that is an object',
      call('getblockcount', [], { id: { a: [1] } }),
      [200, { result: 182, error: null, id: { a: [1] } }],
    ],
    // Version 2.
    [
      '2: a result',
      call('getblockhash', [0], { jsonrpc: '2.0', id: 7 }),
      [200, { jsonrpc: '2.0', result: GENESIS, id: 7 }],
    ],
    [
      '2: a null id',
      call('getblockcount', [], { jsonrpc: '2.0', id: null }),
      [200, { jsonrpc: '2.0', result: 182, id: null }],
    ],
    [
      '2: a method that is not there',
      call('invalidmethod', [], { jsonrpc: '2.0', id: 1 }),
      [200, error2(METHOD_NOT_FOUND, { id: 1 })],
    ],
    [
      '2: a parameter out of range',
      call('getblockhash', [183], { jsonrpc: '2.0', id: 1 }),
      [200, error2(OUT_OF_RANGE, { id: 1 })],
    ],
    ['2: a notification', call('getblockcount', [], { jsonrpc: '2.0' }), [204, undefined]],
    ['2: a notification that fails', call('getblockhash', [183], { jsonrpc: '2.0' }), [204, undefined]],
    ['2: a notification of nothing', call('invalidmethod', [], { jsonrpc: '2.0' }), [204, undefined]],
    // What is no call.
    ['an empty body', '', [500, error1(PARSE_ERROR, { id: null })]],
    ['a body that is no JSON', 'this is bad', [500, error1(PARSE_ERROR, { id: null })]],
    ['two values', '{}{}', [500, error1(PARSE_ERROR, { id: null })]],
    ['a byte order mark', '\ufeff{}', [500, error1(PARSE_ERROR, { id: null })]],
    ['a number', '5', [500, error1({ code: -32700, message: 'Top-level object parse error' }, { id: null })]],
    [
      'a version that is a number',
      call('getblockcount', [], { jsonrpc: 2 }),
      [400, error1(invalid('jsonrpc field must be a string'))],
    ],
    [
      'a version that is unknown',
      call('getblockcount', [], { jsonrpc: '3.0' }),
      [400, error1(invalid('JSON-RPC version not supported'))],
    ],
    ['no method', { id: 3 }, [400, error1(invalid('Missing method'), { id: 3 })]],
    ['a null method', { id: 3, method: null }, [400, error1(invalid('Missing method'), { id: 3 })]],
    ['a method that is a number', { id: 3, method: 5 }, [400, error1(invalid('Method must be a string'), { id: 3 })]],
    [
      'parameters that are a string',
      { id: 3, method: 'echo', params: 'x' },
      [400, error1(invalid('Params must be an array or object'), { id: 3 })],
    ],
    ['null parameters', { method: 'echo', params: null }, [200, { result: [], error: null }]],
    ['version 2 without a method', { jsonrpc: '2.0', id: 3 }, [400, error2(invalid('Missing method'), { id: 3 })]],
    // Batches.
    ['an empty batch', [], [200, []]],
    [
      'a batch in which some fail',
      [call('getblockcount'), call('invalidmethod'), call('getblockhash', [0], { id: 2 }), { pizza: 'sausage' }, 5],
      [
        200,
        [
          { result: 182, error: null },
          error1(METHOD_NOT_FOUND),
          { result: GENESIS, error: null, id: 2 },
          error1(invalid('Missing method')),
          error1(invalid('Invalid Request object'), { id: null }),
        ],
      ],
    ],
    [
      'a batch with a notification',
      [call('getblockcount', [], { jsonrpc: '2.0' }), call('getblockcount', [], { jsonrpc: '2.0', id: 1 })],
      [200, [{ jsonrpc: '2.0', result: 182, id: 1 }]],
    ],
    [
      'a batch of notifications, one of which fails',
      [call('getblockcount', [], { jsonrpc: '2.0' }), call('nothing', [], { jsonrpc: '2.0' })],
      [204, undefined],
    ],
    ['a batch that is all wrong', [call('nothing', [], { id: 1 })], [200, [error1(METHOD_NOT_FOUND, { id: 1 })]]],
    // Parameters by name.
    ['a name', call('getblockhash', { height: 0 }), [200, { result: GENESIS, error: null }]],
    ['names with a hole', call('echo', { arg1: 1, arg3: 3 }), [200, { result: [null, 1, null, 3], error: null }]],
    ['names and positions', call('echo', { args: [0, 1], arg2: 2 }), [200, { result: [0, 1, 2], error: null }]],
    [
      'an alias',
      call('getblock', { blockhash: GENESIS, verbose: false }),
      [200, { result: match(/^01000000/), error: null }],
    ],
    [
      'a name that is unknown',
      call('getblockhash', { heigth: 0 }),
      [500, error1({ code: -8, message: 'Unknown named parameter heigth' })],
    ],
    [
      'several names that are unknown',
      call('echo', { zoo: 1, arg1: 2, foo: 3 }),
      [500, error1({ code: -8, message: 'Unknown named parameter foo' })],
    ],
    ['args that are no array', call('echo', { args: { a: 1 }, arg1: 1 }), [200, { result: [null, 1], error: null }]],
    ['null args', call('echo', { args: null }), [200, { result: [], error: null }]],
    [
      'names before positions',
      call('echo', { arg3: 3, args: [0, 1], arg2: 2 }),
      [200, { result: [0, 1, 2, 3], error: null }],
    ],
    [
      'a parameter twice, one with an alias',
      call('getblock', { args: [GENESIS, 1], verbose: 1 }),
      [
        500,
        error1({
          code: -8,
          message: 'Parameter verbosity|verbose specified twice both as positional and named argument',
        }),
      ],
    ],
    [
      'a name twice',
      '{"method":"echo","params":{"arg0":1,"arg1":2,"arg0":3}}',
      [500, error1({ code: -8, message: 'Parameter arg0 specified multiple times' })],
    ],
    [
      'a name that every object has',
      '{"method":"echo","params":{"__proto__":[1]}}',
      [500, error1({ code: -8, message: 'Unknown named parameter __proto__' })],
    ],
    ['a method that every object has', call('toString'), [404, error1(METHOD_NOT_FOUND)]],
    ['a call in the prototype', '{"__proto__":{"method":"getblockcount"}}', [400, error1(invalid('Missing method'))]],
    [
      'a parameter twice',
      call('echo', { args: [0, 1], arg1: 1 }),
      [500, error1({ code: -8, message: 'Parameter arg1 specified twice both as positional and named argument' })],
    ],
    // Parameters that do not fit.
    [
      'a wrong type',
      call('getblockhash', ['0']),
      [
        500,
        error1({
          code: -3,
          message:
            'Wrong type passed:\n{\n    "Position 1 (height)": "JSON value of type string is not of expected type number"\n}',
        }),
      ],
    ],
    ['a fraction', call('getblockhash', [0.5]), [500, error1({ code: -1, message: 'JSON integer out of range' })]],
    ...[
      '1e300',
      '1.0',
      '0.0',
      '-0.0',
      '1e0',
      '0e0',
      '1E0',
      '10e-1',
      '2147483648',
      '-2147483649',
      '9007199254740993',
      '1e400',
    ].map((number): [string, unknown, Answer] => [
      `a height of ${number}`,
      `{"method":"getblockhash","params":[${number}]}`,
      [500, error1({ code: -1, message: 'JSON integer out of range' })],
    ]),
    ['a height of -0', '{"method":"getblockhash","params":[-0]}', [200, { result: GENESIS, error: null }]],
    [
      'a verbosity with a fraction',
      `{"method":"getblock","params":["${'0'.repeat(64)}",1.0]}`,
      [500, error1({ code: -1, message: 'JSON integer out of range' })],
    ],
    [
      'a verbosity that is an object, of a block that is not there',
      call('getblock', ['0'.repeat(64), {}]),
      [500, error1({ code: -3, message: 'JSON value of type object is not of expected type number' })],
    ],
    [
      'a boolean instead of a number',
      '{"method":"getblockheader","params":["00",1.0]}',
      [500, error1({ code: -3, message: match(/JSON value of type number is not of expected type bool/) })],
    ],
    ['a negative height', call('getblockhash', [-1]), [500, error1(OUT_OF_RANGE)]],
    ['too few', call('getblockhash', []), [500, error1({ code: -1, message: match(/^getblockhash height\n/) })]],
    ['too many', call('getblockcount', [1]), [500, error1({ code: -1, message: match(/^getblockcount\n/) })]],
  ]
  for (const [what, body, [status, answer]] of cases) {
    it(`answers ${what} with ${status}`, async () => {
      const [actualStatus, actual] = await post(body)
      expect(actualStatus).to.equal(status)
      expectLike(actual, answer)
    })
  }

  const GIVEN_BACK = [
    ...[
      '9007199254740993',
      '-9223372036854775808',
      '18446744073709551615',
      '123456789012345678901234567890',
      '1.0',
      '1.50',
    ],
    ...[
      '0.10',
      '-0',
      '-0.0',
      '1e3',
      '1E+5',
      '1e400',
      '0.0000001',
      '"\\u007f"',
      '{"a":9007199254740993,"b":[1.0,{"c":-0}]}',
    ],
    ...['{"b":1,"a":2,"1":3,"0":4}', '{"a":1,"a":2}', '{"__proto__":{"__proto__":1.0}}'],
  ]
  for (const text of GIVEN_BACK) {
    it(`gives an id and a parameter back as they came: ${text}`, async () => {
      for (const [version, start, end] of [
        ['1.0', '', ',"error":null'],
        ['2.0', '"jsonrpc":"2.0",', ''],
      ]) {
        const { body } = await server.post(`{"jsonrpc":"${version}","id":${text},"method":"echo","params":[${text}]}`)
        expect(body.toString()).to.equal(`{${start}"result":[${text}]${end},"id":${text}}\n`)
      }
      const batch = await server.post(`[{"id":${text},"method":"nosuch"}]`)
      const error = '{"code":-32601,"message":"Method not found"}'
      expect(batch.body.toString()).to.equal(`[{"result":null,"error":${error},"id":${text}}]\n`)
    })
  }

  it('counts of two members with one name the first', async () => {
    const { body } = await server.post(
      '{"id":1,"id":2,"jsonrpc":"2.0","jsonrpc":"1.0","method":"echo","method":"stop","params":[1],"params":[2]}',
    )
    expect(body.toString()).to.equal('{"jsonrpc":"2.0","result":[1],"id":1}\n')
  })

  for (const text of ['"\\ud800"', '"\\udc00"', '"\\udc00\\ud800"', '{"\\ud800":1}', '01', '"\t"', '[1,]', '\u00a01']) {
    it(`refuses ${JSON.stringify(text)} wherever it stands`, async () => {
      for (const body of [`{"id":${text},"method":"echo"}`, `{"method":"echo","params":[${text}]}`, `[${text}]`]) {
        expect(await post(body)).to.deep.equal([500, error1(PARSE_ERROR, { id: null })])
      }
    })
  }

  it('reads nesting as deep as bitcoind does, and refuses more without harm', async () => {
    const nested = (depth: number) => `{"method":"echo","params":[${'['.repeat(depth)}${']'.repeat(depth)}]}`
    expect(await post(nested(510))).to.have.nested.property('[0]', 200)
    for (const depth of [511, 5_000_000]) {
      expect(await post(nested(depth)), String(depth)).to.deep.equal([500, error1(PARSE_ERROR, { id: null })])
    }
  })

  it('refuses a body that is not UTF-8', async () => {
    using connection = await Wire.open(server.port)
    connection.send(requestWith('POST /', { ...server.login, 'Content-Length': '3' }))
    connection.send(Buffer.from([0x22, 0xff, 0x22]))
    const response = await connection.reply()
    expect(response.status).to.equal(500)
    expect(JSON.parse(response.body.toString())).to.deep.equal(error1(PARSE_ERROR, { id: null }))
  })

  it('shows money with all its decimals', async () => {
    const block = await server.post(`{"method":"getblock","params":["${GENESIS}",2]}`)
    expect(block.body.toString()).to.include('"value":50.00000000,')
  })
})

function call(method: string, params: unknown = [], extra: object = {}): object {
  return { method, params, ...extra }
}

function invalid(message: string): object {
  return { code: -32600, message }
}

interface Pattern {
  readonly pattern: RegExp
}

function match(pattern: RegExp): Pattern {
  return { pattern }
}

/** Deep equality, but for strings that only have to match. */
function expectLike(actual: unknown, expected: unknown): void {
  if (isPattern(expected)) {
    expect(actual).to.match(expected.pattern)
  } else if (typeof expected === 'object' && expected !== null && typeof actual === 'object' && actual !== null) {
    expect(Object.keys(actual)).to.deep.equal(Object.keys(expected))
    for (const [key, value] of Object.entries(expected)) expectLike((actual as Record<string, unknown>)[key], value)
  } else {
    expect(actual).to.deep.equal(expected)
  }
}

function isPattern(value: unknown): value is Pattern {
  return typeof value === 'object' && value !== null && 'pattern' in value
}
