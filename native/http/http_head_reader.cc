#include "http/http_head_reader.h"

#include <algorithm>
#include <utility>

#include "http/field_value.h"
#include "http/http_characters.h"

namespace bitcoin_support {
namespace {

using http_characters::EndOfRoom;
using http_characters::Is;
using http_characters::IsWhite;
using http_characters::kText;
using http_characters::kToken;

// Fits into 64 bits, and is more than any peer sends.
constexpr size_t kMaxLengthDigits = 18;

constexpr std::string_view kContentLength = "content-length";
constexpr std::string_view kTransferEncoding = "transfer-encoding";
constexpr size_t kContentLengthHyphen = kContentLength.find('-');
constexpr size_t kTransferEncodingHyphen = kTransferEncoding.find('-');

// Whether a token is `lower`, which consists of letters and hyphens. The bit is that of a letter's case. No
// other byte of a token becomes one of these when it is set.
bool IsNamed(std::string_view token, std::string_view lower) {
  return token.size() == lower.size() && std::equal(token.begin(), token.end(), lower.begin(),
                                                    [](char c, char l) { return (c | 0x20) == l; });
}

}  // namespace

void HttpHeadReader::Begin(size_t room, int minor) {
  m_state = State::kLineStart;
  m_field = Field::kNone;
  m_fault = Fault::kNone;
  m_has_length = m_chunked = m_tabs = false;
  m_minor = minor;
  m_room = room;
  m_read = m_framing_hyphen = 0;
  m_content_length = 0;
  m_word_length = 0;
}

HttpHeadReader::Result HttpHeadReader::Feed(const char* data, size_t size) {
  const char* p = data;
  const char* const end = data + size;
  m_piece = data;
  m_step = m_state == State::kRefused ? Step::kRefused : Step::kMore;
  while (p < end && m_step == Step::kMore) p = Read(p, end);
  const auto used = static_cast<size_t>(p - data);
  m_read += used;
  return {m_step, used};
}

void HttpHeadReader::Refuse(Fault fault) {
  m_state = State::kRefused;
  m_step = Step::kRefused;
  m_fault = fault;
}

// Reads at least one byte unless there is a step. A line that is all there is read to its end: most are, and
// each return costs a test and a jump.
const char* HttpHeadReader::Read(const char* p, const char* end) {
  switch (m_state) {
    case State::kLineStart:
      return BeginLine(p, end);
    case State::kName:
      return ReadName(p, end);
    case State::kValueStart:
    case State::kValue:
      return ReadValue(p, end);
    case State::kLineEnd:
      if (*p != '\n') return Refuse(Fault::kLineEnd), p;
      m_state = State::kLineStart;
      return p + 1;
    case State::kHeadEnd:
      if (*p != '\n') return Refuse(Fault::kHeadEnd), p;
      m_step = Step::kEnd;
      return p + 1;
    case State::kRefused:
      break;
  }
  return p;
}

const char* HttpHeadReader::BeginLine(const char* p, const char* end) {
  if (m_folds && m_field != Field::kNone) {
    if (IsWhite(*p)) {
      // The line goes on, and the fold is a space.
      if (m_field != Field::kOther && m_word_length < m_max_value) m_word[m_word_length++] = ' ';
      m_state = State::kValueStart;
      return ReadValue(p, end);
    }
    EndValue();
    if (m_step != Step::kMore) return p;
  }
  if (*p == '\r') {
    m_state = State::kHeadEnd;
    return p + 1;
  }
  m_word_length = 0;
  m_state = State::kName;
  return ReadName(p, end);
}

const char* HttpHeadReader::ReadName(const char* p, const char* end) {
  const char* const stop = EndOfRoom(p, end, m_room);
  const char* const begin = p;
  while (p < stop && Is(*p, kToken)) ++p;
  m_room -= static_cast<size_t>(p - begin);
  // A name nearly always comes in one piece. Then it is not copied.
  std::string_view name(begin, static_cast<size_t>(p - begin));
  if (m_word_length > 0 || p == end) {
    const std::string_view kept = name.substr(0, m_max_value - m_word_length);
    std::copy(kept.begin(), kept.end(), m_word.begin() + m_word_length);
    m_word_length += kept.size();
    name = {m_word.data(), m_word_length};
  }
  if (p == end) return p;
  if (m_room == 0) return Refuse(Fault::kTooLong), p;
  // With a space before the colon, or at the start of the line, two parsers can disagree.
  if (*p != ':' || name.empty()) return Refuse(Fault::kName), p;
  --m_room;
  m_word_length = 0;
  m_state = State::kValueStart;
  m_field = FieldNamed(name);
  if (m_field == Field::kContentLength || m_field == Field::kTransferEncoding) {
    const size_t hyphen = m_field == Field::kContentLength ? kContentLengthHyphen : kTransferEncodingHyphen;
    m_framing_hyphen = m_read + static_cast<size_t>(p - m_piece) - name.size() + hyphen;
  }
  ++p;
  return p < end ? ReadValue(p, end) : p;
}

HttpHeadReader::Field HttpHeadReader::FieldNamed(std::string_view name) {
  if (IsNamed(name, kContentLength)) return Field::kContentLength;
  if (IsNamed(name, kTransferEncoding)) return Field::kTransferEncoding;
  if (name.size() < 32 && (m_kept_sizes >> name.size() & 1) != 0) {
    for (size_t i = 0; i < m_kept_names.size(); ++i) {
      if (!IsNamed(name, m_kept_names[i])) continue;
      m_kept = i;
      return Field::kKept;
    }
  }
  return Field::kOther;
}

const char* HttpHeadReader::ReadValue(const char* p, const char* end) {
  const char* const stop = EndOfRoom(p, end, m_room);
  const char* const begin = p;
  if (m_state == State::kValueStart) {
    for (; p < stop && IsWhite(*p); ++p) m_tabs |= *p == '\t';
    if (p < stop) m_state = State::kValue;
  }
  if (m_field == Field::kOther) {
    while (p < stop && Is(*p, kText)) ++p;
  } else {
    size_t length = m_word_length;
    for (; p < stop && Is(*p, kText); ++p) {
      if (length == m_max_value) return Refuse(Fault::kValueTooLong), p;
      m_word[length++] = *p;
    }
    m_word_length = length;
  }
  m_room -= static_cast<size_t>(p - begin);
  if (p == end) return p;
  if (*p != '\r') return Refuse(m_room == 0 ? Fault::kTooLong : Fault::kValue), p;
  m_state = State::kLineEnd;
  if (!m_folds && m_field != Field::kOther) EndValue();
  ++p;
  if (p < end && *p == '\n' && m_step == Step::kMore) {
    m_state = State::kLineStart;
    ++p;
  }
  return p;
}

void HttpHeadReader::EndValue() {
  if (m_field == Field::kOther) return;
  m_value = TrimOws({m_word.data(), m_word_length});
  switch (std::exchange(m_field, Field::kOther)) {
    case Field::kContentLength:
      TakeContentLength(m_value);
      break;
    case Field::kTransferEncoding:
      TakeTransferEncoding(m_value);
      break;
    case Field::kKept:
      m_step = Step::kField;
      break;
    case Field::kNone:
    case Field::kOther:
      break;
  }
}

void HttpHeadReader::TakeContentLength(std::string_view value) {
  if (m_has_length || m_chunked) return Refuse(Fault::kLengthTwice);
  m_has_length = true;
  if (!AllDigits(value)) return Refuse(Fault::kLengthNoNumber);
  while (value.size() > 1 && value.front() == '0') value.remove_prefix(1);
  if (value.size() > kMaxLengthDigits) return Refuse(Fault::kLengthTooLarge);
  for (const char c : value) m_content_length = m_content_length * 10 + static_cast<uint64_t>(c - '0');
}

void HttpHeadReader::TakeTransferEncoding(std::string_view value) {
  // HTTP/1.0 does not know the field: a proxy may have passed it on without following it.
  if (m_minor == 0) return Refuse(Fault::kOldEncoding);
  if (m_chunked || m_has_length) return Refuse(Fault::kLengthTwice);
  if (!EqualsIgnoringCase(value, "chunked")) return Refuse(Fault::kEncoding);
  m_chunked = true;
}

}  // namespace bitcoin_support
