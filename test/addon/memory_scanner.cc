#include "memory_scanner.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstring>
#include <stdexcept>
#include <string>

namespace bitcoin_support::test {
namespace {

constexpr size_t kBufferSize = size_t{1} << 20;
constexpr size_t kPageSize = 4096;
// AddressSanitizer's shadow memory, which is larger than any memory and has no content.
constexpr uintptr_t kLargestMapping = uintptr_t{1} << 40;

struct Mapping {
  uintptr_t begin;
  uintptr_t end;
};

/// Memory in a mapping of its own, so that the search can leave it out. Wiped in the destructor.
class Buffer {
 public:
  Buffer()
      : m_bytes(static_cast<unsigned char*>(
            mmap(nullptr, kBufferSize, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0))) {
    if (m_bytes == MAP_FAILED) throw std::runtime_error("mmap failed");
  }
  ~Buffer() {
    explicit_bzero(m_bytes, kBufferSize);
    munmap(m_bytes, kBufferSize);
  }
  Buffer(const Buffer&) = delete;
  Buffer& operator=(const Buffer&) = delete;

  unsigned char* bytes() const { return m_bytes; }
  uintptr_t begin() const { return reinterpret_cast<uintptr_t>(m_bytes); }
  uintptr_t end() const { return begin() + kBufferSize; }

 private:
  unsigned char* const m_bytes;
};

/// /proc/self/mem.
class Memory {
 public:
  Memory() : m_fd(open("/proc/self/mem", O_RDONLY | O_CLOEXEC)) {
    if (m_fd < 0) throw std::runtime_error("cannot open /proc/self/mem");
  }
  ~Memory() { close(m_fd); }
  Memory(const Memory&) = delete;
  Memory& operator=(const Memory&) = delete;

  size_t Read(uintptr_t address, void* into, size_t length) const {
    const ssize_t count = pread(m_fd, into, length, static_cast<off_t>(address));
    return count < 0 ? 0 : static_cast<size_t>(count);
  }

 private:
  const int m_fd;
};

std::vector<Mapping> ReadableMappings() {
  std::FILE* const maps = std::fopen("/proc/self/maps", "re");
  if (maps == nullptr) throw std::runtime_error("cannot open /proc/self/maps");
  std::vector<Mapping> mappings;
  std::array<char, 8192> line;
  while (std::fgets(line.data(), line.size(), maps) != nullptr) {
    unsigned long begin = 0;
    unsigned long end = 0;
    char readable = '-';
    if (std::sscanf(line.data(), "%lx-%lx %c", &begin, &end, &readable) != 3) continue;
    if (readable == 'r' && end - begin < kLargestMapping) mappings.push_back({begin, end});
  }
  std::fclose(maps);
  return mappings;
}

bool Matches(const unsigned char* bytes, const unsigned char* disguised, size_t length, unsigned char key) {
  for (size_t i = 0; i < length; ++i) {
    if ((bytes[i] ^ key) != disguised[i]) return false;
  }
  return true;
}

}  // namespace

std::vector<uintptr_t> FindInMemory(const unsigned char* disguised, size_t length, unsigned char key) {
  if (length == 0 || length > kPageSize) throw std::length_error("cannot search for so much");
  const Memory memory;
  const Buffer buffer;
  const auto first = static_cast<unsigned char>(disguised[0] ^ key);
  std::vector<uintptr_t> found;
  for (const Mapping& mapping : ReadableMappings()) {
    uintptr_t address = mapping.begin;
    while (address + length <= mapping.end) {
      // The kernel may have joined the buffer's mapping with its neighbours.
      if (address < buffer.end() && address + length > buffer.begin()) {
        address = buffer.end();
        continue;
      }
      size_t wanted = std::min<uintptr_t>(kBufferSize, mapping.end - address);
      if (address < buffer.begin()) wanted = std::min<uintptr_t>(wanted, buffer.begin() - address);
      const size_t count = memory.Read(address, buffer.bytes(), wanted);
      if (count < length) {
        // Some mappings are unreadable although marked as readable, such as [vvar].
        address = (address / kPageSize + 1) * kPageSize;
        continue;
      }
      const size_t candidates = count - length + 1;
      for (size_t i = 0; i < candidates; ++i) {
        const void* const hit = std::memchr(buffer.bytes() + i, first, candidates - i);
        if (hit == nullptr) break;
        i = static_cast<size_t>(static_cast<const unsigned char*>(hit) - buffer.bytes());
        if (Matches(buffer.bytes() + i, disguised, length, key)) found.push_back(address + i);
      }
      address += candidates;
    }
  }
  return found;
}

size_t ReadMemory(uintptr_t address, void* into, size_t length) {
  return Memory().Read(address, into, length);
}

}  // namespace bitcoin_support::test
