#include "net/direct_io.h"

#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/bufferevent_struct.h>
#include <event2/event.h>
#include <event2/event_struct.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <optional>

#include "buffers/append_bytes.h"
#include "secure/memory_cleanse.h"

namespace bitcoin_support {
namespace {

// How much is read without asking how many bytes there are: a bufferevent's default for one read.
constexpr size_t kUsualBytes = 16384;

// bufferevent_readcb() and bufferevent_writecb(), which libevent does not export: found in the first
// bufferevent.
std::atomic<event_callback_fn> g_libevent_reads{nullptr};
std::atomic<event_callback_fn> g_libevent_writes{nullptr};

bool IsRetriable(int error) { return error == EAGAIN || error == EINTR; }

// Disables the direction and reports why, as libevent does.
void Fail(bufferevent* bev, short direction, short what, int error) {
  bufferevent_disable(bev, direction);
  errno = error;
  bufferevent_trigger_event(bev, what, 0);
}

// Reads the bytes beyond kUsualBytes. The next read reports an end or an error.
void TakeRest(int fd, evbuffer* input, ev_ssize_t room) {
  int waiting = 0;
  if (room <= 0 || ioctl(fd, FIONREAD, &waiting) != 0 || waiting <= 0) return;
  const auto wanted = static_cast<size_t>(std::min<ev_ssize_t>(waiting, room));
  const auto read = [&](char* space, size_t) {
    return static_cast<size_t>(std::max<ssize_t>(recv(fd, space, wanted, 0), 0));
  };
  // Without memory the bytes stay in the kernel.
  (void)AppendInPlace(input, wanted, read);
}

// @returns as recv(2) does
ssize_t Take(int fd, bufferevent* bev) {
  char bytes[kUsualBytes];
  const ev_ssize_t most = bufferevent_get_max_single_read(bev);
  const ssize_t taken = recv(fd, bytes, std::min(sizeof bytes, static_cast<size_t>(most)), 0);
  if (taken <= 0) return taken;
  evbuffer* const input = bev->input;
  // A bufferevent's input is frozen at its end, and its output at its start.
  evbuffer_unfreeze(input, 0);
  const bool added = evbuffer_add(input, bytes, static_cast<size_t>(taken)) == 0;
  MemoryCleanse(bytes, static_cast<size_t>(taken));
  if (added && taken == sizeof bytes) TakeRest(fd, input, most - taken);
  evbuffer_freeze(input, 0);
  if (added) return taken;
  errno = ENOMEM;
  return -1;
}

// What bufferevent_readcb() does, for an input without a high-water mark.
void OnReadable(evutil_socket_t fd, short what, void* arg) {
  auto* const bev = static_cast<bufferevent*>(arg);
  if (what == EV_TIMEOUT || bev->wm_read.high != 0) {
    g_libevent_reads.load(std::memory_order_relaxed)(fd, what, arg);
    return;
  }
  bufferevent_incref(bev);
  const ssize_t taken = Take(fd, bev);
  const int error = errno;
  if (taken > 0) {
    bufferevent_trigger(bev, EV_READ, 0);
  } else if (taken == 0) {
    Fail(bev, EV_READ, BEV_EVENT_READING | BEV_EVENT_EOF, error);
  } else if (error == ENOTSOCK) {
    UseLibeventIo(bev);
  } else if (!IsRetriable(error)) {
    Fail(bev, EV_READ, BEV_EVENT_READING | BEV_EVENT_ERROR, error);
  }
  bufferevent_decref(bev);
}

// The output's content, when it is one piece and no more than one write sends.
std::optional<evbuffer_iovec> OnlyPiece(bufferevent* bev) {
  evbuffer_iovec pieces[2];
  if (evbuffer_peek(bev->output, -1, nullptr, pieces, 2) != 1 ||
      static_cast<ev_ssize_t>(pieces[0].iov_len) > bufferevent_get_max_single_write(bev)) {
    return std::nullopt;
  }
  return pieces[0];
}

// What bufferevent_writecb() does once it is connected. `waiting`: whether libevent waits for the socket.
void Send(int fd, bufferevent* bev, const evbuffer_iovec& piece, bool waiting) {
  evbuffer* const output = bev->output;
  const ssize_t sent = send(fd, piece.iov_base, piece.iov_len, 0);
  const int error = errno;
  if (sent > 0) {
    evbuffer_unfreeze(output, 1);
    evbuffer_drain(output, static_cast<size_t>(sent));
    evbuffer_freeze(output, 1);
    if (waiting && evbuffer_get_length(output) == 0) event_del(&bev->ev_write);
    if (bev->writecb != nullptr) bufferevent_trigger(bev, EV_WRITE, 0);
  } else if (error == ENOTSOCK) {
    UseLibeventIo(bev);
  } else if (!IsRetriable(error)) {
    Fail(bev, EV_WRITE, BEV_EVENT_WRITING | BEV_EVENT_ERROR, error);
  }
}

void OnWritable(evutil_socket_t fd, short what, void* arg) {
  auto* const bev = static_cast<bufferevent*>(arg);
  const auto piece = what == EV_TIMEOUT ? std::nullopt : OnlyPiece(bev);
  if (!piece) {
    g_libevent_writes.load(std::memory_order_relaxed)(fd, what, arg);
    return;
  }
  bufferevent_incref(bev);
  Send(fd, bev, *piece, true);
  bufferevent_decref(bev);
}

// event_assign() may not be called while the event is pending.
void SetCallback(event& ev, event_callback_fn callback) {
  ev.ev_evcallback.evcb_cb_union.evcb_callback = callback;
}

// Puts `ours` in the place of libevent's function, and stores that in `theirs`.
void Replace(event& ev, event_callback_fn ours, std::atomic<event_callback_fn>& theirs) {
  const event_callback_fn before = event_get_callback(&ev);
  if (before == ours) return;
  theirs.store(before, std::memory_order_relaxed);
  SetCallback(ev, ours);
}

void PutBack(event& ev, event_callback_fn ours, const std::atomic<event_callback_fn>& theirs) {
  if (event_get_callback(&ev) == ours) SetCallback(ev, theirs.load(std::memory_order_relaxed));
}

}  // namespace

void UseDirectIo(bufferevent* bev) {
  Replace(bev->ev_read, OnReadable, g_libevent_reads);
  Replace(bev->ev_write, OnWritable, g_libevent_writes);
}

void SendNow(bufferevent* bev) {
  const int fd = event_get_fd(&bev->ev_write);
  const bool directly = event_get_callback(&bev->ev_write) == OnWritable;
  if (const auto piece = directly ? OnlyPiece(bev) : std::nullopt) {
    Send(fd, bev, *piece, false);
  } else {
    g_libevent_writes.load(std::memory_order_relaxed)(fd, EV_WRITE, bev);
  }
  if (evbuffer_get_length(bev->output) > 0 && (bev->enabled & EV_WRITE) != 0) {
    bufferevent_enable(bev, EV_WRITE);
  }
}

void UseLibeventIo(bufferevent* bev) {
  PutBack(bev->ev_read, OnReadable, g_libevent_reads);
  PutBack(bev->ev_write, OnWritable, g_libevent_writes);
}

}  // namespace bitcoin_support
