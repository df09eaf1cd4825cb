// Writing at the end of an evbuffer, in place.
#pragma once

#include <event2/buffer.h>
#include <napi.h>

#include <cstddef>

namespace bitcoin_support {

class ByteSource;

/// Reserves `room` bytes in one piece at the end of `buffer`, calls `write(space, room)` with their address
/// and how many there are, which may be more, and commits as many as it returns. What `write` throws passes
/// through, and nothing has been added.
/// @returns false when there is no memory or the end is frozen: then nothing has been added
template <typename Write>
[[nodiscard]] bool AppendInPlace(evbuffer* buffer, size_t room, Write write) {
  evbuffer_iovec space{};
  if (evbuffer_reserve_space(buffer, static_cast<ev_ssize_t>(room), &space, 1) != 1) return false;
  space.iov_len = write(static_cast<char*>(space.iov_base), space.iov_len);
  return evbuffer_commit_space(buffer, &space, 1) == 0;
}

/// Appends all bytes of `bytes`. @throws std::bad_alloc; then `buffer` is as it was.
void AppendBytes(const ByteSource& bytes, evbuffer* buffer);

/// Appends the bytes of a string (as UTF-8) or a Uint8Array.
/// @throws TypeError for anything else, std::bad_alloc; then `buffer` is as it was.
void AppendBytes(Napi::Env env, napi_value value, evbuffer* buffer);

}  // namespace bitcoin_support
