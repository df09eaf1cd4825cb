// How long a bufferevent without a socket may stand still.
#pragma once

#include <event2/buffer.h>
#include <event2/event.h>

#include <deque>
#include <optional>

struct bufferevent;

namespace bitcoin_support {

/// The timeouts of a filter, or of one of a pair. libevent's own start too often there: a filter's write
/// timeout runs when all has been written, and a read timeout when the input has become full or reading is
/// disabled. These run as a socket's do: the write timeout while bytes wait to be written, in a filter or in
/// what it lies over, from the first of them or the last progress on; the read timeout while reading is
/// enabled and does not rest, from then or the last bytes on.
class StallTimers {
 public:
  /// Adds callbacks to the bufferevent's buffers.
  /// @param on_read called with `arg` when reading has stood still for too long; may delete this object
  /// @param on_write the same for writing
  /// @throws std::bad_alloc
  StallTimers(bufferevent* bev, event_callback_fn on_read, event_callback_fn on_write, void* arg);
  StallTimers(const StallTimers&) = delete;
  StallTimers& operator=(const StallTimers&) = delete;

  /// Nothing and 0 stand for no timeout.
  void Set(const std::optional<timeval>& read, const std::optional<timeval>& write);
  /// Starts the timers of the directions `what` anew where they are to run, and stops those that are not.
  void Update(short what);
  /// Whether what lies over the bufferevent does not want to read.
  void SetReadingRests(bool rests);

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
  bool m_reading_rests = false;
  std::optional<Watch> m_input;
  std::deque<Watch> m_outputs;  ///< its own, and those of what it lies over
};

}  // namespace bitcoin_support
