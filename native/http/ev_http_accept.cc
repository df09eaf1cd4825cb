// How an EvHttp knows its connections, and how many it takes.
#include <event2/bufferevent.h>
#include <event2/http.h>

#include <new>

#include "http/ev_http.h"
#include "http/server_connections.h"
#include "napi/arguments.h"
#include "napi/environment.h"
#include "napi/errors.h"
#include "napi/exports.h"
#include "napi/list.h"

namespace bitcoin_support {

// evhttp asks for a bufferevent when it has accepted, and tells nobody of the connection that it makes of it.
// But the connection is the bufferevent's argument by the time that an event fires which is activated here;
// or that is null because evhttp has given the connection up meanwhile.
bufferevent* EvHttp::OnAccept(event_base* base, void* arg) {
  EvHttp& self = *static_cast<EvHttp*>(arg);
  bufferevent* const bev = bufferevent_socket_new(base, -1, 0);
  if (bev == nullptr) return nullptr;
  bufferevent_incref(bev);
  self.m_accepted.push_back(bev);
  event_active(self.m_accepted_event, 0, 0);
  self.LimitAccepting();
  return bev;
}

void EvHttp::OnAccepted(evutil_socket_t, short, void* arg) {
  EvHttp& self = *static_cast<EvHttp*>(arg);
  const EventBase::BusyScope busy(self.base());
  self.AdmitAccepted();
}

void EvHttp::AdmitAccepted() {
  for (bufferevent* const bev : std::exchange(m_accepted, {})) {
    void* connection = nullptr;
    bufferevent_getcb(bev, nullptr, nullptr, nullptr, &connection);
    if (connection != nullptr) {
      try {
        env().State<ServerConnections>().Add(base(), static_cast<evhttp_connection*>(connection), *this);
      } catch (const std::bad_alloc&) {
        evhttp_connection_free(static_cast<evhttp_connection*>(connection));
      }
    }
    bufferevent_decref(bev);
  }
  LimitAccepting();
}

bool EvHttp::WaitsWith(const event* ev) const {
  for (const auto& [id, socket] : m_sockets) {
    if (socket->WaitsWith(ev)) return true;
  }
  return false;
}

void EvHttp::ConnectionClosed() {
  --m_connections;
  LimitAccepting();
}

// Those beyond the limit wait in the sockets' backlogs.
void EvHttp::LimitAccepting() {
  const bool accepts = m_connections + m_accepted.size() < m_max_connections;
  if (accepts == m_accepts) return;
  m_accepts = accepts;
  for (const auto& [id, socket] : m_sockets) socket->Pause(!accepts);
}

void EvHttp::SetMaxConnections(size_t count) {
  m_max_connections = count;
  LimitAccepting();
}

void EvHttp::RequireStrict() const {
  if (!m_strict)
    ThrowEventError(env(), code::kState, "the server leaves requests to evhttp: it is not strict");
}

// (http, path, route id > 0)
Napi::Value EvHttp::SetStreamRouteNapi(const Napi::CallbackInfo& info) {
  EvHttp& self = This(info);
  self.RequireStrict();
  if (self.m_parent != nullptr) {
    ThrowEventError(self.env(), code::kState, "a virtual host cannot stream bodies");
  }
  SetRouteNapi(info);
  self.m_rules.streamed.insert(StringArg(info, 1));
  return info.Env().Undefined();
}

// (http, names)
Napi::Value EvHttp::SetExtensionMethodsNapi(const Napi::CallbackInfo& info) {
  const ListArg methods(info, 1);
  EvHttp& self = This(info);
  self.RequireStrict();
  self.m_rules.extension_methods = methods.Strings();
  return info.Env().Undefined();
}

// (http, ms | negative)
Napi::Value EvHttp::SetRequestTimeoutNapi(const Napi::CallbackInfo& info) {
  EvHttp& self = This(info);
  self.RequireStrict();
  const auto timeout = TimevalFromMs(NumberArg(info, 1));
  self.m_rules.deadline.reset();
  if (timeout) self.m_rules.deadline = self.base().common_timeouts().Common(self.base().base(), *timeout);
  return info.Env().Undefined();
}

// (http, count | 0 for any number)
Napi::Value EvHttp::SetMaxConnectionsNapi(const Napi::CallbackInfo& info) {
  const int count = IntArg(info, 1);
  This(info).SetMaxConnections(count <= 0 ? SIZE_MAX : static_cast<size_t>(count));
  return info.Env().Undefined();
}

// (http, bytes)
Napi::Value EvHttp::SetMaxOutputNapi(const Napi::CallbackInfo& info) {
  const ptrdiff_t bytes = ByteLimitArg(info, 1);
  This(info).m_rules.max_output = static_cast<size_t>(bytes);
  return info.Env().Undefined();
}

// (http)
Napi::Value EvHttp::GetConnectionCountNapi(const Napi::CallbackInfo& info) {
  const EvHttp& self = This(info);
  return Napi::Number::New(info.Env(), static_cast<double>(self.m_connections + self.m_accepted.size()));
}

// (http, whether JsCallback::kErrorPage is wanted)
Napi::Value EvHttp::SetErrorPageNapi(const Napi::CallbackInfo& info) {
  This(info).m_has_error_page = BoolArg(info, 1);
  return info.Env().Undefined();
}

void EvHttp::ExportLimits(Napi::Env env, Napi::Object exports, Environment& state) {
  ExportFunction<SetStreamRouteNapi>(env, exports, "httpSetStreamRoute", state);
  ExportFunction<SetExtensionMethodsNapi>(env, exports, "httpSetExtensionMethods", state);
  ExportFunction<SetRequestTimeoutNapi>(env, exports, "httpSetRequestTimeout", state);
  ExportFunction<SetMaxConnectionsNapi>(env, exports, "httpSetMaxConnections", state);
  ExportFunction<SetMaxOutputNapi>(env, exports, "httpSetMaxOutput", state);
  ExportFunction<GetConnectionCountNapi>(env, exports, "httpGetConnectionCount", state);
  ExportFunction<SetErrorPageNapi>(env, exports, "httpSetErrorPage", state);
}

}  // namespace bitcoin_support
