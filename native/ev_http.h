// struct evhttp behind the EvHttp handle.
#pragma once

#include <event2/event.h>
#include <napi.h>

#include <memory>
#include <optional>
#include <string>
#include <unordered_map>

#include "bound_socket.h"
#include "event_base.h"

struct evhttp;
struct evhttp_request;

namespace bitcoin_support {

/// Owns one evhttp and, once added, its virtual hosts. Every request comes through one callback of
/// ours: paths are looked up as they stand in the URI, not decoded as libevent would.
class EvHttp final : public BaseChild {
 public:
  static constexpr HandleKind kKind = HandleKind::kEvHttp;

  explicit EvHttp(EventBase& base);

  void Dispose() override;

  /// What replies are given that name none; null for nothing.
  const char* default_content_type() const { return m_content_type ? m_content_type->c_str() : nullptr; }

  static void Export(Napi::Env env, Napi::Object exports, Environment& state);

 private:
  /// Starts to accept on `fd`, which it owns from here on. @returns the socket's id.
  double Accept(int fd, std::string unlink_path);
  void DelAcceptSocket(double id);
  void SetTimeout(const timeval& timeout);
  void AddVirtualHost(EvHttp& host, const std::string& pattern);
  void RemoveVirtualHost(EvHttp& host);
  void SetAllowedMethods(int mask);
  void HandleRequest(evhttp_request* request);
  int SocketFd(double id) const;
  /// The route for a raw URI, -1 for none.
  int RouteFor(const char* uri) const;
  /// The server whose sockets and connections these are: itself, or the one whose virtual host it is.
  const EvHttp& Root() const;

  static void OnRequest(evhttp_request* request, void* arg);

  static EvHttp& This(const Napi::CallbackInfo& info);
  static Napi::Value New(const Napi::CallbackInfo& info);
  static Napi::Value BindTcpNapi(const Napi::CallbackInfo& info);
  static Napi::Value BindUnixNapi(const Napi::CallbackInfo& info);
  static Napi::Value AcceptFdNapi(const Napi::CallbackInfo& info);
  static Napi::Value DelAcceptSocketNapi(const Napi::CallbackInfo& info);
  static Napi::Value SocketFdNapi(const Napi::CallbackInfo& info);
  static Napi::Value SocketAddressNapi(const Napi::CallbackInfo& info);
  static Napi::Value SetRouteNapi(const Napi::CallbackInfo& info);
  static Napi::Value DelRouteNapi(const Napi::CallbackInfo& info);
  static Napi::Value SetGencbNapi(const Napi::CallbackInfo& info);
  static Napi::Value AddVirtualHostNapi(const Napi::CallbackInfo& info);
  static Napi::Value RemoveVirtualHostNapi(const Napi::CallbackInfo& info);
  static Napi::Value AddServerAliasNapi(const Napi::CallbackInfo& info);
  static Napi::Value RemoveServerAliasNapi(const Napi::CallbackInfo& info);
  static Napi::Value SetMaxHeadersSizeNapi(const Napi::CallbackInfo& info);
  static Napi::Value SetMaxBodySizeNapi(const Napi::CallbackInfo& info);
  static Napi::Value SetTimeoutNapi(const Napi::CallbackInfo& info);
  static Napi::Value SetAllowedMethodsNapi(const Napi::CallbackInfo& info);
  static Napi::Value SetDefaultContentTypeNapi(const Napi::CallbackInfo& info);
  static Napi::Value SetFlagsNapi(const Napi::CallbackInfo& info);

  evhttp* m_http;
  EvHttp* m_parent = nullptr;  // the server whose virtual host this is
  std::vector<EvHttp*> m_virtual_hosts;
  // Not ordered: NaN, which a caller may pass, is found by no equality.
  std::unordered_map<double, std::unique_ptr<BoundSocket>> m_sockets;
  double m_next_socket = 1;
  std::unordered_map<std::string, int> m_routes;
  bool m_has_gencb = false;
  bool m_allows_connect = false;
  // libevent keeps the pointer; the first value is libevent's own.
  std::optional<std::string> m_content_type = "text/html; charset=ISO-8859-1";
};

}  // namespace bitcoin_support
