import { expect } from 'chai'
import { type Body, textOf } from '../../../examples/bitcoin-rpc/rpc/body-text.js'
import {
  formatAmount,
  JsonMembers,
  JsonNumber,
  JsonText,
  type JsonValue,
  memberOf,
  membersOf,
  writeJson,
} from '../../../examples/bitcoin-rpc/rpc/json.js'
import { parseJson } from '../../../examples/bitcoin-rpc/rpc/read-json.js'
import { Random } from '../../boundary/random.js'

describe('bitcoin-rpc: JSON', () => {
  const same = [
    // Numbers are what they look like.
    ...['0', '-0', '1', '-1', '1.0', '0.10', '-0.0', '1e3', '1E+5', '1e-7', '0.0000001', '1e400', '-1e400', '1e-400'],
    ...['9007199254740991', '9007199254740993', '-9007199254740993', '12345678901234567890', '999999999999999'],
    ...['1000000000000000', '100000000000000000000000000000000000001', '0.1000000000000000055511151231257827'],
    ...['[9007199254740993,1.50,{"a":-0}]', '[1,2.0,3]'],
    // Members keep their order, and those of one name stay.
    ...['{"a":1,"a":2}', '{"b":1,"1":2,"0":3}', '{"a":1,"\\"":2,"a":{"a":1,"a":[]}}', '{"":1,"":2}', '{"":{}}'],
    ...['{"__proto__":1}', '{"__proto__":{"a":1},"a":2}', '{"a":1,"__proto__":2,"__proto__":3}', '{"constructor":1}'],
    ...['{"hasOwnProperty":1,"toString":2,"valueOf":3}', '{"1":1}', '{"01":1,"1":2}'],
    // Strings.
    ...[
      '""',
      '"\\u0000\\u001f"',
      '"\\b\\t\\n\\f\\r\\"\\\\"',
      '"\\u007f"',
      '"é😀\u2028\ufeff"',
      '"/"',
      `"${'é'.repeat(1000)}\\n"`,
    ],
    ...['null', 'true', 'false', '[]', '{}', '[[],{},[{}]]', '[null,true,false]'],
  ]
  for (const text of same) {
    it(`gives ${brief(text)} back as it was read`, () => {
      expect(rewritten(text)).to.equal(text)
    })
  }

  const others: [text: string, written: string][] = [
    [' \t\r\n[ 1 , 2 ]\n', '[1,2]'],
    ['{ "a" : { "b" : [ ] } }', '{"a":{"b":[]}}'],
    ['"\\/\\u00e9\\uD83D\\ude00\\u007F"', '"/é😀\\u007f"'],
    ['"\x7f"', '"\\u007f"'],
    ['{"\\u007f":1}', '{"\\u007f":1}'],
    ['{"\\u0061":1,"a":2}', '{"a":1,"a":2}'],
    ['{"b":1,"\\u0030":2}', '{"b":1,"0":2}'],
  ]
  for (const [text, written] of others) {
    it(`writes ${brief(text)} as ${written}`, () => {
      expect(rewritten(text)).to.equal(written)
    })
  }

  const wrong = [
    ...[
      '',
      ' ',
      '{',
      '}',
      '[',
      ']',
      '[1',
      '[1,',
      '[1,]',
      '[,1]',
      '[,]',
      '[1 2]',
      '[1:2]',
      '[1}',
      '{]',
      '{"a"}',
      '{"a":}',
    ],
    ...[
      '{"a":1,}',
      '{,}',
      '{"a" 1}',
      '{"a":1 "b":2}',
      '{1:2}',
      '{a:1}',
      '{null:1}',
      '{"a"::1}',
      '1 2',
      '{}{}',
      '[]x',
      '{},',
    ],
    ...[
      '01',
      '-01',
      '00',
      '-',
      '+1',
      '.5',
      '1.',
      '-.5',
      '1.e1',
      '1e',
      '1e+',
      '1.2.3',
      '0x10',
      '1_0',
      '٣',
      'NaN',
      'Infinity',
    ],
    ...[
      'nul',
      'nulL',
      'True',
      'tru',
      'falsee',
      'undefined',
      '[truefalse]',
      '"',
      '"a',
      "'a'",
      '"\\"',
      '"\\',
      '"\\x"',
      '"\\u12"',
    ],
    ...[
      '"\\u12g4"',
      '"\\u 123"',
      '"\\U0041"',
      '"a\nb"',
      '"a\tb"',
      '"\0"',
      '"\x1f"',
      '\0',
      '{}\0',
      '[\0]',
      '\v1',
      '\f1',
      '\u00a01',
    ],
    ...['\u20281', '\ufeff1', '//\n1', '/**/1', '[1]]', '{"a":1}}', `"${'a'.repeat(1000)}`, `"${'a'.repeat(1000)}\n"`],
    // Surrogates that are not a pair, also where a string is long.
    ...['"\\ud800"', '"\\udc00"', '"\\ud800\\ud800"', '"\\udc00\\ud800"', '"\\ud800x"', '"x\\udfff"', '{"\\ud800":1}'],
    ...[`"${'a'.repeat(1000)}\\ud800"`, '"\\ud83d\\u0041"', '["\\ud83d","\\ude00"]'],
  ]
  for (const text of wrong) {
    it(`refuses ${brief(text)}`, () => {
      expect(parseJson(text)).to.equal(undefined)
    })
  }

  const bytes: [what: string, hex: string][] = [
    ['a byte that begins nothing', '80'],
    ['a character cut off', 'c3'],
    ['a character in too many bytes', 'c0af'],
    ['another one', 'e080af'],
    ['half a pair', 'eda080'],
    ['a pair in its halves', 'eda0bdedb880'],
    ['a character beyond the last', 'f4908080'],
    ['a byte that never is', 'ff'],
  ]
  for (const [what, hex] of bytes) {
    it(`refuses what is no UTF-8: ${what}`, () => {
      expect(textOf(bodyOf(Buffer.from(`22${hex}22`, 'hex')))).to.equal(undefined)
    })
  }

  it('finds of several members with a name the first', () => {
    const object = parseJson('{"a":1,"b":2,"a":3}')
    if (!(object instanceof JsonMembers)) throw new Error('it has been read as another object')
    expect(memberOf(object, 'a')).to.equal(1)
    expect(memberOf(object, 'c')).to.equal(undefined)
    expect(membersOf(object)).to.deep.equal([
      ['a', 1],
      ['b', 2],
      ['a', 3],
    ])
    expect(memberOf({ a: 1 }, 'toString')).to.equal(undefined)
    expect(membersOf({ a: 1 })).to.deep.equal([['a', 1]])
  })

  it('reads a number that JavaScript writes alike as one of its own', () => {
    expect(parseJson('[0,-7,1.5,1e21,999999999999999]')).to.deep.equal([
      0,
      -7,
      1.5,
      new JsonNumber('1e21'),
      999999999999999,
    ])
    expect(parseJson('[1e+21,1e-7]')).to.deep.equal([1e21, 1e-7])
  })

  it('writes amounts, those that are no money too', () => {
    const amounts = [0n, -1n, 100_000_000n, 2n ** 53n - 1n, 2n ** 53n, -(2n ** 63n), 2n ** 63n - 1n]
    expect(amounts.map(formatAmount)).to.deep.equal([
      '0.00000000',
      '-0.00000001',
      '1.00000000',
      '90071992.54740991',
      '90071992.54740992',
      '-92233720368.54775808',
      '92233720368.54775807',
    ])
  })

  it('writes what is written already as it is, wherever it stands', () => {
    const text = new JsonText('{"value":0.10}')
    expect(writeJson(text)).to.equal('{"value":0.10}')
    expect(writeJson([1, { a: text, b: '\x7f' }])).to.equal('[1,{"a":{"value":0.10},"b":"\\u007f"}]')
  })

  it('takes a replacement character for what it is when it was sent', () => {
    expect(textOf(bodyOf(Buffer.from('"\ufffd"')))).to.equal('"\ufffd"')
    expect(textOf(bodyOf(Buffer.from('22efbfbd80', 'hex')))).to.equal(undefined)
  })

  it('takes and refuses what JSON.parse() takes and refuses, and reads the same', () => {
    const random = new Random(1)
    const pieces = [
      '{',
      '}',
      '[',
      ']',
      ',',
      ':',
      '"a"',
      '"b"',
      '"\\n"',
      '"',
      '\\',
      '1',
      '-2',
      '0.5',
      '1e2',
      '0',
      'null',
      'true',
      ' ',
      'x',
      '\n',
    ]
    const counts = { taken: 0, refused: 0 }
    for (let round = 0; round < 20_000; round += 1) {
      let text = round % 2 === 0 ? JSON.stringify(randomValue(random, 3)) : ''
      const changes = round % 2 === 0 ? random.below(3) : 1 + random.below(6)
      for (let change = 0; change < changes; change += 1) {
        const at = random.below(text.length + 1)
        text = text.slice(0, at) + pieces[random.below(pieces.length)] + text.slice(at + random.below(2))
      }
      const expected = orUndefined(() => JSON.parse(text))
      const actual = parseJson(text)
      expect(plain(actual), text).to.deep.equal(expected)
      counts[actual === undefined ? 'refused' : 'taken'] += 1
    }
    // Both happen often.
    expect(counts.taken).to.be.greaterThan(3000)
    expect(counts.refused).to.be.greaterThan(3000)
  })
})

function bodyOf(bytes: Buffer): Body {
  return { body: () => bytes, bodyText: () => bytes.toString() }
}

function brief(text: string): string {
  const shown = JSON.stringify(text).slice(1, -1)
  return shown === '' ? 'nothing' : shown.length > 60 ? `${shown.slice(0, 60)}…` : shown
}

function rewritten(text: string): string {
  const value = parseJson(text)
  if (value === undefined) throw new Error('it is refused')
  return writeJson(value)
}

/** As JSON.parse() would have read it. */
function plain(value: JsonValue | undefined): unknown {
  if (value instanceof JsonNumber) return Number(value.text)
  if (value instanceof JsonMembers)
    return Object.fromEntries(value.entries.map(([key, member]) => [key, plain(member)]))
  if (Array.isArray(value)) return value.map(plain)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, plain(member)]))
}

function orUndefined<Result>(compute: () => Result): Result | undefined {
  try {
    return compute()
  } catch {
    return undefined
  }
}

function randomValue(random: Random, depth: number): unknown {
  switch (random.below(depth === 0 ? 5 : 7)) {
    case 0:
      return null
    case 1:
      return random.below(2) === 0
    case 2:
      return random.below(1000) - 500
    case 3:
      return (random.below(1000) - 500) / 8
    case 4:
      return ['', 'a', 'é', '"', '\\', '\n', 'long '.repeat(100)][random.below(7)]
    case 5:
      return Array.from({ length: random.below(4) }, () => randomValue(random, depth - 1))
    default:
      return Object.fromEntries(
        Array.from({ length: random.below(4) }, (_, at) => [`k${at}`, randomValue(random, depth - 1)]),
      )
  }
}
