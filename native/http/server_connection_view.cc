#include "http/server_connection_view.h"

#include <event2/bufferevent.h>
#include <event2/http.h>

#include "http/client_settings.h"
#include "http/server_connection.h"
#include "napi/environment.h"

namespace bitcoin_support {

ServerConnectionView::ServerConnectionView(EventBase& base, ServerConnection& server)
    : EvHttpConnection(base), m_server(server) {}

evhttp_connection* ServerConnectionView::connection() const { return m_server.connection(); }

void ServerConnectionView::Dispose() {
  if (!live()) return;
  EndBufferevent();
  m_server.set_view(nullptr);
  delete this;
}

void* ServerConnectionView::GiveToC() {
  m_server.ShowToC();
  return connection();
}

void ServerConnectionView::OnClosed(bool connection_there) {
  const double self = number();
  Environment& environment = env();
  EventBase& on = base();
  if (!connection_there) Dispose();
  environment.callbacks().Call(on, JsCallback::kConnectionClose, {self});
  if (environment.FindAny(self) != nullptr) Dispose();
}

void ServerConnectionView::SetTimeouts(double, double read_ms, double write_ms) {
  PhaseTimeout read(50);
  PhaseTimeout write(50);
  read.Set(read_ms);
  write.Set(write_ms);
  bufferevent_set_timeouts(evhttp_connection_get_bufferevent(connection()), read.get(), write.get());
}

void ServerConnectionView::SetMaxHeadersSize(ptrdiff_t bytes) {
  evhttp_connection_set_max_headers_size(connection(), bytes);
}

void ServerConnectionView::SetMaxBodySize(ptrdiff_t bytes) {
  evhttp_connection_set_max_body_size(connection(), bytes);
}

}  // namespace bitcoin_support
