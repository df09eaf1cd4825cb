#include "buffers/evbuffer_moves.h"

#include <event2/buffer.h>

#include <new>

#include "buffers/append_bytes.h"
#include "buffers/unique_buffer.h"

namespace bitcoin_support {
namespace {

// A smaller number of bytes is copied: one block of libevent's has room for more.
constexpr size_t kFewBytes = 1024;

}  // namespace

InputUnlock::InputUnlock(evbuffer* input) : m_input(input) { evbuffer_unfreeze(input, 0); }

InputUnlock::~InputUnlock() { evbuffer_freeze(m_input, 0); }

void MoveBytes(evbuffer* from, evbuffer* to, size_t length) {
  if (length == 0) return;
  if (length < kFewBytes) {
    const auto take = [&](char* space, size_t) {
      return static_cast<size_t>(evbuffer_remove(from, space, length));
    };
    if (!AppendInPlace(to, length, take)) throw std::bad_alloc();
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
  const UniqueBuffer kept = NewBuffer();
  MoveBytes(from, kept.get(), front);
  MoveBytes(from, to, length);
  evbuffer_add_buffer(from, kept.get());
}

}  // namespace bitcoin_support
