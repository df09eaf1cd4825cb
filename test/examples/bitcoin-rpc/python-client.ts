/**
 * A program for Python that asks the server of a port, with a cookie, in all the ways that http.client knows, and prints
 * what it got as JSON. Python's own pipelining is only as good as its reader: all responses are read from one file.
 */
export const PYTHON_CLIENT = `
import base64, http.client, io, json, sys

port, cookie = int(sys.argv[1]), sys.argv[2]
GENESIS = json.dumps({'method': 'getblockhash', 'params': [0], 'id': 1})
COUNT = json.dumps({'method': 'getblockcount', 'id': 1})

def login(text):
    return {'Authorization': 'Basic ' + base64.b64encode(text.encode()).decode()}

def connect():
    connection = http.client.HTTPConnection('127.0.0.1', port, timeout=30)
    connection.connect()
    return connection

def read(response):
    body = response.read()
    seen = {'status': response.status}
    if response.status == 200:
        seen['type'] = response.getheader('Content-Type')
        seen['result'] = json.loads(body)['result']
    return seen

def ask(connection, body, headers={}, method='POST', path='/'):
    connection.request(method, path, body, {**login(cookie), **headers})
    seen = read(connection.getresponse())
    seen['open'] = connection.sock is not None
    return seen

class Shared:
    """A socket of which every response reads on where the last one stopped."""
    def __init__(self, sock):
        self.file = sock.makefile('rb')
    def makefile(self, mode):
        return io.BufferedReader(Unclosed(self.file), 1)

class Unclosed(io.RawIOBase):
    def __init__(self, file):
        self.file = file
    def readable(self):
        return True
    def readinto(self, target):
        data = self.file.read1(len(target))
        target[:len(data)] = data
        return len(data)

def pipeline(requests):
    connection = connect()
    text = b''
    for body, headers in requests:
        lines = ['POST / HTTP/1.1', 'Host: localhost', 'Content-Length: %d' % len(body)]
        lines += ['%s: %s' % item for item in headers.items()]
        text += ('\\r\\n'.join(lines) + '\\r\\n\\r\\n' + body).encode()
    connection.sock.sendall(text)
    shared = Shared(connection.sock)
    seen = []
    for _ in requests:
        response = http.client.HTTPResponse(shared, method='POST')
        response.begin()
        seen.append(read(response))
    connection.close()
    return seen

result = {}
connection = connect()
sock = connection.sock
result['default'] = [ask(connection, COUNT), ask(connection, GENESIS)]
same = connection.sock is sock
connection = connect()
sock = connection.sock
alive = {'Connection': 'keep-alive'}
result['keepAlive'] = [ask(connection, COUNT, alive), ask(connection, GENESIS, alive)]
result['sameSocket'] = same and connection.sock is sock
result['notFound'] = ask(connection, '', method='GET', path='/' + 'x' * 1000)
result['afterNotFound'] = ask(connection, COUNT)
result['close'] = ask(connect(), COUNT, {'Connection': 'close'})
result['badRequest'] = ask(connect(), '', method='GET', path='/' + 'x' * 10000)['status']
wrong = login('__cookie__:wrong')
right = login(cookie)
result['pipelined'] = pipeline([(COUNT, wrong), (COUNT, right), (GENESIS, right)])
print(json.dumps(result))
`
