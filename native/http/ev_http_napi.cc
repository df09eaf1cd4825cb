// The native functions over EvHttp.
#include <event2/http.h>
#include <sys/socket.h>

#include <cerrno>

#include "http/ev_http.h"
#include "http/http_text.h"
#include "napi/arguments.h"
#include "napi/environment.h"
#include "napi/errors.h"
#include "napi/exports.h"
#include "net/listen_socket.h"
#include "net/socket_address.h"

namespace bitcoin_support {
EvHttp& EvHttp::This(const Napi::CallbackInfo& info) { return Environment::From(info).Get<EvHttp>(info[0]); }

// (base, strict)
Napi::Value EvHttp::New(const Napi::CallbackInfo& info) {
  EventBase& base = Environment::From(info).Get<EventBase>(info[0]);
  return Napi::Number::New(info.Env(), (new EvHttp(base, BoolArg(info, 1)))->number());
}

// (http, host, port, backlog, reusePort, ipv6Only, noDelay) -> socket id
Napi::Value EvHttp::BindTcpNapi(const Napi::CallbackInfo& info) {
  EvHttp& self = This(info);
  const std::string host = StringArg(info, 1);
  const int port = IntArg(info, 2);
  if (port < 0 || port > 65535) ThrowRangeError(info.Env(), "no port");
  ListenOptions options;
  options.backlog = IntArg(info, 3);
  options.reuse_port = BoolArg(info, 4);
  options.ipv6_only = BoolArg(info, 5);
  const bool no_delay = BoolArg(info, 6);
  const int fd = ListenTcpOrThrow(self.env(), host, static_cast<uint16_t>(port), options);
  return Napi::Number::New(info.Env(), self.Accept(fd, "", no_delay));
}

// (http, path, mode | -1, backlog) -> socket id
Napi::Value EvHttp::BindUnixNapi(const Napi::CallbackInfo& info) {
  EvHttp& self = This(info);
  const std::string path = StringArg(info, 1);
  ListenOptions options;
  options.backlog = IntArg(info, 3);
  // Before there is a file that nobody would remove.
  self.base().CheckRoomForNext("evhttp_accept_socket_with_handle");
  const int fd = ListenUnixOrThrow(self.env(), path, IntArg(info, 2), options);
  return Napi::Number::New(info.Env(), self.Accept(fd, path, false));
}

// (http, fd, noDelay) -> socket id
Napi::Value EvHttp::AcceptFdNapi(const Napi::CallbackInfo& info) {
  EvHttp& self = This(info);
  const int fd = IntArg(info, 1);
  const bool no_delay = BoolArg(info, 2);
  int listening = 0;
  socklen_t length = sizeof listening;
  if (getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &listening, &length) != 0) {
    ThrowSystemError(self.env(), code::kBind, "getsockopt", errno, "descriptor " + std::to_string(fd));
  }
  if (listening == 0) {
    ThrowEventError(self.env(), code::kBind,
                    "descriptor " + std::to_string(fd) + " is not a listening socket");
  }
  // libevent ends the process when getnameinfo() has no name for a peer.
  sockaddr_storage own{};
  length = sizeof own;
  if (getsockname(fd, reinterpret_cast<sockaddr*>(&own), &length) != 0 ||
      (own.ss_family != AF_INET && own.ss_family != AF_INET6 && own.ss_family != AF_UNIX)) {
    ThrowEventError(self.env(), code::kBind,
                    "descriptor " + std::to_string(fd) + " is a socket of neither IPv4, IPv6 nor UNIX");
  }
  // Accept() closes what it cannot use, and this one is the caller's until it is taken.
  self.base().CheckRoomFor(fd, "evhttp_accept_socket_with_handle");
  evutil_make_socket_nonblocking(fd);
  return Napi::Number::New(info.Env(), self.Accept(fd, "", no_delay));
}

// (http, socket id)
Napi::Value EvHttp::DelAcceptSocketNapi(const Napi::CallbackInfo& info) {
  This(info).DelAcceptSocket(NumberArg(info, 1));
  return info.Env().Undefined();
}

// (http, socket id) -> fd
Napi::Value EvHttp::SocketFdNapi(const Napi::CallbackInfo& info) {
  return Napi::Number::New(info.Env(), This(info).SocketFd(NumberArg(info, 1)));
}

int EvHttp::SocketFd(double id) const {
  const auto entry = m_sockets.find(id);
  if (entry == m_sockets.end()) {
    ThrowEventError(env(), code::kNotFound, "the socket is not one of this server's");
  }
  return evhttp_bound_socket_get_fd(entry->second->bound());
}

// (http, socket id) -> [family, address or path, port]
Napi::Value EvHttp::SocketAddressNapi(const Napi::CallbackInfo& info) {
  const EvHttp& self = This(info);
  return DescribeLocalAddress(self.env(), self.SocketFd(NumberArg(info, 1)));
}

// (http, path, route id > 0)
Napi::Value EvHttp::SetRouteNapi(const Napi::CallbackInfo& info) {
  EvHttp& self = This(info);
  if (!self.m_routes.try_emplace(StringArg(info, 1), IntArg(info, 2)).second) {
    ThrowEventError(self.env(), code::kExists, "the path has a callback already");
  }
  return info.Env().Undefined();
}

// (http, path) -> route id
Napi::Value EvHttp::DelRouteNapi(const Napi::CallbackInfo& info) {
  EvHttp& self = This(info);
  const auto route = self.m_routes.find(StringArg(info, 1));
  if (route == self.m_routes.end()) {
    ThrowEventError(self.env(), code::kNotFound, "the path has no callback");
  }
  const int id = route->second;
  self.m_rules.streamed.erase(route->first);
  self.m_c_callbacks.erase(id);
  self.m_routes.erase(route);
  return Napi::Number::New(info.Env(), id);
}

// (http, path, route id > 0, function, arg)
Napi::Value EvHttp::SetRouteInCNapi(const Napi::CallbackInfo& info) {
  EvHttp& self = This(info);
  const CCallback callback{FunctionArg<decltype(CCallback::function)>(info, 3), AddressArg(info, 4)};
  SetRouteNapi(info);
  self.m_c_callbacks.insert_or_assign(IntArg(info, 2), callback);
  return info.Env().Undefined();
}

// (http, function, arg)
Napi::Value EvHttp::SetGencbInCNapi(const Napi::CallbackInfo& info) {
  EvHttp& self = This(info);
  const CCallback callback{FunctionArg<decltype(CCallback::function)>(info, 1), AddressArg(info, 2)};
  self.m_c_callbacks.insert_or_assign(kGencb, callback);
  self.m_has_gencb = true;
  return info.Env().Undefined();
}

// (http, whether there is one)
Napi::Value EvHttp::SetGencbNapi(const Napi::CallbackInfo& info) {
  EvHttp& self = This(info);
  self.m_has_gencb = BoolArg(info, 1);
  self.m_c_callbacks.erase(kGencb);
  return info.Env().Undefined();
}

// (http, pattern, virtual host)
Napi::Value EvHttp::AddVirtualHostNapi(const Napi::CallbackInfo& info) {
  EvHttp& self = This(info);
  self.AddVirtualHost(Environment::From(info).Get<EvHttp>(info[2]), StringArg(info, 1));
  return info.Env().Undefined();
}

// (http, virtual host)
Napi::Value EvHttp::RemoveVirtualHostNapi(const Napi::CallbackInfo& info) {
  EvHttp& self = This(info);
  self.RemoveVirtualHost(Environment::From(info).Get<EvHttp>(info[1]));
  return info.Env().Undefined();
}

// (http, alias)
Napi::Value EvHttp::AddServerAliasNapi(const Napi::CallbackInfo& info) {
  EvHttp& self = This(info);
  if (evhttp_add_server_alias(self.m_http, StringArg(info, 1).c_str()) != 0) {
    ThrowEventError(self.env(), code::kLibevent, "evhttp_add_server_alias failed");
  }
  return info.Env().Undefined();
}

// (http, alias)
Napi::Value EvHttp::RemoveServerAliasNapi(const Napi::CallbackInfo& info) {
  EvHttp& self = This(info);
  if (evhttp_remove_server_alias(self.m_http, StringArg(info, 1).c_str()) != 0) {
    ThrowEventError(self.env(), code::kNotFound, "the server has no such alias");
  }
  return info.Env().Undefined();
}

// (http, bytes)
Napi::Value EvHttp::SetMaxHeadersSizeNapi(const Napi::CallbackInfo& info) {
  EvHttp& self = This(info);
  const ptrdiff_t bytes = ByteLimitArg(info, 1);
  evhttp_set_max_headers_size(self.m_http, bytes);
  self.m_rules.limits.head = static_cast<size_t>(bytes);
  return info.Env().Undefined();
}

// (http, bytes)
Napi::Value EvHttp::SetMaxBodySizeNapi(const Napi::CallbackInfo& info) {
  EvHttp& self = This(info);
  const ptrdiff_t bytes = ByteLimitArg(info, 1);
  evhttp_set_max_body_size(self.m_http, bytes);
  self.m_rules.limits.body = self.m_rules.limits.streamed_body = static_cast<uint64_t>(bytes);
  return info.Env().Undefined();
}

// (http, ms > 0)
Napi::Value EvHttp::SetTimeoutNapi(const Napi::CallbackInfo& info) {
  const auto timeout = TimevalFromMs(NumberArg(info, 1));
  if (timeout) This(info).SetTimeout(*timeout);
  return info.Env().Undefined();
}

// (http, mask)
Napi::Value EvHttp::SetAllowedMethodsNapi(const Napi::CallbackInfo& info) {
  This(info).m_rules.methods = static_cast<unsigned>(IntArg(info, 1));
  return info.Env().Undefined();
}

// (http, type | undefined)
Napi::Value EvHttp::SetDefaultContentTypeNapi(const Napi::CallbackInfo& info) {
  EvHttp& self = This(info);
  if (info[1].IsUndefined()) {
    evhttp_set_default_content_type(self.m_http, nullptr);
    self.m_content_type.reset();
    self.m_content_type_set = true;
  } else {
    const HttpText type(info.Env(), info[1], "content type");
    evhttp_set_default_content_type(self.m_http, nullptr);
    self.m_content_type = type.view();
    self.m_content_type_set = true;
    evhttp_set_default_content_type(self.m_http, self.m_content_type->c_str());
  }
  return info.Env().Undefined();
}

// (http, flags)
Napi::Value EvHttp::SetFlagsNapi(const Napi::CallbackInfo& info) {
  EvHttp& self = This(info);
  if (evhttp_set_flags(self.m_http, IntArg(info, 1)) != 0) {
    ThrowEventError(self.env(), code::kLibevent, "evhttp_set_flags failed: no such flags");
  }
  self.m_rules.lingering = (IntArg(info, 1) & EVHTTP_SERVER_LINGERING_CLOSE) != 0;
  return info.Env().Undefined();
}

void EvHttp::Export(Napi::Env env, Napi::Object exports, Environment& state) {
  ExportFunction<New>(env, exports, "httpNew", state);
  ExportFunction<BindTcpNapi>(env, exports, "httpBindTcp", state);
  ExportFunction<BindUnixNapi>(env, exports, "httpBindUnix", state);
  ExportFunction<AcceptFdNapi>(env, exports, "httpAcceptFd", state);
  ExportFunction<DelAcceptSocketNapi>(env, exports, "httpDelAcceptSocket", state);
  ExportFunction<SocketFdNapi>(env, exports, "httpSocketFd", state);
  ExportFunction<SocketAddressNapi>(env, exports, "httpSocketAddress", state);
  ExportFunction<SetRouteNapi>(env, exports, "httpSetRoute", state);
  ExportFunction<SetRouteInCNapi>(env, exports, "httpSetRouteInC", state);
  ExportFunction<SetGencbInCNapi>(env, exports, "httpSetGencbInC", state);
  ExportFunction<DelRouteNapi>(env, exports, "httpDelRoute", state);
  ExportFunction<SetGencbNapi>(env, exports, "httpSetGencb", state);
  ExportFunction<AddVirtualHostNapi>(env, exports, "httpAddVirtualHost", state);
  ExportFunction<RemoveVirtualHostNapi>(env, exports, "httpRemoveVirtualHost", state);
  ExportFunction<AddServerAliasNapi>(env, exports, "httpAddServerAlias", state);
  ExportFunction<RemoveServerAliasNapi>(env, exports, "httpRemoveServerAlias", state);
  ExportFunction<SetMaxHeadersSizeNapi>(env, exports, "httpSetMaxHeadersSize", state);
  ExportFunction<SetMaxBodySizeNapi>(env, exports, "httpSetMaxBodySize", state);
  ExportFunction<SetTimeoutNapi>(env, exports, "httpSetTimeout", state);
  ExportFunction<SetAllowedMethodsNapi>(env, exports, "httpSetAllowedMethods", state);
  ExportFunction<SetDefaultContentTypeNapi>(env, exports, "httpSetDefaultContentType", state);
  ExportFunction<SetFlagsNapi>(env, exports, "httpSetFlags", state);
  ExportLimits(env, exports, state);
}

}  // namespace bitcoin_support
