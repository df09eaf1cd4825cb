#include "http/http_reply_parser.h"

#include <algorithm>
#include <utility>

#include "http/field_value.h"
#include "http/http_characters.h"

namespace bitcoin_support {
namespace {

using http_characters::Is;
using http_characters::kDigit;
using http_characters::kText;
using http_characters::kToken;

constexpr std::string_view kVersion = "HTTP/1.";
constexpr size_t kStatusDigits = 3;

// Fits into 64 bits with room to spare, and is more than anyone sends.
constexpr size_t kMaxLengthDigits = 18;

constexpr int kNoContent = 204;
constexpr int kNotModified = 304;

const char* Stop(const char* p, const char* end, size_t room) {
  return p + std::min(static_cast<size_t>(end - p), room);
}

bool IsWhite(char c) { return c == ' ' || c == '\t'; }

}  // namespace

void HttpReplyParser::Begin(Asked asked) {
  m_state = State::kVersion;
  m_asked = asked;
  m_field = Field::kNone;
  m_has_length = m_chunked = false;
  m_minor = m_status = 0;
  m_fault = "";
  m_room = m_limits.head;
  m_content_length = 0;
  m_word_length = 0;
}

HttpReplyParser::Result HttpReplyParser::Feed(const char* data, size_t size) {
  const char* p = data;
  const char* const end = data + size;
  if (m_state == State::kBody) {
    const auto [step, used] = m_body.Feed(data, size);
    switch (step) {
      case HttpBodyReader::Step::kData:
        return {Step::kData, used};
      case HttpBodyReader::Step::kExtension:
        return {Step::kExtension, used};
      case HttpBodyReader::Step::kFraming:
        return {Step::kMore, used};
      case HttpBodyReader::Step::kRefused:
        Refuse(m_body.fault());
        return {Step::kRefused, used};
    }
  }
  while (p < end && m_state != State::kRefused) {
    p = ReadHead(p, end);
    if (m_state == State::kBody) return {Step::kHead, static_cast<size_t>(p - data)};
  }
  return {m_state == State::kRefused ? Step::kRefused : Step::kMore, static_cast<size_t>(p - data)};
}

bool HttpReplyParser::Refuse(const char* fault) {
  m_state = State::kRefused;
  m_fault = fault;
  return false;
}

bool HttpReplyParser::Charge() {
  if (m_room == 0) return Refuse("its head is longer than allowed");
  --m_room;
  return true;
}

// Reads at least one byte unless it refuses, and more where many of a kind follow each other.
const char* HttpReplyParser::ReadHead(const char* p, const char* end) {
  const char c = *p;
  switch (m_state) {
    case State::kVersion:
    case State::kStatus:
    case State::kReason:
      return ReadFirstLine(p, end);
    case State::kFirstLf:
    case State::kLineLf:
      if (c != '\n') return Refuse("a line of its head does not end in CR LF"), p;
      m_state = State::kLineStart;
      return p + 1;
    case State::kLineStart:
      // RFC 9112 5.2: the line goes on, and the fold is a space.
      if (IsWhite(c) && m_field != Field::kNone) {
        if (m_field != Field::kOther && m_word_length < m_word.size()) m_word[m_word_length++] = ' ';
        m_state = State::kValueStart;
        return ReadValue(p, end);
      }
      if (m_field != Field::kNone && !EndField()) return p;
      if (c == '\r') {
        m_state = State::kHeadLf;
        return p + 1;
      }
      m_word_length = 0;
      m_state = State::kName;
      [[fallthrough]];
    case State::kName:
      return ReadName(p, end);
    case State::kValueStart:
    case State::kValue:
      return ReadValue(p, end);
    case State::kHeadLf:
      if (c != '\n') return Refuse("its head does not end in CR LF"), p;
      EndHead();
      return p + 1;
    case State::kBody:
    case State::kRefused:
      break;
  }
  return p;
}

const char* HttpReplyParser::ReadFirstLine(const char* p, const char* end) {
  for (; p < end; ++p) {
    const char c = *p;
    if (c == '\r' && m_state == State::kReason) {
      m_state = State::kFirstLf;
      return p + 1;
    }
    if (!Charge()) return p;
    switch (m_state) {
      case State::kVersion:
        if (m_word_length < kVersion.size()) {
          if (c != kVersion[m_word_length]) return Refuse("it does not begin with HTTP/1"), p;
        } else if (m_word_length == kVersion.size()) {
          if (!Is(c, kDigit)) return Refuse("its version is none"), p;
          m_minor = c - '0';
        } else {
          if (c != ' ') return Refuse("its version is none"), p;
          m_state = State::kStatus;
          m_word_length = 0;
          continue;
        }
        ++m_word_length;
        break;
      case State::kStatus:
        if (!Is(c, kDigit) || (m_word_length == 0 && c == '0')) {
          return Refuse("its status is no number of three digits"), p;
        }
        m_status = m_status * 10 + (c - '0');
        if (++m_word_length == kStatusDigits) m_state = State::kReason;
        break;
      default:
        if (m_word_length == kStatusDigits && c != ' ') {
          return Refuse("its status is no number of three digits"), p;
        }
        ++m_word_length;
        if (!Is(c, kText)) return Refuse("its reason has a control character"), p;
    }
  }
  return p;
}

const char* HttpReplyParser::ReadName(const char* p, const char* end) {
  const char* const stop = Stop(p, end, m_room);
  const char* const begin = p;
  for (; p < stop && Is(*p, kToken); ++p) {
    if (m_word_length < m_word.size()) m_word[m_word_length++] = *p;
  }
  m_room -= static_cast<size_t>(p - begin);
  if (p == end) return p;
  if (m_room == 0) return Refuse("its head is longer than allowed"), p;
  if (*p != ':' || m_word_length == 0) return Refuse("a header's name is no token"), p;
  --m_room;
  EndName();
  return p + 1;
}

void HttpReplyParser::EndName() {
  const std::string_view name(m_word.data(), m_word_length);
  m_field = Field::kOther;
  if (EqualsIgnoringCase(name, "content-length")) m_field = Field::kContentLength;
  if (EqualsIgnoringCase(name, "transfer-encoding")) m_field = Field::kTransferEncoding;
  m_word_length = 0;
  m_state = State::kValueStart;
}

const char* HttpReplyParser::ReadValue(const char* p, const char* end) {
  const char* const stop = Stop(p, end, m_room);
  const char* const begin = p;
  if (m_state == State::kValueStart) {
    while (p < stop && IsWhite(*p)) ++p;
    if (p < stop) m_state = State::kValue;
  }
  if (m_field == Field::kOther) {
    while (p < stop && Is(*p, kText)) ++p;
  } else {
    for (; p < stop && Is(*p, kText); ++p) {
      if (m_word_length == m_word.size())
        return Refuse("the header that says how long its body is is too long"), p;
      m_word[m_word_length++] = *p;
    }
  }
  m_room -= static_cast<size_t>(p - begin);
  if (p == end) return p;
  if (*p == '\r') {
    m_state = State::kLineLf;
    return p + 1;
  }
  return Refuse(m_room == 0 ? "its head is longer than allowed" : "a header's value has a control character"),
         p;
}

bool HttpReplyParser::EndField() {
  const std::string_view value = TrimOws({m_word.data(), m_word_length});
  const Field field = std::exchange(m_field, Field::kOther);
  if (field == Field::kContentLength) return EndContentLength(value);
  if (field != Field::kTransferEncoding) return true;
  if (m_minor == 0) return Refuse("it has a Transfer-Encoding, which HTTP/1.0 does not know");
  if (m_chunked || m_has_length) return Refuse("it says more than once how long its body is");
  if (!EqualsIgnoringCase(value, "chunked")) return Refuse("its Transfer-Encoding is not chunked");
  m_chunked = true;
  return true;
}

bool HttpReplyParser::EndContentLength(std::string_view value) {
  if (m_has_length || m_chunked) return Refuse("it says more than once how long its body is");
  m_has_length = true;
  const auto digit = [](char c) { return Is(c, kDigit); };
  if (value.empty() || !std::all_of(value.begin(), value.end(), digit)) {
    return Refuse("its Content-Length is no decimal number");
  }
  while (value.size() > 1 && value.front() == '0') value.remove_prefix(1);
  if (value.size() > kMaxLengthDigits) return Refuse("its Content-Length has too many digits");
  for (const char c : value) m_content_length = m_content_length * 10 + static_cast<uint64_t>(c - '0');
  return true;
}

// RFC 9112 6.3.
void HttpReplyParser::EndHead() {
  using Framing = HttpBodyReader::Framing;
  const bool without_body = m_status < 200 || m_status == kNoContent || m_status == kNotModified ||
                            m_asked == Asked::kHead || (m_asked == Asked::kConnect && m_status < 300);
  const Framing framing = without_body   ? Framing::kNone
                          : m_chunked    ? Framing::kChunked
                          : m_has_length ? Framing::kLength
                                         : Framing::kToTheEnd;
  m_body.Begin(framing, m_content_length, m_limits);
  m_state = State::kBody;
}

}  // namespace bitcoin_support
