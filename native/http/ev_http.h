// struct evhttp behind the EvHttp handle.
#pragma once

#include <event2/event.h>
#include <napi.h>

#include <memory>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "http/bound_socket.h"
#include "http/request_rules.h"
#include "loop/base_child.h"
#include "napi/async_context.h"

struct bufferevent;
struct evhttp;
struct evhttp_request;

namespace bitcoin_support {

class ServerConnection;

/// Owns one evhttp and the virtual hosts that were added to it. Every request comes through evhttp's general
/// callback: we look its path up as it is in the URI, where libevent would decode it first.
class EvHttp final : public BaseChild {
 public:
  static constexpr HandleKind kKind = HandleKind::kEvHttp;

  /// Strict: requests come through a RequestGate.
  EvHttp(EventBase& base, bool strict);

  void Dispose() override;
  void* GiveToC() override { return m_http; }
  bool WaitsWith(const event* ev) const override;

  /// The Content-Type of a reply that names none; null for none.
  const char* default_content_type() const {
    return m_default_type == DefaultType::kNone ? nullptr : m_content_type.c_str();
  }

  /// The same when the body is a string, which is sent as UTF-8; null when default_content_type() has been
  /// set by the user. libevent's own default says Latin-1.
  const char* text_content_type() const {
    return m_default_type == DefaultType::kLibevents ? "text/plain; charset=utf-8" : nullptr;
  }

  bool strict() const { return m_strict; }
  const RequestRules& rules() const { return m_rules; }

  /// The connections that it accepts call these two.
  void ConnectionOpened() { ++m_connections; }
  void ConnectionClosed();

  static void Export(Napi::Env env, Napi::Object exports, Environment& state);

 private:
  /// Starts to accept on `fd`, and takes it over. @returns the socket's id.
  /// @param no_delay accepted connections send at once what they have (TCP_NODELAY)
  double Accept(int fd, std::string unlink_path, bool no_delay);
  void DelAcceptSocket(double id);
  void SetTimeout(const timeval& timeout);
  void AddVirtualHost(EvHttp& host, const std::string& pattern);
  void RemoveVirtualHost(EvHttp& host);
  /// A callback in C, which takes requests over.
  struct CCallback {
    void (*function)(evhttp_request*, void*);
    void* arg;
  };

  void HandleRequest(evhttp_request* request);
  void HandOver(evhttp_request* request, unsigned command, ServerConnection& connection, CCallback callback);
  /// Answers a request that gets no handle, with the user's error page or one like evhttp's.
  void SendError(evhttp_request* request, int status);
  /// The request that is being refused without a handle; it is null afterwards.
  evhttp_request* TakeRefused() { return std::exchange(m_refused, nullptr); }
  void SetMaxConnections(size_t count);
  void LimitAccepting();
  /// Makes a ServerConnection for each connection that evhttp has made since the last call.
  void AdmitAccepted();
  void RequireStrict() const;
  int SocketFd(double id) const;
  /// The route for a raw URI, -1 for none.
  int RouteFor(const char* uri) const;
  /// The server that accepts the connections: this one, or the one that this is a virtual host of.
  EvHttp& Root();

  static void OnRequest(evhttp_request* request, void* arg);
  static bufferevent* OnAccept(event_base* base, void* arg);
  static void OnAccepted(evutil_socket_t fd, short what, void* arg);

  static EvHttp& This(const Napi::CallbackInfo& info);
  static Napi::Value NewNapi(const Napi::CallbackInfo& info);
  static Napi::Value BindTcpNapi(const Napi::CallbackInfo& info);
  static Napi::Value BindUnixNapi(const Napi::CallbackInfo& info);
  static Napi::Value AcceptFdNapi(const Napi::CallbackInfo& info);
  static Napi::Value DelAcceptSocketNapi(const Napi::CallbackInfo& info);
  static Napi::Value SocketFdNapi(const Napi::CallbackInfo& info);
  static Napi::Value SocketAddressNapi(const Napi::CallbackInfo& info);
  static Napi::Value SetRouteNapi(const Napi::CallbackInfo& info);
  static Napi::Value DelRouteNapi(const Napi::CallbackInfo& info);
  static Napi::Value SetRouteInCNapi(const Napi::CallbackInfo& info);
  static Napi::Value SetGencbInCNapi(const Napi::CallbackInfo& info);
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
  static Napi::Value SetStreamRouteNapi(const Napi::CallbackInfo& info);
  static Napi::Value SetExtensionMethodsNapi(const Napi::CallbackInfo& info);
  static Napi::Value SetRequestTimeoutNapi(const Napi::CallbackInfo& info);
  static Napi::Value SetMaxConnectionsNapi(const Napi::CallbackInfo& info);
  static Napi::Value SetMaxOutputNapi(const Napi::CallbackInfo& info);
  static Napi::Value GetConnectionCountNapi(const Napi::CallbackInfo& info);
  static Napi::Value SetErrorPageNapi(const Napi::CallbackInfo& info);
  static Napi::Value AnswerPageNapi(const Napi::CallbackInfo& info);

  /// SetDefaultContentTypeNapi() sets it.
  enum class DefaultType : uint8_t {
    kLibevents,  ///< libevent's own, as long as the user sets none
    kUsers,
    kNone,  ///< the user wants none
  };

  static constexpr int kGencb = 0;  // its route

  evhttp* m_http;
  const AsyncContext m_context;
  EvHttp* m_parent = nullptr;  // the server whose virtual host this is
  std::vector<EvHttp*> m_virtual_hosts;
  // No ordered map: a caller may pass NaN, which compares equal to nothing.
  std::unordered_map<double, std::unique_ptr<BoundSocket>> m_sockets;
  double m_next_socket = 1;
  std::unordered_map<std::string, int> m_routes;
  std::unordered_map<int, CCallback> m_c_callbacks;  // by route
  bool m_has_gencb = false;
  const bool m_strict;
  bool m_has_error_page = false;
  bool m_accepts = true;
  RequestRules m_rules;
  evhttp_request* m_refused = nullptr;
  size_t m_connections = 0;
  size_t m_max_connections = SIZE_MAX;
  // OnAccept() made these. Each has a reference until AdmitAccepted() has seen its connection.
  std::vector<bufferevent*> m_accepted;
  event* m_accepted_event = nullptr;
  DefaultType m_default_type = DefaultType::kLibevents;
  std::string m_content_type = "text/html; charset=ISO-8859-1";  // libevent keeps the pointer
};

}  // namespace bitcoin_support
