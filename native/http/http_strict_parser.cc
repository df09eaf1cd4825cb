#include "http/http_strict_parser.h"

#include <algorithm>

#include "http/http_characters.h"

namespace bitcoin_support {
namespace {

using http_characters::Is;
using http_characters::kDigit;
using http_characters::kHostByte;
using http_characters::kTargetByte;
using http_characters::kText;
using http_characters::kToken;

// Only the letters of header names and of tokens that are compared come here.
char Lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c; }

bool EqualsLower(std::string_view text, std::string_view lower) {
  return text.size() == lower.size() &&
         std::equal(text.begin(), text.end(), lower.begin(), [](char a, char b) { return Lower(a) == b; });
}

// The end of what may be read when there is room for so much.
const char* Stop(const char* p, const char* end, size_t room) {
  return p + std::min(static_cast<size_t>(end - p), room);
}

// EVHTTP_REQ_CONNECT
constexpr unsigned kConnect = 1 << 7;

constexpr size_t kVersionLength = std::string_view("HTTP/1.1").size();

// Fits into 64 bits with room to spare, and is more than anyone sends.
constexpr size_t kMaxLengthDigits = 18;

}  // namespace

void HttpStrictParser::Reset() {
  m_state = State::kStart;
  m_field = Field::kOther;
  m_leading = m_percent = m_minor = 0;
  m_has_host = m_has_length = m_chunked = m_expects_continue = m_odd_expectation = m_tabs = false;
  m_status = m_later_status = 0;
  m_room = m_limits->head;
  m_position = m_method_length = m_target_length = m_framing_hyphen = m_name_begin = 0;
  m_content_length = 0;
  m_word_length = 0;
}

HttpStrictParser::Result HttpStrictParser::Feed(const char* data, size_t size) {
  const char* p = data;
  const char* const end = data + size;
  if (m_state == State::kBody) return FeedBody(data, size);
  while (p < end && m_state != State::kRefused) {
    const char* const next = ReadHead(p, end);
    m_position += static_cast<size_t>(next - p);
    p = next;
    if (m_state == State::kBody) return {Step::kHead, static_cast<size_t>(p - data)};
  }
  return {m_state == State::kRefused ? Step::kRefused : Step::kMore, static_cast<size_t>(p - data)};
}

HttpStrictParser::Result HttpStrictParser::FeedBody(const char* data, size_t size) {
  const auto [step, used] = m_body.Feed(data, size);
  switch (step) {
    case HttpBodyReader::Step::kData:
      return {Step::kData, used};
    case HttpBodyReader::Step::kRefused:
      Refuse(m_body.status());
      return {Step::kRefused, used};
    case HttpBodyReader::Step::kFraming:
    case HttpBodyReader::Step::kExtension:
      break;
  }
  return {Step::kMore, used};
}

unsigned HttpStrictParser::command() const {
  for (size_t i = 0; i < kMethods.size(); ++i) {
    if (method() == kMethods[i]) return 1u << i;
  }
  return 0;
}

bool HttpStrictParser::Refuse(int status) {
  m_state = State::kRefused;
  m_status = status;
  return false;
}

bool HttpStrictParser::Charge(int status) {
  if (m_room == 0) return Refuse(status);
  --m_room;
  return true;
}

// Reads at least one byte, and more where many of a kind follow each other.
const char* HttpStrictParser::ReadHead(const char* p, const char* end) {
  const char c = *p;
  switch (m_state) {
    case State::kStart:
      if (c == '\r' && m_leading == 0) {
        m_state = State::kStartLf;
        return p + 1;
      }
      m_state = State::kMethod;
      [[fallthrough]];
    case State::kMethod:
      return ReadMethod(p, end);
    case State::kStartLf:
      if (c != '\n') return Refuse(400), p;
      m_leading = 2;
      // Feed() counts this byte, too; the request begins behind it.
      m_position = SIZE_MAX;
      m_state = State::kStart;
      return p + 1;
    case State::kTarget:
      return ReadTarget(p, end);
    case State::kVersion:
      for (; p < end && *p != '\r'; ++p) {
        if (m_word_length == kVersionLength) return Refuse(400), p;
        if (!Charge(414)) return p;
        m_word[m_word_length++] = *p;
      }
      if (p == end) return p;
      m_state = State::kRequestLineLf;
      return p + 1;
    case State::kRequestLineLf:
      if (c != '\n' || !EndVersion()) return Refuse(400), p;
      m_state = State::kLineStart;
      return p + 1;
    case State::kLineStart:
      if (c == '\r') {
        m_state = State::kHeadLf;
        return p + 1;
      }
      m_word_length = 0;
      m_name_begin = m_position;
      m_state = State::kName;
      [[fallthrough]];
    case State::kName:
      return ReadName(p, end);
    case State::kValueStart:
    case State::kValue:
      return ReadValue(p, end);
    case State::kLineLf:
      if (c != '\n') return Refuse(400), p;
      m_state = State::kLineStart;
      return p + 1;
    case State::kHeadLf:
      if (c != '\n') return Refuse(400), p;
      EndHead();
      return p + 1;
    default:
      return p;
  }
}

const char* HttpStrictParser::ReadMethod(const char* p, const char* end) {
  const char* const begin = p;
  const char* const stop = Stop(p, end, std::min(m_room, kMaxMethod - m_method_length));
  char* method = m_method.data() + m_method_length;
  while (p < stop && Is(*p, kToken)) *method++ = *p++;
  m_method_length += static_cast<size_t>(p - begin);
  m_room -= static_cast<size_t>(p - begin);
  if (p == end) return p;
  if (m_room == 0) return Refuse(414), p;
  if (*p == ' ' && m_method_length > 0) {
    --m_room;
    m_state = State::kTarget;
    return p + 1;
  }
  return Refuse(Is(*p, kToken) ? 501 : 400), p;
}

const char* HttpStrictParser::ReadTarget(const char* p, const char* end) {
  // What CONNECT asks for may be an address of IPv6.
  if (m_target_length == 0 && *p != '/' && *p != '*' && !(Is(*p, kHostByte) && Is(*p, kToken)) &&
      !(*p == '[' && command() == kConnect)) {
    return Refuse(400), p;
  }
  const char* const begin = p;
  const char* const stop = Stop(p, end, m_room);
  uint8_t percent = m_percent;
  for (; p < stop && Is(*p, kTargetByte); ++p) {
    // Decoded it would end a path in C.
    if (*p == '%') {
      percent = 1;
    } else if (percent != 0) {
      if (*p != '0') {
        percent = 0;
      } else if (++percent == 3) {
        return Refuse(400), p;
      }
    }
  }
  m_percent = percent;
  m_target_length += static_cast<size_t>(p - begin);
  m_room -= static_cast<size_t>(p - begin);
  if (p == end) return p;
  if (m_room == 0) return Refuse(414), p;
  if (*p != ' ') return Refuse(400), p;
  --m_room;
  m_word_length = 0;
  m_state = State::kVersion;
  return p + 1;
}

bool HttpStrictParser::EndVersion() {
  const std::string_view version(m_word.data(), m_word_length);
  if (version.size() != kVersionLength || version.substr(0, 5) != "HTTP/" || !Is(version[5], kDigit) ||
      version[6] != '.' || !Is(version[7], kDigit)) {
    return false;
  }
  if (version[5] != '1' || version[7] > '1') m_later_status = 505;
  m_minor = static_cast<uint8_t>(version[7] - '0');
  return true;
}

const char* HttpStrictParser::ReadName(const char* p, const char* end) {
  const char* const stop = Stop(p, end, m_room);
  const char* const begin = p;
  while (p < stop && Is(*p, kToken)) ++p;
  m_room -= static_cast<size_t>(p - begin);
  // Nearly always a name comes in one piece, and need not be kept.
  std::string_view name(begin, static_cast<size_t>(p - begin));
  if (m_word_length > 0 || p == end) {
    name = name.substr(0, m_word.size() - m_word_length);
    std::copy(name.begin(), name.end(), m_word.begin() + m_word_length);
    m_word_length += name.size();
    name = {m_word.data(), m_word_length};
  }
  if (p == end) return p;
  if (m_room == 0) return Refuse(431), p;
  // A space before the colon, or at the start of the line, is what lets two readers disagree.
  if (*p != ':' || name.empty()) return Refuse(400), p;
  --m_room;
  EndName(name);
  m_state = State::kValueStart;
  m_word_length = 0;
  return p + 1;
}

void HttpStrictParser::EndName(std::string_view name) {
  m_field = Field::kOther;
  switch (name.size()) {
    case 4:
      if (EqualsLower(name, "host")) m_field = Field::kHost;
      break;
    case 6:
      if (EqualsLower(name, "expect")) m_field = Field::kExpect;
      break;
    case 14:
      if (EqualsLower(name, "content-length")) m_field = Field::kContentLength;
      break;
    case 17:
      if (EqualsLower(name, "transfer-encoding")) m_field = Field::kTransferEncoding;
      break;
    default:
      break;
  }
}

const char* HttpStrictParser::ReadValue(const char* p, const char* end) {
  const char* const stop = Stop(p, end, m_room);
  const char* const begin = p;
  if (m_state == State::kValueStart) {
    for (; p < stop && (*p == ' ' || *p == '\t'); ++p) m_tabs |= *p == '\t';
    if (p < stop) m_state = State::kValue;
  }
  if (m_field == Field::kOther) {
    while (p < stop && Is(*p, kText)) ++p;
  } else {
    size_t length = m_word_length;
    for (; p < stop && Is(*p, kText); ++p) {
      if (length == m_word.size()) return Refuse(400), p;
      m_word[length++] = *p;
    }
    m_word_length = length;
  }
  m_room -= static_cast<size_t>(p - begin);
  if (p == end) return p;
  if (*p == '\r') {
    if (EndValue()) m_state = State::kLineLf;
    return p + 1;
  }
  return Refuse(m_room == 0 ? 431 : 400), p;
}

bool HttpStrictParser::EndValue() {
  if (m_field == Field::kOther) return true;
  std::string_view value(m_word.data(), m_word_length);
  while (!value.empty() && (value.back() == ' ' || value.back() == '\t')) value.remove_suffix(1);
  switch (m_field) {
    case Field::kHost:
      return EndHost(value);
    case Field::kContentLength:
      return EndContentLength(value);
    case Field::kTransferEncoding:
      // In HTTP/1.0 it says nothing about the body, and whoever passed it on did not know.
      if (m_chunked || m_has_length || m_minor == 0 || !EqualsLower(value, "chunked")) return Refuse(400);
      m_chunked = true;
      m_framing_hyphen = m_name_begin + 8;
      return true;
    case Field::kExpect:
      (EqualsLower(value, "100-continue") ? m_expects_continue : m_odd_expectation) = true;
      return true;
    case Field::kOther:
      break;
  }
  return true;
}

bool HttpStrictParser::EndHost(std::string_view value) {
  if (m_has_host) return Refuse(400);
  m_has_host = true;
  return std::all_of(value.begin(), value.end(), [](char c) { return Is(c, kHostByte); }) || Refuse(400);
}

bool HttpStrictParser::EndContentLength(std::string_view value) {
  if (m_has_length || m_chunked || value.empty()) return Refuse(400);
  m_has_length = true;
  m_framing_hyphen = m_name_begin + 7;
  while (value.size() > 1 && value.front() == '0') value.remove_prefix(1);
  for (const char c : value) {
    if (!Is(c, kDigit)) return Refuse(400);
  }
  if (value.size() > kMaxLengthDigits) return Refuse(413);
  for (const char c : value) m_content_length = m_content_length * 10 + static_cast<uint64_t>(c - '0');
  return true;
}

bool HttpStrictParser::EndHead() {
  if (m_later_status != 0) return Refuse(m_later_status);
  if (m_minor >= 1 && !m_has_host) return Refuse(400);
  // libevent reads no body of these, whatever their headers say: it takes it for the next request.
  if (has_body() && (method() == "HEAD" || method() == "TRACE")) return Refuse(400);
  if (m_minor == 0) m_expects_continue = m_odd_expectation = false;
  if (m_odd_expectation) return Refuse(417);
  if (m_content_length > std::max(m_limits->body, m_limits->streamed_body)) return Refuse(413);
  m_body.Begin(m_chunked ? HttpBodyReader::Framing::kChunked : HttpBodyReader::Framing::kLength,
               m_content_length, *m_limits);
  m_state = State::kBody;
  return true;
}

}  // namespace bitcoin_support
