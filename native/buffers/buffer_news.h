// What has happened to buffers and is still to be told.
#pragma once

#include <napi.h>

#include <vector>

struct evbuffer;
struct evbuffer_cb_info;

namespace bitcoin_support {

class Environment;
class EvBuffer;
class EventBase;

/// A change of a buffer, or, when `buffer` is 0, that a reference has been let go, whose key `size` is.
struct BufferNote {
  double buffer;
  double size;  ///< before the change
  double added;
  double deleted;
};

/// libevent calls back in the midst of its work, when buffers may not be touched: evbuffer_remove_buffer()
/// has by then taken from one what the other does not miss yet. So what it says is kept, and told in order as
/// soon as libevent has done: at the end of the call that JavaScript made, before the next callback, or in a
/// turn of the loop.
class BufferNews {
 public:
  explicit BufferNews(Environment& env) : m_env(env) {}

  void NoteChange(const EvBuffer& buffer, const evbuffer_cb_info& info);
  void NoteReleased(double key);

  /// A native call that will tell is on the stack.
  class Scope {
   public:
    explicit Scope(BufferNews& news) : m_news(news) { ++m_news.m_scopes; }
    ~Scope() { --m_news.m_scopes; }
    Scope(const Scope&) = delete;
    Scope& operator=(const Scope&) = delete;

   private:
    BufferNews& m_news;
  };

  /// Hands over all notes as a flat array.
  Napi::Value Take();

 private:
  void Add(const BufferNote& note);

  Environment& m_env;
  std::vector<BufferNote> m_notes;
  unsigned m_scopes = 0;
};

/// The callback that a buffer has in libevent for the handle that wants to hear of its changes. libevent has
/// only a number of it, so that neither has to know when the other goes.
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
