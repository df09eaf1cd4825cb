#include "http/server_connections.h"

#include <event2/http.h>

#include "http/server_connection.h"

namespace bitcoin_support {

ServerConnections::ServerConnections() = default;
ServerConnections::~ServerConnections() = default;

void ServerConnections::Add(EventBase& base, evhttp_connection* connection, EvHttp& server) {
  // The entry comes first: once there is a ServerConnection, libevent calls it when the connection ends.
  std::unique_ptr<ServerConnection>& entry = m_entries[connection];
  try {
    entry = std::make_unique<ServerConnection>(base, connection, server);
  } catch (...) {
    m_entries.erase(connection);
    throw;
  }
}

ServerConnection* ServerConnections::Find(evhttp_connection* connection) const {
  const auto entry = m_entries.find(connection);
  return entry == m_entries.end() ? nullptr : entry->second.get();
}

void ServerConnections::Remove(evhttp_connection* connection) { m_entries.erase(connection); }

std::vector<ServerConnection*> ServerConnections::Of(const evhttp* server) const {
  std::vector<ServerConnection*> found;
  for (const auto& [connection, entry] : m_entries) {
    if (evhttp_connection_get_server(connection) == server) found.push_back(entry.get());
  }
  return found;
}

}  // namespace bitcoin_support
