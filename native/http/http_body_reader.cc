#include "http/http_body_reader.h"

#include <algorithm>

#include "http/http_characters.h"

namespace bitcoin_support {
namespace {

using http_characters::EndOfRoom;
using http_characters::Is;
using http_characters::IsWhite;
using http_characters::kText;
using http_characters::kToken;

int HexValue(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  const char lower = c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c;
  return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

// Fits into 64 bits, and is more than any peer sends.
constexpr uint8_t kMaxChunkDigits = 15;

// Of all chunks of a body together. Extensions cost work and mean nothing to us.
constexpr size_t kMaxExtensions = 16 * 1024;

}  // namespace

void HttpBodyReader::Begin(Framing framing, uint64_t length, const HttpLimits& limits) {
  m_content_limit = &limits.body;
  m_digits = 0;
  m_status = 0;
  m_fault = "";
  m_room = limits.head;
  m_extension_room = kMaxExtensions;
  m_left = framing == Framing::kToTheEnd ? UINT64_MAX : framing == Framing::kLength ? length : 0;
  m_body = 0;
  m_state = framing == Framing::kChunked ? State::kChunkSize : m_left > 0 ? State::kData : State::kComplete;
}

HttpBodyReader::Result HttpBodyReader::Feed(const char* data, size_t size) {
  const char* p = data;
  const char* const end = data + size;
  while (p < end && m_state != State::kComplete && m_state != State::kRefused) {
    const bool content = m_state == State::kData || m_state == State::kChunkData;
    // Framing was used so far. Report it first.
    if ((content || m_state == State::kChunkExtension) && p != data) break;
    if (content) {
      const auto length = static_cast<size_t>(std::min<uint64_t>(m_left, size));
      m_left -= length;
      if (m_left == 0) m_state = m_state == State::kData ? State::kComplete : State::kChunkCr;
      return {Step::kData, length};
    }
    if (m_state == State::kChunkExtension) return SkipExtension(data, size);
    p = ReadFraming(p, end);
  }
  return {m_state == State::kRefused ? Step::kRefused : Step::kFraming, static_cast<size_t>(p - data)};
}

bool HttpBodyReader::Refuse(int status, const char* fault) {
  m_state = State::kRefused;
  m_status = status;
  m_fault = fault;
  return false;
}

// Reads at least one byte, and more where many of a kind follow each other.
const char* HttpBodyReader::ReadFraming(const char* p, const char* end) {
  const char c = *p;
  switch (m_state) {
    case State::kChunkSize:
      return ReadChunkSize(p, end);
    case State::kChunkSizeLf:
      if (c != '\n') return Refuse(400, "the line of a chunk's size does not end in CR LF"), p;
      m_digits = 0;
      m_state = m_left > 0 ? State::kChunkData : State::kTrailerStart;
      return p + 1;
    case State::kChunkCr:
      if (c != '\r') return Refuse(400, "a chunk is longer than its size says, or does not end in CR LF"), p;
      m_state = State::kChunkLf;
      return p + 1;
    case State::kChunkLf:
      if (c != '\n') return Refuse(400, "a chunk does not end in CR LF"), p;
      m_state = State::kChunkSize;
      return p + 1;
    case State::kTrailerStart:
      if (c == '\r') {
        m_state = State::kEndLf;
        return p + 1;
      }
      m_named = false;
      m_state = State::kTrailerName;
      [[fallthrough]];
    case State::kTrailerName:
      return ReadTrailerName(p, end);
    case State::kTrailerValue:
      return ReadTrailerValue(p, end);
    case State::kTrailerLf:
      if (c != '\n') return Refuse(400, "a trailer does not end in CR LF"), p;
      m_state = State::kTrailerStart;
      return p + 1;
    case State::kEndLf:
      if (c != '\n') return Refuse(400, "the trailers do not end in CR LF"), p;
      m_state = State::kComplete;
      return p + 1;
    case State::kData:
    case State::kChunkExtension:
    case State::kChunkData:
    case State::kComplete:
    case State::kRefused:
      break;
  }
  return p;
}

const char* HttpBodyReader::ReadChunkSize(const char* p, const char* end) {
  for (; p < end; ++p) {
    const int digit = HexValue(*p);
    if (digit < 0) break;
    if (m_digits == kMaxChunkDigits) return Refuse(400, "a chunk's size has too many digits"), p;
    m_left = (m_digits++ == 0 ? 0 : m_left * 16) + static_cast<uint64_t>(digit);
  }
  if (p == end) return p;
  // RFC 9112 7.1.1: there may be white space before the semicolon of an extension.
  const bool extended = *p == ';' || IsWhite(*p);
  if (m_digits == 0 || (*p != '\r' && !extended)) {
    return Refuse(400, "a chunk's size is no hexadecimal number"), p;
  }
  if (!EndChunkSize()) return p;
  m_named = false;
  m_state = extended ? State::kChunkExtension : State::kChunkSizeLf;
  return extended ? p : p + 1;
}

bool HttpBodyReader::EndChunkSize() {
  // The limit may have been lowered meanwhile.
  if (m_body > *m_content_limit || m_left > *m_content_limit - m_body) {
    return Refuse(413, "the body is longer than allowed");
  }
  m_body += m_left;
  return true;
}

HttpBodyReader::Result HttpBodyReader::SkipExtension(const char* data, size_t size) {
  const char* const end = data + size;
  const char* const stop = EndOfRoom(data, end, m_extension_room);
  const char* p = data;
  if (!m_named) {
    while (p < stop && IsWhite(*p)) ++p;
    m_named = p < stop && *p == ';';
  }
  if (m_named) {
    while (p < stop && Is(*p, kText)) ++p;
  }
  m_extension_room -= static_cast<size_t>(p - data);
  if (p < end && m_extension_room == 0) {
    Refuse(413, "the extensions of chunks are too long");
  } else if (p < end && (*p != '\r' || !m_named)) {
    Refuse(400, "what follows a chunk's size is no extension");
  } else if (p < end && p == data) {
    m_state = State::kChunkSizeLf;
    return {Step::kFraming, 1};
  }
  return {m_state == State::kRefused ? Step::kRefused : Step::kExtension, static_cast<size_t>(p - data)};
}

const char* HttpBodyReader::ReadTrailerName(const char* p, const char* end) {
  const char* const stop = EndOfRoom(p, end, m_room);
  const char* const begin = p;
  while (p < stop && Is(*p, kToken)) ++p;
  m_room -= static_cast<size_t>(p - begin);
  m_named |= p > begin;
  if (p == end) return p;
  if (m_room == 0) return Refuse(431, "the trailers are longer than allowed"), p;
  if (*p != ':' || !m_named) return Refuse(400, "a trailer's name is no token"), p;
  --m_room;
  m_state = State::kTrailerValue;
  return p + 1;
}

// Trailers are dropped.
const char* HttpBodyReader::ReadTrailerValue(const char* p, const char* end) {
  const char* const stop = EndOfRoom(p, end, m_room);
  const char* const begin = p;
  while (p < stop && Is(*p, kText)) ++p;
  m_room -= static_cast<size_t>(p - begin);
  if (p == end) return p;
  if (*p != '\r') {
    const bool full = m_room == 0;
    Refuse(full ? 431 : 400,
           full ? "the trailers are longer than allowed" : "a trailer has a control character");
    return p;
  }
  m_state = State::kTrailerLf;
  return p + 1;
}

}  // namespace bitcoin_support
