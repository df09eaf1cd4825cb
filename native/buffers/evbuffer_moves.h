// Moving bytes between evbuffers.
#pragma once

#include <cstddef>

struct evbuffer;

namespace bitcoin_support {

/// Unfreezes the end of a bufferevent's input, to which only the bufferevent itself may add otherwise.
class InputUnlock {
 public:
  explicit InputUnlock(evbuffer* input);
  ~InputUnlock();
  InputUnlock(const InputUnlock&) = delete;
  InputUnlock& operator=(const InputUnlock&) = delete;

 private:
  evbuffer* const m_input;
};

/// Moves the first `length` bytes to the end of `to`. It copies small numbers of bytes, so that pieces that
/// come one by one do not each keep a block of libevent's. @throws std::bad_alloc
void MoveBytes(evbuffer* from, evbuffer* to, size_t length);

/// Moves the last `length` bytes to the end of `to`. @throws std::bad_alloc
void MoveTail(evbuffer* from, evbuffer* to, size_t length);

}  // namespace bitcoin_support
