// The connections that evhttp has accepted.
#pragma once

#include <memory>
#include <unordered_map>
#include <vector>

struct evhttp;
struct evhttp_connection;

namespace bitcoin_support {

class EvHttp;
class EventBase;
class ServerConnection;

/// Finds the ServerConnection of an evhttp_connection, which has no field for a pointer of ours.
class ServerConnections {
 public:
  ServerConnections();
  ~ServerConnections();

  /// Makes the entry. It removes itself when the connection ends. @throws std::bad_alloc
  void Add(EventBase& base, evhttp_connection* connection, EvHttp& server);
  /// The entry, or null.
  ServerConnection* Find(evhttp_connection* connection) const;
  void Remove(evhttp_connection* connection);

  /// Those that `server` accepted.
  std::vector<ServerConnection*> Of(const evhttp* server) const;

 private:
  std::unordered_map<evhttp_connection*, std::unique_ptr<ServerConnection>> m_entries;
};

}  // namespace bitcoin_support
