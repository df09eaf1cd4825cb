// C's return values: 0, -1 and NULL where C has them, and a throw where C has undefined behaviour.
import { EventError } from 'bitcoin-support'
import {
  AF_INET,
  BEV_EVENT_CONNECTED,
  BEV_EVENT_EOF,
  BEV_EVENT_READING,
  BEV_OPT_CLOSE_ON_FREE,
  type bufferevent,
  bufferevent_disable,
  bufferevent_enable,
  bufferevent_free,
  bufferevent_get_base,
  bufferevent_get_input,
  bufferevent_pair_new,
  bufferevent_read,
  bufferevent_set_timeouts,
  bufferevent_setcb,
  bufferevent_socket_connect,
  bufferevent_socket_connect_hostname,
  bufferevent_socket_new,
  bufferevent_write,
  bufferevent_write_buffer,
  EV_PERSIST,
  EV_READ,
  EV_SIGNAL,
  EV_TIMEOUT,
  EVBUFFER_EOL_CRLF,
  EVENT_DBG_NONE,
  EVENT_LOG_WARN,
  EVHTTP_REQ_GET,
  EVHTTP_REQ_POST,
  EVLOOP_NONBLOCK,
  EVLOOP_ONCE,
  EVREQ_HTTP_TIMEOUT,
  evbuffer_add,
  evbuffer_add_buffer,
  evbuffer_add_printf,
  evbuffer_copyout,
  evbuffer_drain,
  evbuffer_free,
  evbuffer_get_length,
  evbuffer_new,
  evbuffer_prepend,
  evbuffer_pullup,
  evbuffer_readln,
  evbuffer_remove,
  evbuffer_remove_buffer,
  evbuffer_search,
  evconnlistener_disable,
  evconnlistener_enable,
  evconnlistener_free,
  evconnlistener_get_base,
  evconnlistener_get_fd,
  evconnlistener_new,
  evconnlistener_new_bind,
  event_active,
  event_add,
  type event_base,
  event_base_dispatch,
  event_base_free,
  event_base_get_method,
  event_base_got_break,
  event_base_got_exit,
  event_base_loop,
  event_base_loopbreak,
  event_base_loopexit,
  event_base_new,
  event_base_once,
  event_del,
  event_enable_debug_logging,
  event_free,
  event_get_base,
  event_get_events,
  event_get_fd,
  event_get_supported_methods,
  event_get_version,
  event_get_version_number,
  event_new,
  event_pending,
  event_priority_set,
  event_set_log_callback,
  event_set_mem_functions,
  evhttp_add_header,
  evhttp_bind_socket,
  evhttp_bind_socket_with_handle,
  evhttp_bound_socket_get_fd,
  evhttp_clear_headers,
  evhttp_connection_base_new,
  evhttp_connection_free,
  evhttp_connection_get_peer,
  evhttp_connection_set_closecb,
  evhttp_connection_set_timeout,
  evhttp_connection_set_timeout_tv,
  evhttp_del_accept_socket,
  evhttp_del_cb,
  evhttp_find_header,
  evhttp_free,
  evhttp_htmlescape,
  evhttp_make_request,
  evhttp_new,
  evhttp_parse_query,
  evhttp_parse_query_str,
  evhttp_remove_header,
  evhttp_request_free,
  evhttp_request_get_command,
  evhttp_request_get_connection,
  evhttp_request_get_host,
  evhttp_request_get_input_buffer,
  evhttp_request_get_input_headers,
  evhttp_request_get_output_buffer,
  evhttp_request_get_output_headers,
  evhttp_request_get_response_code,
  evhttp_request_get_response_code_line,
  evhttp_request_get_uri,
  evhttp_request_new,
  evhttp_request_set_error_cb,
  evhttp_request_set_on_complete_cb,
  evhttp_send_error,
  evhttp_send_reply,
  evhttp_send_reply_chunk,
  evhttp_send_reply_end,
  evhttp_send_reply_start,
  evhttp_set_cb,
  evhttp_set_gencb,
  evhttp_set_max_body_size,
  evhttp_set_max_headers_size,
  evhttp_set_timeout,
  evhttp_uri_free,
  evhttp_uri_get_fragment,
  evhttp_uri_get_host,
  evhttp_uri_get_path,
  evhttp_uri_get_port,
  evhttp_uri_get_query,
  evhttp_uri_get_scheme,
  evhttp_uri_get_userinfo,
  evhttp_uri_join,
  evhttp_uri_new,
  evhttp_uri_parse,
  evhttp_uri_set_host,
  evhttp_uri_set_path,
  evhttp_uri_set_port,
  evhttp_uridecode,
  evhttp_uriencode,
  evsignal_new,
  evthread_use_pthreads,
  evtimer_add,
  evtimer_new,
  evtimer_pending,
  LEV_OPT_CLOSE_ON_FREE,
  LEV_OPT_REUSEABLE,
  obtainEvKeyvalq,
} from 'bitcoin-support/libevent'
import { expect } from 'chai'
import { checkLiveCountsAfterEach } from '../support/live-counts.js'
import { nativeSupport } from '../support/native-support.js'
import { SocketPair } from '../support/socket-pair.js'

/** What C's callers check by hand. */
function must<T>(value: T | null): T {
  if (value === null) throw new Error('NULL')
  return value
}

function withBase(use: (base: event_base) => void): void {
  const base = must(event_base_new())
  try {
    use(base)
  } finally {
    event_base_free(base)
  }
}

describe('bitcoin-support/libevent: functions', () => {
  // libevent makes the list once, and keeps it.
  before(() => event_get_supported_methods())
  checkLiveCountsAfterEach()

  it('run a base', () => {
    withBase((base) => {
      const calls: unknown[] = []
      expect(event_base_once(base, -1, EV_TIMEOUT, (...args) => calls.push(args), 'arg', null)).to.equal(0)
      expect(event_base_dispatch(base)).to.equal(1)
      expect(calls).to.deep.equal([[-1, EV_TIMEOUT, 'arg']])
      expect(event_base_loopexit(base, { tv_sec: 0, tv_usec: 1000 })).to.equal(0)
      expect(event_base_dispatch(base)).to.equal(0)
      expect([event_base_got_exit(base), event_base_got_break(base)]).to.deep.equal([1, 0])
      let inner: number | undefined
      const again = () => {
        inner = event_base_dispatch(base)
        event_base_loopbreak(base)
      }
      event_base_once(base, -1, EV_TIMEOUT, again, null, { tv_sec: 0, tv_usec: 1 })
      expect(event_base_loop(base, EVLOOP_ONCE)).to.equal(0)
      expect(inner).to.equal(-1)
      expect([event_base_got_exit(base), event_base_got_break(base)]).to.deep.equal([0, 1])
      expect(event_base_once(base, -1, EV_SIGNAL, () => {}, null, null)).to.equal(-1)
      expect(event_get_supported_methods()).to.include(event_base_get_method(base))
    })
  })

  it('make events', () => {
    withBase((base) => {
      using pair = new SocketPair()
      const calls: unknown[] = []
      const event = must(event_new(base, pair.left, EV_READ | EV_PERSIST, (...args) => calls.push(args), 'arg'))
      expect([event_get_fd(event), event_get_events(event)]).to.deep.equal([pair.left, EV_READ | EV_PERSIST])
      expect(event_get_base(event)).to.equal(base)
      expect(event_priority_set(event, 0)).to.equal(0)
      expect(event_priority_set(event, 99)).to.equal(-1)
      expect(event_pending(event, EV_READ, null)).to.equal(0)
      expect(event_add(event, null)).to.equal(0)
      expect(event_pending(event, EV_READ, null)).to.equal(EV_READ)
      pair.write(pair.right)
      event_base_loop(base, EVLOOP_ONCE)
      expect(calls).to.deep.equal([[pair.left, EV_READ, 'arg']])
      expect(event_del(event)).to.equal(0)
      event_active(event, 0, 0)
      event_base_loop(base, EVLOOP_NONBLOCK)
      expect(calls[1]).to.deep.equal([pair.left, 0, 'arg'])
      event_free(event)
      expect(() => event_add(event, null))
        .to.throw(EventError)
        .with.property('code', 'ERR_EV_DISPOSED')
      const timer = must(evtimer_new(base, (_fd, what) => calls.push(what), null))
      expect(evtimer_add(timer, { tv_sec: 0, tv_usec: 500 })).to.equal(0)
      expect(evtimer_pending(timer)).to.equal(EV_TIMEOUT)
      expect(event_base_dispatch(base)).to.equal(1)
      expect(calls[2]).to.equal(EV_TIMEOUT)
      expect(event_get_events(must(evsignal_new(base, 12, () => {}, null)))).to.equal(EV_SIGNAL | EV_PERSIST)
      expect(event_new(base, -1, EV_READ, () => {}, null)).to.equal(null)
      expect(() => event_add(timer, 5 as never)).to.throw(TypeError, /^tv /)
      expect(() => event_add(timer, { tv_sec: '1' } as never)).to.throw(TypeError, /^tv /)
      expect(event_add(timer, { tv_sec: -1, tv_usec: 0 })).to.equal(-1)
    })
  })

  it('work on buffers', () => {
    const buf = must(evbuffer_new())
    const other = must(evbuffer_new())
    expect(evbuffer_pullup(buf, -1)).to.equal(null)
    expect(evbuffer_add(buf, Buffer.from('line 1\r\nline 2\nrestX'), 19)).to.equal(0)
    const count = { value: -1 }
    expect(evbuffer_readln(buf, count, EVBUFFER_EOL_CRLF)).to.equal('line 1')
    expect(count.value).to.equal(6)
    expect(evbuffer_readln(buf, null, EVBUFFER_EOL_CRLF)).to.equal('line 2')
    expect(evbuffer_readln(buf, count, EVBUFFER_EOL_CRLF)).to.equal(null)
    expect(evbuffer_search(buf, 'st', null)).to.equal(2)
    expect(evbuffer_search(buf, 'x', null)).to.equal(-1)
    expect(evbuffer_pullup(buf, 2)?.toString()).to.equal('re')
    const into = new Uint8Array(3)
    expect([evbuffer_copyout(buf, into), evbuffer_remove(buf, into, 2)]).to.deep.equal([3, 2])
    expect(Buffer.from(into).toString()).to.equal('res')
    expect(evbuffer_get_length(buf)).to.equal(2)
    expect(evbuffer_prepend(buf, 're')).to.equal(0)
    expect(evbuffer_add_printf(buf, '₿')).to.equal(3)
    expect(evbuffer_add_buffer(other, buf)).to.equal(0)
    expect([evbuffer_get_length(buf), evbuffer_get_length(other)]).to.deep.equal([0, 7])
    expect(evbuffer_remove_buffer(other, buf, 100)).to.equal(7)
    expect(evbuffer_drain(buf, 1)).to.equal(0)
    expect(() => evbuffer_add(buf, 'abc', 4)).to.throw(RangeError)
    evbuffer_free(buf)
    evbuffer_free(other)
    expect(() => evbuffer_get_length(buf))
      .to.throw(EventError)
      .with.property('code', 'ERR_EV_DISPOSED')
  })

  it('take URIs and queries apart', () => {
    const uri = must(evhttp_uri_parse('http://user@host:8332/path?a=b#c'))
    expect([evhttp_uri_get_scheme(uri), evhttp_uri_get_userinfo(uri), evhttp_uri_get_host(uri)]).to.deep.equal([
      'http',
      'user',
      'host',
    ])
    expect(evhttp_uri_get_port(uri)).to.equal(8332)
    expect([evhttp_uri_get_path(uri), evhttp_uri_get_query(uri), evhttp_uri_get_fragment(uri)]).to.deep.equal([
      '/path',
      'a=b',
      'c',
    ])
    evhttp_uri_free(uri)
    expect(evhttp_uri_parse('http://[')).to.equal(null)
    const made = evhttp_uri_new()
    expect(evhttp_uri_get_host(made)).to.equal(null)
    expect([
      evhttp_uri_set_host(made, 'h'),
      evhttp_uri_set_path(made, 'x'),
      evhttp_uri_set_port(made, -3),
    ]).to.deep.equal([0, 0, -1])
    expect(evhttp_uri_join(made)).to.equal(null)
    evhttp_uri_free(made)
    const list = obtainEvKeyvalq()
    expect(evhttp_parse_query_str('a=b%20c&d=e', list)).to.equal(0)
    expect([evhttp_find_header(list, 'A'), evhttp_find_header(list, 'x')]).to.deep.equal(['b c', null])
    expect(evhttp_parse_query('http://host/?a&b', list)).to.equal(-1)
    expect([...list]).to.deep.equal([])
    expect([
      evhttp_add_header(list, 'A', 'b'),
      evhttp_add_header(list, 'A:', 'b'),
      evhttp_add_header(list, 'A', '\n'),
    ]).to.deep.equal([0, -1, -1])
    expect([evhttp_remove_header(list, 'a'), evhttp_remove_header(list, 'a')]).to.deep.equal([0, -1])
    evhttp_clear_headers(list)
    list.dispose()
    expect(evhttp_uriencode('a b₿', -1, 1)).to.equal('a+b%E2%82%BF')
    expect(evhttp_uriencode(Buffer.from('a b'), 2, false)).to.equal('a%20')
    const size = { value: 0 }
    expect(evhttp_uridecode('%00₿', false, size)).to.equal(null)
    expect(evhttp_uridecode('%00%E2%82%BF+', true, size)).to.equal('\0₿ ')
    expect(size.value).to.equal(5)
    expect(evhttp_htmlescape('<')).to.equal('&lt;')
  })

  it('serve and ask over HTTP', () => {
    withBase((base) => {
      const http = must(evhttp_new(base))
      evhttp_set_timeout(http, 0)
      evhttp_set_timeout(http, 30)
      evhttp_set_max_headers_size(http, 8192)
      evhttp_set_max_body_size(http, 0x02000000)
      expect(evhttp_bind_socket(http, '127.0.0.1', 0)).to.equal(0)
      const bound = must(evhttp_bind_socket_with_handle(http, '127.0.0.1', 0))
      const port = nativeSupport.portOf(evhttp_bound_socket_get_fd(bound))
      expect(evhttp_bind_socket_with_handle(http, '127.0.0.1', port)).to.equal(null)
      const journal: unknown[] = []
      evhttp_set_gencb(http, (req) => evhttp_send_error(req, 404, 'Nothing here'), null)
      const serve = (req: Parameters<typeof evhttp_send_reply>[0], arg: string) => {
        const address = { value: '' }
        const from = { value: 0 }
        evhttp_connection_get_peer(must(evhttp_request_get_connection(req)), address, from)
        journal.push(arg, address.value, from.value > 0)
        journal.push(evhttp_request_get_uri(req), evhttp_request_get_command(req), evhttp_request_get_host(req))
        journal.push(evhttp_find_header(evhttp_request_get_input_headers(req), 'x-test'))
        journal.push(evbuffer_pullup(evhttp_request_get_input_buffer(req), -1)?.toString())
        evhttp_request_set_on_complete_cb(req, (_req, given) => journal.push(given), 'complete')
        evhttp_add_header(evhttp_request_get_output_headers(req), 'Content-Type', 'text/plain')
        evbuffer_add(evhttp_request_get_output_buffer(req), 'from the output, ')
        const databuf = must(evbuffer_new())
        evbuffer_add(databuf, 'and the buffer')
        evhttp_send_reply(req, 200, null, databuf)
        expect(evbuffer_get_length(databuf)).to.equal(0)
        evbuffer_free(databuf)
      }
      expect(evhttp_set_cb(http, '/path', serve, 'arg')).to.equal(0)
      expect(evhttp_set_cb(http, '/path', serve, 'arg')).to.equal(-1)
      expect([evhttp_del_cb(http, '/other')]).to.deep.equal([-1])
      evhttp_set_cb(
        http,
        '/chunks',
        (req) => {
          evhttp_send_reply_start(req, 200, 'OK')
          const chunk = must(evbuffer_new())
          for (const part of ['one', 'two']) {
            evbuffer_add(chunk, part)
            evhttp_send_reply_chunk(req, chunk)
          }
          evbuffer_free(chunk)
          evhttp_send_reply_end(req)
        },
        null,
      )
      const evcon = must(evhttp_connection_base_new(base, null, '127.0.0.1', port))
      evhttp_connection_set_timeout(evcon, 5)
      evhttp_connection_set_closecb(evcon, (_evcon, arg) => journal.push(arg), 'closed')
      const replies: unknown[] = []
      const ask = (uri: string, method: number, body = '') => {
        const req = must(
          evhttp_request_new((reply, arg) => {
            const input = reply && evhttp_request_get_input_buffer(reply)
            replies.push([
              arg,
              reply && evhttp_request_get_response_code(reply),
              reply && evhttp_request_get_response_code_line(reply),
              input && evbuffer_pullup(input, -1)?.toString(),
            ])
            event_base_loopbreak(base)
          }, uri),
        )
        evhttp_add_header(evhttp_request_get_output_headers(req), 'Host', 'host')
        evhttp_add_header(evhttp_request_get_output_headers(req), 'X-Test', 'test')
        if (body !== '') evbuffer_add(evhttp_request_get_output_buffer(req), body)
        expect(evhttp_make_request(evcon, req, method, uri)).to.equal(0)
        expect(event_base_dispatch(base)).to.equal(0)
      }
      ask('/path?q', EVHTTP_REQ_POST, 'body')
      ask('/chunks', EVHTTP_REQ_GET)
      ask('/none', EVHTTP_REQ_GET)
      expect(replies[0]).to.deep.equal(['/path?q', 200, 'OK', 'from the output, and the buffer'])
      expect(replies[1]).to.deep.equal(['/chunks', 200, 'OK', 'onetwo'])
      expect((replies[2] as unknown[]).slice(0, 3)).to.deep.equal(['/none', 404, 'Nothing here'])
      expect(journal.slice(0, 8)).to.deep.equal(['arg', '127.0.0.1', true, '/path?q', 2, 'host', 'test', 'body'])
      expect(journal).to.include('complete').and.include('closed')
      evhttp_del_accept_socket(http, bound)
      expect(() => evhttp_bound_socket_get_fd(bound)).to.throw(EventError)
      evhttp_connection_free(evcon)
      evhttp_free(http)
    })
  })

  it('say to a client why a request failed', () => {
    withBase((base) => {
      const silent = nativeSupport.boundTcpSocket(5)
      const port = nativeSupport.portOf(silent)
      const evcon = must(evhttp_connection_base_new(base, null, '127.0.0.1', port))
      evhttp_connection_set_timeout_tv(evcon, { tv_sec: 0, tv_usec: 50_000 })
      const journal: unknown[] = []
      const req = must(evhttp_request_new((reply, arg) => journal.push([reply, arg]), 'arg'))
      evhttp_request_set_error_cb(req, (error, arg: string) => journal.push([error, arg]))
      evhttp_make_request(evcon, req, EVHTTP_REQ_GET, '/')
      expect(event_base_dispatch(base)).to.equal(1)
      expect(journal).to.deep.equal([
        [EVREQ_HTTP_TIMEOUT, 'arg'],
        [null, 'arg'],
      ])
      evhttp_connection_free(evcon)
      const unused = must(evhttp_request_new(() => {}, null))
      evhttp_request_free(unused)
      nativeSupport.closeDescriptor(silent)
    })
  })

  it('accept connections', () => {
    withBase((base) => {
      const calls: unknown[] = []
      const lev = must(
        evconnlistener_new_bind(
          base,
          (listener, fd, address, arg) => {
            nativeSupport.closeDescriptor(fd)
            calls.push(listener === lev, address.family, arg)
          },
          'arg',
          LEV_OPT_REUSEABLE | LEV_OPT_CLOSE_ON_FREE,
          -1,
          { address: '127.0.0.1', port: 0 },
        ),
      )
      const port = nativeSupport.portOf(evconnlistener_get_fd(lev))
      expect(evconnlistener_get_base(lev)).to.equal(base)
      expect([evconnlistener_disable(lev), evconnlistener_enable(lev)]).to.deep.equal([0, 0])
      const client = nativeSupport.connectedTcpSocket(port)
      event_base_loop(base, EVLOOP_ONCE)
      nativeSupport.closeDescriptor(client)
      expect(calls).to.deep.equal([true, 'IPv4', 'arg'])
      const taken = { address: '127.0.0.1', port }
      expect(evconnlistener_new_bind(base, () => {}, null, 0, -1, taken)).to.equal(null)
      expect(evconnlistener_new(base, () => {}, null, 0, 0, 2 ** 31 - 1)).to.equal(null)
      evconnlistener_free(lev)
    })
  })

  it('read and write through bufferevents', () => {
    withBase((base) => {
      const journal: unknown[] = []
      const pair: { value: readonly bufferevent[] } = { value: [] }
      expect(bufferevent_pair_new(base, 0, pair as never)).to.equal(0)
      const [left, right] = pair.value as [bufferevent, bufferevent]
      bufferevent_setcb(
        right,
        (bev, ctx) => {
          const input = bufferevent_get_input(bev)
          journal.push(ctx, evbuffer_pullup(input, -1)?.toString())
          evbuffer_drain(input, evbuffer_get_length(input))
        },
        null,
        null,
        'ctx',
      )
      expect([bufferevent_enable(right, EV_READ), bufferevent_disable(left, EV_READ)]).to.deep.equal([0, 0])
      expect(bufferevent_write(left, Buffer.from('hello, world'), 5)).to.equal(0)
      event_base_loop(base, EVLOOP_NONBLOCK)
      expect(journal).to.deep.equal(['ctx', 'hello'])
      expect(bufferevent_get_base(left)).to.equal(base)
      expect(() => bufferevent_write(left, 'abc', 4)).to.throw(RangeError)
      bufferevent_free(left)
      bufferevent_free(right)
    })
  })

  it('connect bufferevents', () => {
    withBase((base) => {
      const journal: unknown[] = []
      const lev = must(
        evconnlistener_new_bind(
          base,
          (_lev, fd) => {
            const bev = must(bufferevent_socket_new(base, fd, BEV_OPT_CLOSE_ON_FREE))
            bufferevent_setcb(
              bev,
              (self) => {
                bufferevent_write_buffer(self, bufferevent_get_input(self))
                bufferevent_setcb(self, null, (done) => bufferevent_free(done), null, null)
              },
              null,
              null,
              null,
            )
            bufferevent_enable(bev, EV_READ)
          },
          null,
          LEV_OPT_CLOSE_ON_FREE,
          -1,
          { address: '127.0.0.1', port: 0 },
        ),
      )
      const port = nativeSupport.portOf(evconnlistener_get_fd(lev))
      const bev = must(bufferevent_socket_new(base, -1, BEV_OPT_CLOSE_ON_FREE))
      bufferevent_setcb(
        bev,
        (self) => {
          const into = new Uint8Array(8)
          journal.push(Buffer.from(into.subarray(0, bufferevent_read(self, into))).toString())
        },
        null,
        (self, what, ctx) => {
          journal.push(what, ctx)
          if ((what & BEV_EVENT_EOF) === 0) return
          bufferevent_free(self)
          evconnlistener_free(lev)
        },
        'ctx',
      )
      // It waits until there is a connection.
      bufferevent_write(bev, 'echo')
      bufferevent_enable(bev, EV_READ)
      expect(bufferevent_set_timeouts(bev, { tv_sec: 5, tv_usec: 0 }, null)).to.equal(0)
      expect(bufferevent_socket_connect(bev, { address: '127.0.0.1', port })).to.equal(0)
      expect(event_base_dispatch(base)).to.equal(1)
      expect(journal).to.deep.equal([BEV_EVENT_CONNECTED, 'ctx', 'echo', BEV_EVENT_EOF | BEV_EVENT_READING, 'ctx'])
      expect(() => bufferevent_write(bev, 'x'))
        .to.throw(EventError)
        .with.property('code', 'ERR_EV_DISPOSED')
      const named = must(bufferevent_socket_new(base, -1, BEV_OPT_CLOSE_ON_FREE))
      expect(bufferevent_socket_connect(named, { address: 'no address', port })).to.equal(-1)
      expect(bufferevent_socket_connect_hostname(named, null, AF_INET, '127.0.0.1', port)).to.equal(0)
      bufferevent_free(named)
      expect(bufferevent_socket_new(base, 2 ** 31 - 1, 0)).to.equal(null)
    })
  })

  it('know the process', () => {
    expect(evthread_use_pthreads()).to.equal(0)
    expect(event_get_version_number() >>> 24).to.equal(Number(event_get_version().split('.')[0]))
    event_set_mem_functions(null, null, null)
    expect(() => event_set_mem_functions((() => 0) as never, null, null)).to.throw(TypeError, /^malloc_fn /)
    event_enable_debug_logging(EVENT_DBG_NONE)
    const heard: number[] = []
    event_set_log_callback((severity) => heard.push(severity))
    withBase((base) => expect(event_new(base, 1, EV_SIGNAL | EV_READ, () => {}, null)).to.equal(null))
    event_set_log_callback(null)
    expect(heard).to.deep.equal([EVENT_LOG_WARN])
  })
})
