#include "net/direct_io.h"

#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/bufferevent_struct.h>
#include <event2/event.h>
#include <event2/event_struct.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstring>
#include <string_view>
#include <unordered_map>

#include "buffers/append_bytes.h"
#include "buffers/memory_block.h"
#include "libevent/catch_bad_alloc.h"
#include "libevent/event_callback.h"
#include "libevent/per_thread.h"
#include "secure/memory_cleanse.h"

namespace bitcoin_support {
namespace {

// How much is read without asking how many bytes there are: a bufferevent's default for one read.
constexpr size_t kUsualBytes = 16384;

// Of one write.
constexpr int kMostPieces = 64;

void OnLongReadable(evutil_socket_t fd, short what, void* arg);

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

// The sink of a bufferevent whose bytes go there. It is not the event's own argument, because libevent has to
// find the bufferevent in that.
thread_local PerThread<std::unordered_map<const bufferevent*, ReadSink*>> t_sinks;

ReadSink* SinkOf(const bufferevent* bev) {
  const auto* const sinks = t_sinks.get();
  if (sinks == nullptr || sinks->empty()) return nullptr;
  const auto found = sinks->find(bev);
  return found == sinks->end() ? nullptr : found->second;
}

// How many bytes wait in the socket, up to `room`.
size_t Waiting(int fd, ev_ssize_t room) {
  int waiting = 0;
  if (room <= 0 || ioctl(fd, FIONREAD, &waiting) != 0) return 0;
  return static_cast<size_t>(std::clamp<ev_ssize_t>(waiting, 0, room));
}

// Reads `wanted` bytes that wait. The next read reports an end or an error.
size_t ReadWaiting(int fd, char* space, size_t wanted) {
  return static_cast<size_t>(std::max<ssize_t>(recv(fd, space, wanted, 0), 0));
}

// Appends `bytes` and what waits behind them, up to `room`. A long piece is a block of its own, which
// JavaScript may get as it is. @returns whether there was memory; without it for the rest, that stays in the
// kernel
bool AddJoined(int fd, bufferevent* bev, std::string_view bytes, ev_ssize_t room) {
  evbuffer* const input = bev->input;
  const size_t wanted = Waiting(fd, room);
  if (bytes.size() + wanted >= MemoryBlock::kLeast) {
    bool added = true;
    const auto add = [&] {
      const auto block = std::make_shared<MemoryBlock>(bytes.size() + wanted);
      std::memcpy(block->end(), bytes.data(), bytes.size());
      block->Commit(bytes.size());
      block->Commit(ReadWaiting(fd, block->end(), wanted));
      MemoryBlock::Append(block, input);
    };
    CatchBadAlloc(add, [&] { added = false; });
    SetEventCallback(bev->ev_read, OnLongReadable);
    return added;
  }
  if (evbuffer_add(input, bytes.data(), bytes.size()) != 0) return false;
  const auto read = [&](char* space, size_t) { return ReadWaiting(fd, space, wanted); };
  if (wanted > 0) (void)AppendInPlace(input, wanted, read);
  return true;
}

// The same, but whoever looks at the input may ask for what waits behind `bytes`, by ReadInto().
bool AddApart(int fd, bufferevent* bev, std::string_view bytes, ev_ssize_t room) {
  if (evbuffer_add(bev->input, bytes.data(), bytes.size()) != 0) return false;
  if (SinkOf(bev) != nullptr) return true;
  const size_t wanted = Waiting(fd, room);
  const auto read = [&](char* space, size_t) { return ReadWaiting(fd, space, wanted); };
  if (wanted > 0) (void)AppendInPlace(bev->input, wanted, read);
  return true;
}

// Appends what waits as one piece when it is long. @returns whether it has
bool TakeLong(int fd, bufferevent* bev) {
  const size_t wanted = Waiting(fd, bufferevent_get_max_single_read(bev));
  if (wanted < MemoryBlock::kLeast) return false;
  bool taken = false;
  const auto take = [&] {
    const auto block = std::make_shared<MemoryBlock>(wanted);
    block->Commit(ReadWaiting(fd, block->end(), wanted));
    if (block->view().empty()) return;
    MemoryBlock::Append(block, bev->input);
    taken = true;
  };
  evbuffer_unfreeze(bev->input, 0);
  CatchBadAlloc(take, [] {});
  evbuffer_freeze(bev->input, 0);
  return taken;
}

// @returns as recv(2) does
ssize_t Take(int fd, bufferevent* bev, Pieces pieces) {
  char bytes[kUsualBytes];
  const ev_ssize_t most = bufferevent_get_max_single_read(bev);
  const ssize_t taken = recv(fd, bytes, std::min(sizeof bytes, static_cast<size_t>(most)), 0);
  if (taken <= 0) return taken;
  evbuffer* const input = bev->input;
  // A bufferevent's input is frozen at its end, and its output at its start.
  evbuffer_unfreeze(input, 0);
  const std::string_view view(bytes, static_cast<size_t>(taken));
  const bool added = view.size() < sizeof bytes  ? evbuffer_add(input, bytes, view.size()) == 0
                     : pieces == Pieces::kJoined ? AddJoined(fd, bev, view, most - taken)
                                                 : AddApart(fd, bev, view, most - taken);
  MemoryCleanse(bytes, view.size());
  evbuffer_freeze(input, 0);
  if (added) return taken;
  errno = ENOMEM;
  return -1;
}

// @param taken what recv(2) has returned: 0, or -1 with `error`
void ReportEnd(bufferevent* bev, ssize_t taken, int error) {
  if (taken == 0) {
    Fail(bev, EV_READ, BEV_EVENT_READING | BEV_EVENT_EOF, error);
  } else if (error == ENOTSOCK) {
    UseLibeventIo(bev);
  } else if (!IsRetriable(error)) {
    Fail(bev, EV_READ, BEV_EVENT_READING | BEV_EVENT_ERROR, error);
  }
}

void ReadToSink(int fd, bufferevent* bev, ReadSink& sink) {
  const std::span<char> space = sink.Space();
  const ssize_t taken = recv(fd, space.data(), space.size(), 0);
  if (taken > 0) {
    sink.Took(static_cast<size_t>(taken));
  } else {
    ReportEnd(bev, taken, errno);
  }
}

// What bufferevent_readcb() does, for an input without a high-water mark.
template <Pieces kPieces>
void OnReadable(evutil_socket_t fd, short what, void* arg) {
  auto* const bev = static_cast<bufferevent*>(arg);
  if (what == EV_TIMEOUT || bev->wm_read.high != 0) {
    g_libevent_reads.load(std::memory_order_relaxed)(fd, what, arg);
    return;
  }
  bufferevent_incref(bev);
  if (ReadSink* const sink = SinkOf(bev)) {
    ReadToSink(fd, bev, *sink);
  } else if (const ssize_t taken = Take(fd, bev, kPieces); taken <= 0) {
    ReportEnd(bev, taken, errno);
  } else if (ReadSink* const begun = SinkOf(bev)) {
    // Only a full read may have left something.
    if (taken == kUsualBytes) ReadToSink(fd, bev, *begun);
  } else {
    bufferevent_trigger(bev, EV_READ, 0);
  }
  bufferevent_decref(bev);
}

// Reads after a long read, without the beginning that OnReadable() reads first.
void OnLongReadable(evutil_socket_t fd, short what, void* arg) {
  auto* const bev = static_cast<bufferevent*>(arg);
  if (what != EV_TIMEOUT && bev->wm_read.high == 0 && TakeLong(fd, bev)) {
    bufferevent_incref(bev);
    bufferevent_trigger(bev, EV_READ, 0);
    bufferevent_decref(bev);
  } else {
    SetEventCallback(bev->ev_read, OnReadable<Pieces::kJoined>);
    OnReadable<Pieces::kJoined>(fd, what, arg);
  }
}

// Writes the beginning of the output, as writev(2) does, and as much as one write may send.
// @param wanted gets how much that was
ssize_t WriteSome(int fd, bufferevent* bev, size_t& wanted) {
  evbuffer_iovec pieces[kMostPieces];
  const ev_ssize_t most = bufferevent_get_max_single_write(bev);
  const int there = std::min(evbuffer_peek(bev->output, most, nullptr, pieces, kMostPieces), kMostPieces);
  wanted = 0;
  for (int i = 0; i < there; ++i) {
    pieces[i].iov_len = std::min(pieces[i].iov_len, static_cast<size_t>(most) - wanted);
    wanted += pieces[i].iov_len;
  }
  if (there == 1) return send(fd, pieces[0].iov_base, pieces[0].iov_len, 0);
  return writev(fd, pieces, there);
}

// What bufferevent_writecb() does once it is connected. `waiting`: whether libevent waits for the socket.
void Send(int fd, bufferevent* bev, bool waiting) {
  evbuffer* const output = bev->output;
  size_t wanted = 0;
  const ssize_t sent = WriteSome(fd, bev, wanted);
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
  if (what == EV_TIMEOUT || evbuffer_get_length(bev->output) == 0) {
    g_libevent_writes.load(std::memory_order_relaxed)(fd, what, arg);
    return;
  }
  bufferevent_incref(bev);
  Send(fd, bev, true);
  bufferevent_decref(bev);
}

void PutBack(event& ev, event_callback_fn ours, const std::atomic<event_callback_fn>& theirs) {
  if (event_get_callback(&ev) == ours) SetEventCallback(ev, theirs.load(std::memory_order_relaxed));
}

}  // namespace

void UseLargePieces(bufferevent* bev) {
  bufferevent_set_max_single_read(bev, kMostRead);
  bufferevent_set_max_single_write(bev, kMostWritten);
}

void UseDirectIo(bufferevent* bev, Pieces pieces) {
  const bool apart = pieces == Pieces::kApart;
  ReplaceEventCallback(bev->ev_read, apart ? OnReadable<Pieces::kApart> : OnReadable<Pieces::kJoined>,
                       g_libevent_reads);
  ReplaceEventCallback(bev->ev_write, OnWritable, g_libevent_writes);
}

void SendNow(bufferevent* bev) {
  const int fd = event_get_fd(&bev->ev_write);
  const bool directly = event_get_callback(&bev->ev_write) == OnWritable;
  if (directly && evbuffer_get_length(bev->output) > 0) {
    Send(fd, bev, false);
  } else {
    g_libevent_writes.load(std::memory_order_relaxed)(fd, EV_WRITE, bev);
  }
  if (evbuffer_get_length(bev->output) > 0 && (bev->enabled & EV_WRITE) != 0) {
    bufferevent_enable(bev, EV_WRITE);
  }
}

void ReadInto(bufferevent* bev, ReadSink& sink) {
  if (event_get_callback(&bev->ev_read) == OnReadable<Pieces::kApart>) t_sinks->insert_or_assign(bev, &sink);
}

void ReadIntoInput(bufferevent* bev) {
  if (SinkOf(bev) != nullptr) t_sinks->erase(bev);
}

void UseLibeventIo(bufferevent* bev) {
  ReadIntoInput(bev);
  PutBack(bev->ev_read, OnReadable<Pieces::kApart>, g_libevent_reads);
  PutBack(bev->ev_read, OnReadable<Pieces::kJoined>, g_libevent_reads);
  PutBack(bev->ev_read, OnLongReadable, g_libevent_reads);
  PutBack(bev->ev_write, OnWritable, g_libevent_writes);
}

}  // namespace bitcoin_support
