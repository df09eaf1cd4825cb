// Changes of buffers that wait to be reported to JavaScript.
#pragma once

#include <napi.h>

#include <cstdint>
#include <vector>

struct evbuffer;
struct evbuffer_cb_info;

namespace bitcoin_support {

class Environment;
class EvBuffer;

/// Collects what libevent's buffer callbacks report, for JsCallback::kBuffersChanged.
///
/// libevent calls them in the middle of its work, when buffers may not be touched: evbuffer_remove_buffer()
/// has by then taken bytes from one buffer that the other does not have yet. So changes are kept, and
/// JavaScript is called in their order once libevent is done: at the end of the native call that JavaScript
/// made, before the next callback, or in a turn of the loop.
class BufferChanges {
 public:
  explicit BufferChanges(Environment& env) : m_env(env) {}

  bool pending() const { return !m_changes.empty(); }
  void AddChange(const EvBuffer& buffer, const evbuffer_cb_info& info);
  /// libevent has released the reference that JavaScript knows by `key`.
  void AddRelease(double key);

  /// While it lives, the running native call reports changes when it returns, so no loop event is scheduled.
  class Scope {
   public:
    explicit Scope(BufferChanges& changes) : m_changes(changes) { ++m_changes.m_scopes; }
    ~Scope() { --m_changes.m_scopes; }
    Scope(const Scope&) = delete;
    Scope& operator=(const Scope&) = delete;

   private:
    BufferChanges& m_changes;
  };

  /// Hands over all changes as a flat array, four numbers each.
  Napi::Value Take();

 private:
  /// A change, or, when `buffer` is 0, the release of the reference with the key `size`.
  struct Change {
    double buffer;
    double size;  ///< before the change
    double added;
    double deleted;
  };

  void Add(const Change& change);

  Environment& m_env;
  std::vector<Change> m_changes;
  unsigned m_scopes = 0;
};

/// The callback that an evbuffer has in libevent for the handle whose changes are watched. libevent knows it
/// by a token, and the token leads to the handle, so that evbuffer and handle may end in either order.
class BufferWatch {
 public:
  BufferWatch() = default;
  ~BufferWatch() { Stop(); }
  BufferWatch(const BufferWatch&) = delete;
  BufferWatch& operator=(const BufferWatch&) = delete;

  /// @throws std::bad_alloc
  void Start(EvBuffer& handle);
  void Stop();

 private:
  static void OnChange(evbuffer* buffer, const evbuffer_cb_info* info, void* token);

  uintptr_t m_token = 0;
};

}  // namespace bitcoin_support
