// Bytes between JavaScript and an EvBuffer. What fails throws, and says which end is frozen.
#pragma once

#include <napi.h>

#include <event2/buffer.h>

#include <cstddef>

namespace bitcoin_support {

class EvBuffer;

/// What one call moves, or makes room for: libevent says in an int how much it was.
inline constexpr size_t kMaxBufferSize = 0x7fffffff;

/// @returns a position in the buffer, or that of its end. @throws RangeError for anything else
size_t PositionArg(const Napi::CallbackInfo& info, size_t index, const EvBuffer& buffer);

/// Appends a string (as UTF-8) or a Uint8Array.
/// @throws TypeError for anything else, EventError ERR_EV_STATE when the end is frozen, std::bad_alloc
void AddBytes(EvBuffer& buffer, napi_value value);

/// The same at the start.
void PrependBytes(EvBuffer& buffer, napi_value value);

/// Drops `size` bytes, or all, if there are fewer, from the start. @throws EventError ERR_EV_STATE
void DrainBytes(EvBuffer& buffer, size_t size);

/// @param start no more than the buffer's length
/// @returns a new Buffer with `size` bytes, or with all, if there are fewer
/// @throws EventError ERR_EV_STATE when the start is frozen
Napi::Value CopyBytes(const EvBuffer& buffer, size_t start, size_t size);

/// Fills a Uint8Array as far as there are bytes. @returns how many they were
/// @throws TypeError for anything else, EventError ERR_EV_STATE when the start is frozen
size_t CopyBytesInto(const EvBuffer& buffer, size_t start, napi_value target);

/// Appends a copy of `from`'s content, which may be frozen. @throws std::bad_alloc
void CopyBuffer(EvBuffer& buffer, const EvBuffer& from);

/// A piece of a buffer, in one piece. Lives no longer than the native call.
class FlatBytes {
 public:
  /// @throws std::bad_alloc
  FlatBytes(evbuffer* buffer, size_t start, size_t size);
  ~FlatBytes();
  FlatBytes(const FlatBytes&) = delete;
  FlatBytes& operator=(const FlatBytes&) = delete;

  const char* data() const { return m_data; }

 private:
  const char* m_data = "";
  void* m_copy = nullptr;
};

[[noreturn]] void ThrowFrozen(const EvBuffer& buffer, const char* end);

/// @throws EventError ERR_EV_STATE when the end is frozen
void CheckEndOpen(const EvBuffer& buffer);
/// @throws EventError ERR_EV_STATE when the start is frozen
void CheckStartOpen(const EvBuffer& buffer);

}  // namespace bitcoin_support
