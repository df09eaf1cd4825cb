// Timeouts of bufferevents without a socket.
#pragma once

#include <event2/buffer.h>
#include <event2/event.h>

#include <deque>
#include <optional>

struct bufferevent;

namespace bitcoin_support {

/// The timeouts of a filter, or of one of a pair. libevent's own run too often there: a filter's write
/// timeout runs after all has been written, and a read timeout when the input is full or reading is disabled.
/// These run as a socket's do.
///
/// The write timeout runs while bytes wait to be written, in the filter or in the bufferevents under it. It
/// starts when the first of them comes, and again with each progress. The read timeout runs while reading is
/// enabled and not suspended. It starts then, and again when bytes come.
class StallTimers {
 public:
  /// Adds callbacks to the bufferevent's buffers.
  /// @param on_read called with `arg` when the read timeout is over; may delete this object
  /// @param on_write the same for the write timeout
  /// @throws std::bad_alloc
  StallTimers(bufferevent* bev, event_callback_fn on_read, event_callback_fn on_write, void* arg);
  StallTimers(const StallTimers&) = delete;
  StallTimers& operator=(const StallTimers&) = delete;

  /// No value, or 0: no timeout.
  void Set(const std::optional<timeval>& read, const std::optional<timeval>& write);
  /// Starts the timers that are to run and stops the others; of those that run, restarts the directions
  /// `what`.
  void Update(short what);
  /// Whether the filter over the bufferevent has reading suspended.
  void SetReadingSuspended(bool suspended);

 private:
  class Timer {
   public:
    Timer(bufferevent* bev, event_callback_fn callback, void* arg);
    ~Timer() { event_free(m_event); }
    Timer(const Timer&) = delete;
    Timer& operator=(const Timer&) = delete;

    void Set(const std::optional<timeval>& time);
    void Update(bool runs, bool anew);

   private:
    event* const m_event;
    std::optional<timeval> m_time;
  };

  class Watch {
   public:
    Watch(evbuffer* buffer, evbuffer_cb_func callback, void* arg);
    ~Watch();
    Watch(const Watch&) = delete;
    Watch& operator=(const Watch&) = delete;

    evbuffer* buffer() const { return m_buffer; }

   private:
    evbuffer* const m_buffer;
    evbuffer_cb_entry* const m_entry;
  };

  bool MayRead() const;
  bool HasToWrite() const;

  static void OnInput(evbuffer* buffer, const evbuffer_cb_info* info, void* arg);
  static void OnOutput(evbuffer* buffer, const evbuffer_cb_info* info, void* arg);

  bufferevent* const m_bev;
  Timer m_read;
  Timer m_write;
  bool m_reading_suspended = false;
  std::optional<Watch> m_input;
  std::deque<Watch> m_outputs;  ///< its own, and those of the bufferevents under it
};

}  // namespace bitcoin_support
