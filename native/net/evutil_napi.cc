#include "net/evutil_napi.h"

#include <arpa/inet.h>
#include <event2/util.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <string>
#include <string_view>

#include "napi/arguments.h"
#include "napi/byte_span.h"
#include "napi/environment.h"
#include "napi/errors.h"
#include "napi/exports.h"
#include "napi/list.h"
#include "net/socket_address.h"

namespace bitcoin_support {
namespace {

// An open descriptor: libevent prints a warning for any other.
int DescriptorArg(const Napi::CallbackInfo& info) {
  const int fd = IntArg(info, 0);
  if (fcntl(fd, F_GETFD) == -1) {
    ThrowSystemError(Environment::From(info), code::kLibevent, "fcntl", errno,
                     "descriptor " + std::to_string(fd));
  }
  return fd;
}

// (fd)
template <int (*kFunction)(evutil_socket_t)>
Napi::Value OnDescriptorNapi(const Napi::CallbackInfo& info) {
  const int fd = DescriptorArg(info);
  errno = 0;
  if (kFunction(fd) != 0) {
    ThrowSystemError(Environment::From(info), code::kLibevent, "setsockopt", errno,
                     "descriptor " + std::to_string(fd));
  }
  return info.Env().Undefined();
}

// (family, type, protocol) -> two descriptors
Napi::Value SocketpairNapi(const Napi::CallbackInfo& info) {
  std::array<evutil_socket_t, 2> pair{-1, -1};
  errno = 0;
  if (evutil_socketpair(IntArg(info, 0), IntArg(info, 1), IntArg(info, 2), pair.data()) != 0) {
    ThrowSystemError(Environment::From(info), code::kLibevent, "socketpair", errno, "a pair of sockets");
  }
  return NewList(info.Env(),
                 {Napi::Number::New(info.Env(), pair[0]), Napi::Number::New(info.Env(), pair[1])});
}

// Whether it has nothing that libevent's parsers overlook: they stop at a NUL, and scanf() skips spaces and
// takes signs.
bool IsPlain(const std::string& text) {
  return text.find_first_of(std::string_view("\0 \t\n\v\f\r+", 8)) == std::string::npos;
}

// (text) -> [family, address, port], undefined when the text is no address
Napi::Value ParseSockaddrPortNapi(const Napi::CallbackInfo& info) {
  const std::string text = StringArg(info, 0);
  sockaddr_storage storage{};
  int length = sizeof storage;
  auto* const address = reinterpret_cast<sockaddr*>(&storage);
  if (!IsPlain(text) || evutil_parse_sockaddr_port(text.c_str(), address, &length) != 0) {
    return info.Env().Undefined();
  }
  return DescribeAddress(info.Env(), address, static_cast<socklen_t>(length));
}

size_t AddressSize(int family) {
  if (family == AF_INET) return sizeof(in_addr);
  return family == AF_INET6 ? sizeof(in6_addr) : 0;
}

// (family, bytes) -> text, undefined when they are no address of the family
Napi::Value InetNtopNapi(const Napi::CallbackInfo& info) {
  const int family = IntArg(info, 0);
  const auto bytes = ByteSpan::OfUnsharedBytes(info.Env(), info[1]);
  if (!bytes) ThrowTypeError(info.Env(), "not a Uint8Array");
  std::array<char, INET6_ADDRSTRLEN> text{};
  if (bytes->size == 0 || bytes->size != AddressSize(family) ||
      evutil_inet_ntop(family, bytes->data, text.data(), text.size()) == nullptr) {
    return info.Env().Undefined();
  }
  return Napi::String::New(info.Env(), text.data());
}

// (family, text) -> bytes, undefined when the text is no address of the family
Napi::Value InetPtonNapi(const Napi::CallbackInfo& info) {
  const int family = IntArg(info, 0);
  const std::string text = StringArg(info, 1);
  std::array<uint8_t, sizeof(in6_addr)> address{};
  if (AddressSize(family) == 0 || !IsPlain(text) ||
      evutil_inet_pton(family, text.c_str(), address.data()) != 1) {
    return info.Env().Undefined();
  }
  return Napi::Buffer<uint8_t>::Copy(info.Env(), address.data(), AddressSize(family));
}

// (text, text) -> less than, equal to or greater than 0
Napi::Value AsciiStrcasecmpNapi(const Napi::CallbackInfo& info) {
  const int order = evutil_ascii_strcasecmp(StringArg(info, 0).c_str(), StringArg(info, 1).c_str());
  return Napi::Number::New(info.Env(), order);
}

// (text, text, how many bytes to compare) -> less than, equal to or greater than 0
Napi::Value AsciiStrncasecmpNapi(const Napi::CallbackInfo& info) {
  const int order = evutil_ascii_strncasecmp(StringArg(info, 0).c_str(), StringArg(info, 1).c_str(),
                                             static_cast<size_t>(ByteLimitArg(info, 2)));
  return Napi::Number::New(info.Env(), order);
}

Napi::Object Constants(Napi::Env env) {
  const Napi::Object constants = Napi::Object::New(env);
  constants.Set("AF_UNSPEC", Napi::Number::New(env, AF_UNSPEC));
  constants.Set("AF_UNIX", Napi::Number::New(env, AF_UNIX));
  constants.Set("AF_INET", Napi::Number::New(env, AF_INET));
  constants.Set("AF_INET6", Napi::Number::New(env, AF_INET6));
  constants.Set("SOCK_STREAM", Napi::Number::New(env, SOCK_STREAM));
  constants.Set("SOCK_DGRAM", Napi::Number::New(env, SOCK_DGRAM));
  return constants;
}

}  // namespace

void ExportEvutilFunctions(Napi::Env env, Napi::Object exports, Environment& state) {
  ExportFunction<OnDescriptorNapi<evutil_make_socket_nonblocking>>(env, exports,
                                                                   "evutilMakeSocketNonblocking", state);
  ExportFunction<OnDescriptorNapi<evutil_make_socket_closeonexec>>(env, exports,
                                                                   "evutilMakeSocketCloseonexec", state);
  ExportFunction<OnDescriptorNapi<evutil_make_listen_socket_reuseable>>(
      env, exports, "evutilMakeListenSocketReuseable", state);
  ExportFunction<OnDescriptorNapi<evutil_make_listen_socket_reuseable_port>>(
      env, exports, "evutilMakeListenSocketReuseablePort", state);
  ExportFunction<OnDescriptorNapi<evutil_make_listen_socket_ipv6only>>(
      env, exports, "evutilMakeListenSocketIpv6only", state);
  ExportFunction<OnDescriptorNapi<evutil_make_tcp_listen_socket_deferred>>(
      env, exports, "evutilMakeTcpListenSocketDeferred", state);
  ExportFunction<OnDescriptorNapi<evutil_closesocket>>(env, exports, "evutilClosesocket", state);
  ExportFunction<SocketpairNapi>(env, exports, "evutilSocketpair", state);
  ExportFunction<ParseSockaddrPortNapi>(env, exports, "evutilParseSockaddrPort", state);
  ExportFunction<InetNtopNapi>(env, exports, "evutilInetNtop", state);
  ExportFunction<InetPtonNapi>(env, exports, "evutilInetPton", state);
  ExportFunction<AsciiStrcasecmpNapi>(env, exports, "evutilAsciiStrcasecmp", state);
  ExportFunction<AsciiStrncasecmpNapi>(env, exports, "evutilAsciiStrncasecmp", state);
  exports.Set("socketConstants", Constants(env));
}

}  // namespace bitcoin_support
