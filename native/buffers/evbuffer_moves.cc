#include "buffers/evbuffer_moves.h"

#include <event2/buffer.h>

#include <new>

namespace bitcoin_support {
namespace {

// Less than this is copied: a block of libevent's holds more.
constexpr size_t kFewBytes = 1024;

}  // namespace

InputUnlock::InputUnlock(evbuffer* input) : m_input(input) { evbuffer_unfreeze(input, 0); }

InputUnlock::~InputUnlock() { evbuffer_freeze(m_input, 0); }

void MoveBytes(evbuffer* from, evbuffer* to, size_t length) {
  if (length == 0) return;
  if (length < kFewBytes) {
    evbuffer_iovec space{};
    if (evbuffer_reserve_space(to, static_cast<ev_ssize_t>(length), &space, 1) != 1) throw std::bad_alloc();
    evbuffer_remove(from, space.iov_base, length);
    space.iov_len = length;
    if (evbuffer_commit_space(to, &space, 1) != 0) throw std::bad_alloc();
    return;
  }
  const bool all = length == evbuffer_get_length(from);
  if (all ? evbuffer_add_buffer(to, from) != 0 : evbuffer_remove_buffer(from, to, length) < 0) {
    throw std::bad_alloc();
  }
}

void MoveTail(evbuffer* from, evbuffer* to, size_t length) {
  const size_t front = evbuffer_get_length(from) - length;
  if (front == 0) {
    MoveBytes(from, to, length);
    return;
  }
  evbuffer* const kept = evbuffer_new();
  if (kept == nullptr) throw std::bad_alloc();
  MoveBytes(from, kept, front);
  MoveBytes(from, to, length);
  evbuffer_add_buffer(from, kept);
  evbuffer_free(kept);
}

}  // namespace bitcoin_support
