#include "secure/secret_line.h"

#ifdef _WIN32
#include <io.h>
#else
#include <unistd.h>
#endif

#include <algorithm>
#include <array>
#include <chrono>

#include "secure/buffer_use.h"
#include "secure/memory_cleanse.h"
#include "secure/secure_buffer.h"

namespace bitcoin_support {
namespace {

constexpr unsigned char kCtrlC = 0x03;
constexpr unsigned char kCtrlD = 0x04;
constexpr unsigned char kCtrlH = 0x08;
constexpr unsigned char kTab = 0x09;
constexpr unsigned char kLineFeed = 0x0a;
constexpr unsigned char kReturn = 0x0d;
constexpr unsigned char kCtrlU = 0x15;
constexpr unsigned char kCtrlW = 0x17;
constexpr unsigned char kEscapeByte = 0x1b;
constexpr unsigned char kDelete = 0x7f;

constexpr size_t kFirstCapacity = 255;

// A byte that comes later after ESC is not part of a sequence: the key was pressed alone. Node's readline
// waits as long.
constexpr uint64_t kEscapeTimeoutNs = 500'000'000;

uint64_t NowNs() {
  return static_cast<uint64_t>(std::chrono::steady_clock::now().time_since_epoch() /
                               std::chrono::nanoseconds(1));
}

bool IsContinuation(unsigned char byte) { return (byte & 0xc0) == 0x80; }

}  // namespace

SecretLine::SecretLine(size_t max_bytes) noexcept
    : m_max(std::min(max_bytes, SecureBufferTable::kMaxCapacity - 1)) {}

SecretLine::~SecretLine() {
  if (m_number != 0) SecureBufferTable::Instance().Destroy(m_number);
}

ptrdiff_t SecretLine::ReadByte(int fd) noexcept {
  if (!MakeRoom()) {
    m_state = State::kFailed;
    return 0;
  }
  ExclusiveAccess access(SecureBufferTable::Instance(), m_number);
  if (!access) {  // a purge has closed the buffer
    m_state = State::kFailed;
    return 0;
  }
  unsigned char* const typed = access.data();
  const ptrdiff_t result = read(fd, typed, 1);
  if (result == 1) Take(*typed, typed + 1);
  MemoryCleanse(typed, 1);
  access.set_length(1 + m_length);
  return result;
}

BufferNumber SecretLine::Finish() noexcept {
  SecureBufferTable& table = SecureBufferTable::Instance();
  const BufferNumber number = table.New(std::max<size_t>(m_length, 1));
  if (number == 0) return 0;
  const SharedAccess access(table, m_number);
  if (access && SecureBuffer(number).Write(SecureBuffer::Bytes(access.data() + 1, m_length))) return number;
  table.Destroy(number);
  return 0;
}

void SecretLine::Take(unsigned char byte, unsigned char* line) noexcept {
  if (SkipSequence(byte)) return;
  switch (byte) {
    case kReturn:
    case kLineFeed:
    case kCtrlD:
      m_state = m_overflow ? State::kTooLong : State::kDone;
      return;
    case kCtrlC:
      m_state = State::kInterrupted;
      return;
    case kCtrlH:
    case kDelete:
      EraseCharacter(line);
      return;
    case kCtrlW:
      EraseWord(line);
      return;
    case kCtrlU:
      Shorten(line, 0);
      m_overflow = false;
      return;
    case kEscapeByte:
      m_sequence = Sequence::kEscape;
      m_escaped_at = NowNs();
      return;
    default:
      if (byte < 0x20 && byte != kTab) return;
      // A line that is too long is read to its end, so that no other reader gets the rest.
      if (m_length == m_max) {
        m_overflow = true;
      } else {
        line[m_length++] = byte;
      }
  }
}

// @returns whether the byte belongs to an escape sequence
bool SecretLine::SkipSequence(unsigned char byte) noexcept {
  if (m_sequence == Sequence::kNone) return false;
  // Control characters such as Ctrl-C and Enter are never part of a sequence, and end an unfinished one.
  if (byte < 0x20 || NowNs() - m_escaped_at > kEscapeTimeoutNs) {
    m_sequence = Sequence::kNone;
    return false;
  }
  switch (m_sequence) {
    case Sequence::kEscape:
      m_sequence = byte == '[' ? Sequence::kControl : byte == 'O' ? Sequence::kSingle : Sequence::kNone;
      return true;
    case Sequence::kControl:
      if (byte >= 0x40 && byte <= 0x7e) m_sequence = Sequence::kNone;
      return true;
    case Sequence::kSingle:
    case Sequence::kNone:
      m_sequence = Sequence::kNone;
      return true;
  }
  return false;
}

void SecretLine::EraseCharacter(unsigned char* line) noexcept {
  if (m_length == 0) return;
  size_t length = m_length - 1;
  while (length > 0 && IsContinuation(line[length])) --length;
  Shorten(line, length);
}

// Erases blanks, then what is before them up to the next blank, as the terminal's own line editing does.
void SecretLine::EraseWord(unsigned char* line) noexcept {
  const auto blank = [](unsigned char byte) { return byte == ' ' || byte == kTab; };
  size_t length = m_length;
  while (length > 0 && blank(line[length - 1])) --length;
  while (length > 0 && !blank(line[length - 1])) --length;
  Shorten(line, length);
}

void SecretLine::Shorten(unsigned char* line, size_t length) noexcept {
  MemoryCleanse(line + length, m_length - length);
  m_length = length;
}

// Makes room for one more byte. @returns false when there is no memory
bool SecretLine::MakeRoom() noexcept {
  if (m_number != 0 && m_length < m_capacity) return true;
  if (m_number != 0 && m_length == m_max) return true;
  SecureBufferTable& table = SecureBufferTable::Instance();
  const size_t capacity = std::min(std::max(kFirstCapacity, m_capacity * 2), std::max<size_t>(m_max, 1));
  const BufferNumber larger = table.New(1 + capacity);
  if (larger == 0) return false;
  if (m_number != 0) {
    bool copied = false;
    {
      const SharedAccess access(table, m_number);
      copied = access && SecureBuffer(larger).Write(SecureBuffer::Bytes(access.data(), access.length()));
    }
    if (!copied) {
      table.Destroy(larger);
      return false;
    }
    table.Destroy(m_number);
  }
  m_number = larger;
  m_capacity = capacity;
  return true;
}

}  // namespace bitcoin_support
