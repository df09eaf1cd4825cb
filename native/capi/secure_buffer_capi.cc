// The C functions of include/secure_buffer.h.
#include <cstdint>
#include <optional>

#include "include/secure_buffer.h"
#include "secure/memory_cleanse.h"
#include "secure/purge.h"
#include "secure/secure_buffer.h"

namespace {

using bitcoin_support::BufferNumber;
using bitcoin_support::SecureBuffer;
using bitcoin_support::SecureBufferTable;

// A number has 53 bits. The bits of kMark above them make the handle an address that no process has, neither
// with x86's canonical addresses nor with arm's tags. So a program that dereferences it crashes at once, and
// a garbage collector does not take it for one of its objects.
constexpr int kNumberBits = 53;
constexpr uint64_t kMark = uint64_t{3} << kNumberBits;

static_assert(sizeof(uintptr_t) >= sizeof(BufferNumber), "a handle has 64 bits");

secure_buffer* ToHandle(BufferNumber number) {
  return number == 0 ? nullptr : reinterpret_cast<secure_buffer*>(static_cast<uintptr_t>(number | kMark));
}

// @returns 0, which no buffer has, for a value that was never a handle
BufferNumber ToNumber(const secure_buffer* handle) {
  const auto bits = static_cast<uint64_t>(reinterpret_cast<uintptr_t>(handle));
  return bits >> kNumberBits == kMark >> kNumberBits ? bits ^ kMark : 0;
}

SecureBuffer On(const secure_buffer* handle) { return SecureBuffer(ToNumber(handle)); }

int Status(bool done) { return done ? 0 : -1; }

int Answer(std::optional<bool> answer) { return answer.has_value() ? static_cast<int>(*answer) : -1; }

int64_t Size(std::optional<size_t> size) { return size.has_value() ? static_cast<int64_t>(*size) : -1; }

#if defined(__GNUC__) && !defined(_WIN32)
// Frees everything when the library is unloaded. At the end of the process other threads may still use it,
// and the system frees everything.
__attribute__((destructor)) void OnUnload() {
  if (!bitcoin_support::IsExiting()) SecureBufferTable::Close();
}
#endif

}  // namespace

extern "C" {

void memory_cleanse(void* data, size_t size) {
  if (data != nullptr) bitcoin_support::MemoryCleanse(data, size);
}

secure_buffer* secure_buffer_new(size_t capacity) {
  return ToHandle(SecureBufferTable::Instance().New(capacity));
}

int secure_buffer_write(secure_buffer* buffer, const void* data, size_t size) {
  if (data == nullptr) return -1;
  return Status(On(buffer).Write(SecureBuffer::Bytes(static_cast<const unsigned char*>(data), size)));
}

int64_t secure_buffer_read(const secure_buffer* buffer, void* into, size_t size) {
  if (into == nullptr) return -1;
  return Size(On(buffer).Read(std::span(static_cast<unsigned char*>(into), size)));
}

int64_t secure_buffer_read_whole(const secure_buffer* buffer, void* into, size_t size) {
  if (into == nullptr && size > 0) return -1;
  return Size(On(buffer).ReadWhole(std::span(static_cast<unsigned char*>(into), size)));
}

void secure_buffer_free(secure_buffer* buffer) { secure_buffer_destroy(buffer); }

int secure_buffer_destroy(secure_buffer* buffer) {
  return Status(SecureBufferTable::Instance().Destroy(ToNumber(buffer)));
}

int64_t secure_buffer_len(const secure_buffer* buffer) { return Size(On(buffer).Length()); }

int64_t secure_buffer_capacity(const secure_buffer* buffer) { return Size(On(buffer).Capacity()); }

int secure_buffer_is_valid(const secure_buffer* buffer) { return On(buffer).IsValid() ? 1 : 0; }

int secure_buffer_is_locked(const secure_buffer* buffer) {
  const SecureBuffer on = On(buffer);
  const bool locked = on.IsLocked();
  return locked ? 1 : on.IsValid() ? 0 : -1;
}

int secure_buffer_lock(secure_buffer* buffer) { return Status(On(buffer).Lock()); }

int secure_buffer_unlock(secure_buffer* buffer) { return Status(On(buffer).Unlock()); }

int secure_buffer_clear(secure_buffer* buffer) { return Status(On(buffer).Clear()); }

int secure_buffer_zeroize(secure_buffer* buffer) { return Status(On(buffer).Zeroize()); }

int secure_buffer_equals(const secure_buffer* left, const secure_buffer* right) {
  return Answer(On(left).Equals(On(right)));
}

int secure_buffer_is_zero(const secure_buffer* buffer) { return Answer(On(buffer).IsZero()); }

int secure_buffer_integrity_check(const secure_buffer* buffer) { return Answer(On(buffer).IntegrityCheck()); }

}  // extern "C"
