#include "net/stall_timers.h"

#include <event2/bufferevent.h>
#include <event2/bufferevent_struct.h>

#include <new>

namespace bitcoin_support {

StallTimers::Timer::Timer(bufferevent* bev, event_callback_fn callback, void* arg)
    : m_event(event_new(bufferevent_get_base(bev), -1, 0, callback, arg)) {
  if (m_event == nullptr) throw std::bad_alloc();
}

void StallTimers::Timer::Set(const std::optional<timeval>& time) {
  const bool some = time && (time->tv_sec != 0 || time->tv_usec != 0);
  m_time = some ? time : std::nullopt;
}

void StallTimers::Timer::Update(bool runs, bool anew) {
  if (!runs || !m_time) {
    event_del(m_event);
  } else if (anew || event_pending(m_event, EV_TIMEOUT, nullptr) == 0) {
    event_add(m_event, &*m_time);
  }
}

StallTimers::StallTimers(bufferevent* bev, event_callback_fn on_read, event_callback_fn on_write, void* arg)
    : m_bev(bev), m_read(bev, on_read, arg), m_write(bev, on_write, arg) {
  m_input.emplace(bufferevent_get_input(bev), OnInput, this);
  for (bufferevent* at = bev; at != nullptr; at = bufferevent_get_underlying(at)) {
    m_outputs.emplace_back(bufferevent_get_output(at), OnOutput, this);
  }
}

StallTimers::Watch::Watch(evbuffer* buffer, evbuffer_cb_func callback, void* arg)
    : m_buffer(buffer), m_entry(evbuffer_add_cb(buffer, callback, arg)) {
  if (m_entry == nullptr) throw std::bad_alloc();
}

StallTimers::Watch::~Watch() { evbuffer_remove_cb_entry(m_buffer, m_entry); }

void StallTimers::Set(const std::optional<timeval>& read, const std::optional<timeval>& write) {
  m_read.Set(read);
  m_write.Set(write);
  Update(EV_READ | EV_WRITE);
}

void StallTimers::Update(short what) {
  m_read.Update(MayRead(), (what & EV_READ) != 0);
  m_write.Update(HasToWrite(), (what & EV_WRITE) != 0);
}

void StallTimers::SetReadingSuspended(bool suspended) {
  m_reading_suspended = suspended;
  Update(0);
}

// At the high-water mark libevent suspends reading.
bool StallTimers::MayRead() const {
  const size_t high = m_bev->wm_read.high;
  return !m_reading_suspended && (bufferevent_get_enabled(m_bev) & EV_READ) != 0 &&
         (high == 0 || evbuffer_get_length(bufferevent_get_input(m_bev)) < high);
}

bool StallTimers::HasToWrite() const {
  if ((bufferevent_get_enabled(m_bev) & EV_WRITE) == 0) return false;
  for (const Watch& output : m_outputs) {
    if (evbuffer_get_length(output.buffer()) > 0) return true;
  }
  return false;
}

void StallTimers::OnInput(evbuffer*, const evbuffer_cb_info* info, void* arg) {
  static_cast<StallTimers*>(arg)->Update(info->n_added > 0 ? EV_READ : 0);
}

void StallTimers::OnOutput(evbuffer*, const evbuffer_cb_info* info, void* arg) {
  static_cast<StallTimers*>(arg)->Update(info->n_deleted > 0 ? EV_WRITE : 0);
}

}  // namespace bitcoin_support
