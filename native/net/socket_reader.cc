#include "net/socket_reader.h"

#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/bufferevent_struct.h>
#include <event2/event.h>
#include <event2/event_struct.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>

#include "secure/memory_cleanse.h"

namespace bitcoin_support {
namespace {

// What is read without asking how much there is: most messages fit.
constexpr size_t kShortBytes = 4096;

// bufferevent_readcb(), which libevent does not export.
std::atomic<event_callback_fn> g_libevent_reads{nullptr};

// Takes what is there beyond kShortBytes, and no end or error: that is for the next time.
void TakeRest(int fd, evbuffer* input, ev_ssize_t room) {
  int waiting = 0;
  if (room <= 0 || ioctl(fd, FIONREAD, &waiting) != 0 || waiting <= 0) return;
  const auto wanted = std::min<ev_ssize_t>(waiting, room);
  evbuffer_iovec space{};
  if (evbuffer_reserve_space(input, wanted, &space, 1) != 1) return;
  const ssize_t taken = read(fd, space.iov_base, std::min(space.iov_len, static_cast<size_t>(wanted)));
  space.iov_len = static_cast<size_t>(std::max<ssize_t>(taken, 0));
  evbuffer_commit_space(input, &space, 1);
}

// @returns as recv(2) does
ssize_t Take(int fd, bufferevent* bev) {
  char bytes[kShortBytes];
  const ev_ssize_t most = bufferevent_get_max_single_read(bev);
  const ssize_t taken = recv(fd, bytes, std::min(sizeof bytes, static_cast<size_t>(most)), 0);
  if (taken <= 0) return taken;
  evbuffer* const input = bev->input;
  // A bufferevent keeps others from adding to its input.
  evbuffer_unfreeze(input, 0);
  const bool added = evbuffer_add(input, bytes, static_cast<size_t>(taken)) == 0;
  MemoryCleanse(bytes, static_cast<size_t>(taken));
  if (added && taken == sizeof bytes) TakeRest(fd, input, most - taken);
  evbuffer_freeze(input, 0);
  if (added) return taken;
  errno = ENOMEM;
  return -1;
}

// As bufferevent_readcb() goes on.
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
  } else if (taken < 0 && error == ENOTSOCK) {
    ReadAsLibevent(bev);
  } else if (taken == 0 || (error != EAGAIN && error != EINTR)) {
    bufferevent_disable(bev, EV_READ);
    errno = error;
    bufferevent_trigger_event(bev, BEV_EVENT_READING | (taken == 0 ? BEV_EVENT_EOF : BEV_EVENT_ERROR), 0);
  }
  bufferevent_decref(bev);
}

// event_assign() would do, but not while the event is pending. struct event is public for such uses.
void SetReader(bufferevent* bev, event_callback_fn reader) {
  bev->ev_read.ev_evcallback.evcb_cb_union.evcb_callback = reader;
}

}  // namespace

void ReadAtOnce(bufferevent* bev) {
  const event_callback_fn before = event_get_callback(&bev->ev_read);
  if (before == OnReadable) return;
  g_libevent_reads.store(before, std::memory_order_relaxed);
  SetReader(bev, OnReadable);
}

void ReadAsLibevent(bufferevent* bev) {
  if (event_get_callback(&bev->ev_read) != OnReadable) return;
  SetReader(bev, g_libevent_reads.load(std::memory_order_relaxed));
}

}  // namespace bitcoin_support
