// What each file of a test runner's does, after a head that fits it: `library` and `test` are there. A runner has two of these.
test('a server, its client and their errors', async () => {
  const { EV_TIMEOUT, EventBase, EventError, obtainEvent, obtainEventBase, obtainEvHttp } = library
  const check = (what, ok) => {
    if (!ok) throw new Error(what)
  }
  const thrownBy = (call) => {
    try {
      call()
    } catch (error) {
      return error
    }
    return undefined
  }
  check('nothing is left of an earlier file', library.liveHandles().length === 0)

  const base = obtainEventBase()
  let fired = 0
  const timer = obtainEvent(base, -1, 0, () => {
    fired += 1
  })
  timer.add(1)
  check('it ends by itself', (await base.dispatch()) === 1 && fired === 1)
  base.once(-1, EV_TIMEOUT, () => timer.dispose())
  check('it blocks', base.dispatchSync() === 1 && timer.disposed)

  const wrongType = thrownBy(() => obtainEventBase(1))
  check('a TypeError of this context', wrongType instanceof TypeError && wrongType.code === 'ERR_INVALID_ARG_TYPE')
  check('a RangeError of this context', thrownBy(() => base.loopSync(99)) instanceof RangeError)

  const http = obtainEvHttp(base)
  http.setGencb((request) => request.reply({ body: new Uint8Array([...request.body(), 33]) }))
  const { port } = http.bindSocketWithHandle('127.0.0.1', 0).address()
  const dispatched = base.dispatch()
  const connection = library.obtainEvHttpConnectionBase(base, '127.0.0.1', port)
  const response = await connection.request({ method: 'POST', path: '/', body: new Uint8Array([104, 105]) })
  check('its answer', response.body().toString() === 'hi!')
  check('fetch() has it too', (await (await fetch(`http://127.0.0.1:${port}`)).text()) === '!')
  connection.dispose()
  base.loopbreak()
  check('it was told to end', (await dispatched) === 0)
  base.dispose()
  check('all is gone', library.liveHandles().length === 0)

  const disposed = thrownBy(() => base.loopbreak())
  check('an EventError', disposed instanceof EventError && disposed instanceof Error)
  check('its code', disposed.code === 'ERR_EV_DISPOSED')
  check('the class is there', EventBase.live() >= 0)
})
