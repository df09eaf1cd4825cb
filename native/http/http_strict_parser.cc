#include "http/http_strict_parser.h"

#include <algorithm>

#include "http/field_value.h"
#include "http/http_characters.h"

namespace bitcoin_support {
namespace {

using http_characters::EndOfRoom;
using http_characters::Is;
using http_characters::kDigit;
using http_characters::kHostByte;
using http_characters::kTargetByte;
using http_characters::kToken;

constexpr unsigned kConnect = MethodNamed("CONNECT");

int StatusOf(HttpHeadReader::Fault fault) {
  switch (fault) {
    case HttpHeadReader::Fault::kTooLong:
      return 431;
    case HttpHeadReader::Fault::kLengthTooLarge:
      return 413;
    default:
      return 400;
  }
}

}  // namespace

void HttpStrictParser::Reset() {
  m_state = State::kStart;
  m_leading = m_percent = m_minor = 0;
  m_has_host = m_expects_continue = m_odd_expectation = false;
  m_status = m_later_status = 0;
  m_room = m_limits->head;
  m_method_length = m_target_length = m_version_length = 0;
  m_fields.Begin(0, 0);
}

HttpStrictParser::Result HttpStrictParser::Feed(const char* data, size_t size) {
  if (m_state == State::kBody) return FeedBody(data, size);
  const char* p = data;
  const char* const end = data + size;
  while (p < end && m_state != State::kRefused) {
    p = m_state == State::kFields ? ReadFields(p, end) : ReadRequestLine(p, end);
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

// Reads at least one byte unless it refuses, and more where many of a kind follow each other.
const char* HttpStrictParser::ReadRequestLine(const char* p, const char* end) {
  switch (m_state) {
    case State::kStart:
      if (*p == '\r' && m_leading == 0) {
        m_state = State::kStartLf;
        return p + 1;
      }
      m_state = State::kMethod;
      [[fallthrough]];
    case State::kMethod:
      return ReadMethod(p, end);
    case State::kStartLf:
      if (*p != '\n') return Refuse(400), p;
      m_leading = 2;
      m_state = State::kStart;
      return p + 1;
    case State::kTarget:
      return ReadTarget(p, end);
    case State::kVersion:
      for (; p < end && *p != '\r'; ++p) {
        if (m_version_length == m_version.size()) return Refuse(400), p;
        if (!Charge(414)) return p;
        m_version[m_version_length++] = *p;
      }
      if (p == end) return p;
      m_state = State::kRequestLineLf;
      return p + 1;
    case State::kRequestLineLf:
      if (*p != '\n' || !EndVersion()) return Refuse(400), p;
      m_fields.Begin(m_room, m_minor);
      m_state = State::kFields;
      return p + 1;
    case State::kFields:
    case State::kBody:
    case State::kRefused:
      break;
  }
  return p;
}

const char* HttpStrictParser::ReadMethod(const char* p, const char* end) {
  const char* const begin = p;
  const char* const stop = EndOfRoom(p, end, std::min(m_room, kMaxMethod - m_method_length));
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
  // The target of CONNECT may be an IPv6 address.
  if (m_target_length == 0 && *p != '/' && *p != '*' && !(Is(*p, kHostByte) && Is(*p, kToken)) &&
      !(*p == '[' && command() == kConnect)) {
    return Refuse(400), p;
  }
  const char* const begin = p;
  const char* const stop = EndOfRoom(p, end, m_room);
  uint8_t percent = m_percent;
  for (; p < stop && Is(*p, kTargetByte); ++p) {
    // %00: decoded, it would end a path in C.
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
  m_state = State::kVersion;
  return p + 1;
}

bool HttpStrictParser::EndVersion() {
  const std::string_view version(m_version.data(), m_version_length);
  if (version.size() != m_version.size() || version.substr(0, 5) != "HTTP/" || !Is(version[5], kDigit) ||
      version[6] != '.' || !Is(version[7], kDigit)) {
    return false;
  }
  if (version[5] != '1' || version[7] > '1') m_later_status = 505;
  m_minor = static_cast<uint8_t>(version[7] - '0');
  return true;
}

const char* HttpStrictParser::ReadFields(const char* p, const char* end) {
  const auto [step, used] = m_fields.Feed(p, static_cast<size_t>(end - p));
  switch (step) {
    case HttpHeadReader::Step::kMore:
      break;
    case HttpHeadReader::Step::kField:
      TakeField(m_fields.value());
      break;
    case HttpHeadReader::Step::kEnd:
      EndHead();
      break;
    case HttpHeadReader::Step::kRefused:
      Refuse(StatusOf(m_fields.fault()));
      break;
  }
  return p + used;
}

void HttpStrictParser::TakeField(std::string_view value) {
  if (static_cast<Field>(m_fields.kept()) == Field::kHost) {
    EndHost(value);
  } else {
    (EqualsIgnoringCase(value, "100-continue") ? m_expects_continue : m_odd_expectation) = true;
  }
}

bool HttpStrictParser::EndHost(std::string_view value) {
  if (m_has_host) return Refuse(400);
  m_has_host = true;
  return std::all_of(value.begin(), value.end(), [](char c) { return Is(c, kHostByte); }) || Refuse(400);
}

bool HttpStrictParser::EndHead() {
  if (m_later_status != 0) return Refuse(m_later_status);
  if (m_minor >= 1 && !m_has_host) return Refuse(400);
  if (has_body() && !LibeventReadsBody(command())) return Refuse(400);
  if (m_minor == 0) m_expects_continue = m_odd_expectation = false;
  if (m_odd_expectation) return Refuse(417);
  if (content_length() > std::max(m_limits->body, m_limits->streamed_body)) return Refuse(413);
  m_body.Begin(chunked() ? HttpBodyReader::Framing::kChunked : HttpBodyReader::Framing::kLength,
               content_length(), *m_limits);
  m_state = State::kBody;
  return true;
}

}  // namespace bitcoin_support
