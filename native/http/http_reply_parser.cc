#include "http/http_reply_parser.h"

#include <string_view>

#include "http/http_characters.h"
#include "http/http_status.h"

namespace bitcoin_support {
namespace {

using http_characters::Is;
using http_characters::kDigit;
using http_characters::kText;

constexpr std::string_view kVersion = "HTTP/1.";
constexpr size_t kStatusDigits = 3;

// Indexed by HttpHeadReader::Fault.
constexpr const char* kHeadFaults[] = {
    "",
    "its head is longer than allowed",
    "a line of its head does not end in CR LF",
    "its head does not end in CR LF",
    "a header's name is no token",
    "a header's value has a control character",
    "the header that says how long its body is is too long",
    "it says more than once how long its body is",
    "its Content-Length is no decimal number",
    "its Content-Length has too many digits",
    "it has a Transfer-Encoding, which HTTP/1.0 does not know",
    "its Transfer-Encoding is not chunked",
};

const char* TextOf(HttpHeadReader::Fault fault) { return kHeadFaults[static_cast<size_t>(fault)]; }

}  // namespace

void HttpReplyParser::Begin(Asked asked) {
  m_state = State::kVersion;
  m_asked = asked;
  m_minor = m_status = 0;
  m_fault = "";
  m_room = m_limits.head;
  m_length = 0;
}

HttpReplyParser::Result HttpReplyParser::Feed(const char* data, size_t size) {
  if (m_state == State::kBody) return FeedBody(data, size);
  const char* p = data;
  const char* const end = data + size;
  while (p < end && m_state != State::kRefused) {
    p = m_state == State::kFields ? ReadFields(p, end) : ReadFirstLine(p, end);
    if (m_state == State::kBody) return {Step::kHead, static_cast<size_t>(p - data)};
  }
  return {m_state == State::kRefused ? Step::kRefused : Step::kMore, static_cast<size_t>(p - data)};
}

HttpReplyParser::Result HttpReplyParser::FeedBody(const char* data, size_t size) {
  const auto [step, used] = m_body.Feed(data, size);
  switch (step) {
    case HttpBodyReader::Step::kData:
      return {Step::kData, used};
    case HttpBodyReader::Step::kExtension:
      return {Step::kExtension, used};
    case HttpBodyReader::Step::kFraming:
      return {Step::kMore, used};
    case HttpBodyReader::Step::kRefused:
      break;
  }
  Refuse(m_body.fault());
  return {Step::kRefused, used};
}

bool HttpReplyParser::Refuse(const char* fault) {
  m_state = State::kRefused;
  m_fault = fault;
  return false;
}

bool HttpReplyParser::Charge() {
  if (m_room == 0) return Refuse(TextOf(HttpHeadReader::Fault::kTooLong));
  --m_room;
  return true;
}

// Reads at least one byte unless it refuses.
const char* HttpReplyParser::ReadFirstLine(const char* p, const char* end) {
  for (; p < end; ++p) {
    const char c = *p;
    if (m_state == State::kFirstLf) {
      if (c != '\n') return Refuse(TextOf(HttpHeadReader::Fault::kLineEnd)), p;
      m_fields.Begin(m_room, m_minor);
      m_state = State::kFields;
      return p + 1;
    }
    if (c == '\r' && m_state == State::kReason) {
      m_state = State::kFirstLf;
      continue;
    }
    if (!Charge()) return p;
    switch (m_state) {
      case State::kVersion:
        if (m_length < kVersion.size()) {
          if (c != kVersion[m_length]) return Refuse("it does not begin with HTTP/1"), p;
        } else if (m_length == kVersion.size()) {
          if (!Is(c, kDigit)) return Refuse("its version is none"), p;
          m_minor = c - '0';
        } else {
          if (c != ' ') return Refuse("its version is none"), p;
          m_state = State::kStatus;
          m_length = 0;
          continue;
        }
        ++m_length;
        break;
      case State::kStatus:
        if (!Is(c, kDigit) || (m_length == 0 && c == '0')) {
          return Refuse("its status is no number of three digits"), p;
        }
        m_status = m_status * 10 + (c - '0');
        if (++m_length == kStatusDigits) m_state = State::kReason;
        break;
      default:
        if (m_length == kStatusDigits && c != ' ') {
          return Refuse("its status is no number of three digits"), p;
        }
        ++m_length;
        if (!Is(c, kText)) return Refuse("its reason has a control character"), p;
    }
  }
  return p;
}

const char* HttpReplyParser::ReadFields(const char* p, const char* end) {
  const auto [step, used] = m_fields.Feed(p, static_cast<size_t>(end - p));
  if (step == HttpHeadReader::Step::kRefused) Refuse(TextOf(m_fields.fault()));
  if (step == HttpHeadReader::Step::kEnd) EndHead();
  return p + used;
}

// RFC 9112 6.3.
void HttpReplyParser::EndHead() {
  using Framing = HttpBodyReader::Framing;
  const bool without_body =
      !StatusHasBody(m_status) || m_asked == Asked::kHead || (m_asked == Asked::kConnect && m_status < 300);
  const Framing framing = without_body                    ? Framing::kNone
                          : m_fields.chunked()            ? Framing::kChunked
                          : m_fields.has_content_length() ? Framing::kLength
                                                          : Framing::kToTheEnd;
  m_body.Begin(framing, m_fields.content_length(), m_limits);
  m_state = State::kBody;
}

}  // namespace bitcoin_support
