import { expect } from 'chai'
import { utilMethods } from '../../../examples/bitcoin-rpc/methods/util.js'
import { JsonRpcRequest } from '../../../examples/bitcoin-rpc/rpc/json-rpc.js'
import { readCalls } from '../../../examples/bitcoin-rpc/rpc/read-calls.js'
import { parseJson } from '../../../examples/bitcoin-rpc/rpc/read-json.js'
import { RpcTable } from '../../../examples/bitcoin-rpc/rpc/rpc-table.js'
import { Random } from '../../boundary/random.js'

describe('bitcoin-rpc: reading calls', () => {
  const table = new RpcTable()
  table.add(utilMethods())

  const usual = [
    '{"method":"echo"}',
    '{"jsonrpc":"2.0","id":1,"method":"echo","params":[]}',
    '{"jsonrpc": "1.0", "id": "curltest", "method": "echo", "params": [1, "two", {"three": 3.0}]}',
    ' { "params" : { "arg0" : null } , "method" : "echo" , "id" : null }\n',
    '{"method":"nosuch","id":123456789012345678,"jsonrpc":"2.0"}',
    '[{"method":"echo","id":1},{"method":"echo","id":2}]',
    '[{"id":1,"method":"echo","params":[1]},{"id":2,"method":"echo","params":[]},{"id":3,"method":"ech","params":[]}]',
    '[{"params":[1],"method":"echo","id":"é"},{"params":["é"],"method":"echo","id":12}]',
    `[${Array.from({ length: 3000 }, (_, id) => `{"id":${id},"method":"echo","params":["${'x'.repeat(20)}"]}`).join()}]`,
  ]
  for (const text of usual) {
    it(`takes ${JSON.stringify(text.slice(0, 100))} for the same as who reads it value by value`, () => {
      const calls = readCalls(text, table)
      if (calls === undefined) throw new Error('it is not read')
      expect([calls].flat().map(partsOf)).to.deep.equal(slowly(text))
    })
  }

  const unusual = [
    ...['', '[]', '[1]', '1', '{}', '{"id":1}', '{"method":null}', '{"method":1}', '{"method":"echo","params":1}'],
    ...['{"method":"echo","id":1,"id":1}', '{"method":"echo","method":"echo"}', '{"method":"echo","other":1}'],
    ...['{"jsonrpc":"3.0","method":"echo"}', '{"jsonrpc":null,"method":"echo"}', '{"m\\u0065thod":"echo"}'],
    ...[
      '{"method":"e\\u0063ho"}',
      '{"method":"echo"}x',
      '{"method":"echo"',
      '{"method":"echo",}',
      '{"method":"ec\nho"}',
    ],
    ...['[{"method":"echo"},]', '[{"method":"echo"}', '[{"method":"echo"},1]', '{"method":"echo","id":01}'],
    ...['[{"id":1,"method":"echo","params":[]},{"id":2,"method":"echo","params":[]', '{"id","method":"echo"}'],
    ...['[{"id":1,"method":"echo","params":[]},{"id":2,"method":"echo","params":[]}'],
  ]
  for (const text of unusual) {
    it(`leaves ${JSON.stringify(text)} to who reads value by value`, () => {
      expect(readCalls(text, table)).to.equal(undefined)
    })
  }

  it('reads nothing beyond the end of a text that begins like a longer one before', () => {
    const call = '{"id":1,"method":"echo","params":[]}'
    expect(readCalls(`[${call},${call}]`, table)).to.have.lengthOf(2)
    for (let end = 1; end < call.length; end += 1) {
      expect(readCalls(`[${call},${call.slice(0, end)}`, table), String(end)).to.equal(undefined)
    }
  })

  it('reads what it reads as who reads value by value, whatever that is', () => {
    const random = new Random(3)
    const pick = (texts: readonly string[]) => texts[random.below(texts.length)] ?? ''
    const member = () =>
      pick([
        `"id":${pick(['1', '20', '"a"', 'null', '[1]', '1.0', '"é"'])}`,
        `"method":${pick(['"echo"', '"echo"', '"nosuch"', '""', '1'])}`,
        `"params":${pick(['[]', '[1,2]', '{"arg0":1}', 'null', '3'])}`,
        `"jsonrpc":${pick(['"2.0"', '"2.0"', '"1.0"', '"3"'])}`,
      ])
    const usually = (length: number) => ['"id":1', '"method":"echo"', '"params":[7]'].slice(0, length)
    const call = () => {
      const members = random.below(2) === 0 ? usually(3) : Array.from({ length: random.below(5) }, member)
      if (random.below(4) === 0) members.reverse()
      return `{${members.join(pick([',', ',', ' , ']))}}`
    }
    let read = 0
    for (let round = 0; round < 20_000; round += 1) {
      let text = random.below(3) === 0 ? call() : `[${Array.from({ length: random.below(4) }, call).join()}]`
      if (random.below(3) === 0) {
        const at = random.below(text.length + 1)
        text = text.slice(0, at) + pick(['', '"', ',', '}', ' ', '1']) + text.slice(at + random.below(2))
      }
      const calls = readCalls(text, table)
      if (calls === undefined) continue
      read += 1
      expect([calls].flat().map(partsOf), text).to.deep.equal(slowly(text))
    }
    expect(read).to.be.greaterThan(4000)
  })
})

function slowly(text: string): unknown[] {
  const value = parseJson(text)
  if (value === undefined) throw new Error('it is no JSON')
  return [value].flat().map((one) => {
    const request = new JsonRpcRequest()
    request.parse(one)
    return partsOf(request)
  })
}

function partsOf({ id, version, method, params }: JsonRpcRequest): unknown {
  return { id, version, method, params }
}
