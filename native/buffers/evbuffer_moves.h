// Moving bytes between evbuffers.
#pragma once

#include <cstddef>

struct evbuffer;

namespace bitcoin_support {

/// Lets bytes be added to a bufferevent's input, which otherwise only the bufferevent itself may.
class InputUnlock {
 public:
  explicit InputUnlock(evbuffer* input);
  ~InputUnlock();
  InputUnlock(const InputUnlock&) = delete;
  InputUnlock& operator=(const InputUnlock&) = delete;

 private:
  evbuffer* const m_input;
};

/// Moves the first `length` bytes to the end of `to`. Few are copied, so that pieces that come one by one
/// do not each keep a block of memory. @throws std::bad_alloc
void MoveBytes(evbuffer* from, evbuffer* to, size_t length);

/// Moves the last `length` bytes to the end of `to`. @throws std::bad_alloc
void MoveTail(evbuffer* from, evbuffer* to, size_t length);

}  // namespace bitcoin_support
