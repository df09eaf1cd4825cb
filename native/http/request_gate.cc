#include "http/request_gate.h"

#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/http.h>
#include <event2/http_struct.h>
#include <event2/keyvalq_struct.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <new>
#include <utility>

#include "buffers/evbuffer_moves.h"
#include "http/flag_scope.h"
#include "http/http_target.h"
#include "http/request_rules.h"
#include "libevent/catch_bad_alloc.h"
#include "loop/event_base.h"

namespace bitcoin_support {
namespace {

// Replaces the hyphen in the name of a header that evhttp must not follow. The parser refuses this byte.
constexpr char kHidden = '\x01';

// How much of a streamed body waits for its handler at most.
constexpr size_t kFullBody = 64 * 1024;

constexpr std::string_view kHarmless = "GET / HTTP/1.1\r\n\r\n";
// For a HEAD: the answer to it has no body.
constexpr std::string_view kHarmlessHead = "HEAD / HTTP/1.1\r\n\r\n";

evbuffer* Ensure(UniqueBuffer& buffer) {
  if (buffer == nullptr) buffer = NewBuffer();
  return buffer.get();
}

size_t Length(const evbuffer* buffer) { return buffer == nullptr ? 0 : evbuffer_get_length(buffer); }
size_t Length(const UniqueBuffer& buffer) { return Length(buffer.get()); }

void Clear(evbuffer* buffer) {
  if (buffer != nullptr) evbuffer_drain(buffer, evbuffer_get_length(buffer));
}
void Clear(const UniqueBuffer& buffer) { Clear(buffer.get()); }

}  // namespace

RequestGate::RequestGate(EventBase& base, bufferevent* bev, const RequestRules& rules, Owner& owner)
    : m_base(base),
      m_bev(bev),
      m_input(bufferevent_get_input(bev)),
      m_rules(rules),
      m_owner(owner),
      m_parser(rules.limits) {
  if (evbuffer_add_cb(m_input, OnInput, this) == nullptr) throw std::bad_alloc();
}

RequestGate::~RequestGate() {
  ReadIntoInput(m_bev);
  evbuffer_remove_cb(m_input, OnInput, this);
  if (m_deadline != nullptr) event_free(m_deadline);
}

evbuffer* RequestGate::Held() { return Ensure(m_held); }

void RequestGate::OnInput(evbuffer*, const evbuffer_cb_info* info, void* arg) {
  RequestGate& self = *static_cast<RequestGate*>(arg);
  if (info->n_added == 0 || self.m_working) return;
  self.Take(info->n_added);
}

// Does work on the buffers, during which OnInput() leaves them alone. libevent may be the caller.
template <class Work>
void RequestGate::DoOrCut(Work work) {
  const FlagScope working(m_working);
  CatchBadAlloc(work, [this] { m_owner.Cut(); });
}

void RequestGate::Take(size_t added) {
  const EventBase::BusyScope busy(m_base);
  DoOrCut([&] {
    if (m_mode == Mode::kRefused) {
      MoveTail(m_input, Held(), added);
      Clear(m_held);
    } else if (m_mode == Mode::kGiven || Length(m_held) > 0) {
      // evhttp has its request. The rest waits.
      MoveTail(m_input, Held(), added);
      // evhttp reads on while a reply is written, and again when it has been.
      if (m_mode == Mode::kGiven && Length(m_held) >= kFullBody) bufferevent_disable(m_bev, EV_READ);
      if (m_mode != Mode::kGiven || m_body_state == Body::kUnderWay) Advance(m_held.get());
    } else {
      Advance(m_input);
    }
  });
  // JavaScript is called, which may end the connection, and this with it.
  if (m_body_state != Body::kNone) m_owner.OnBody();
}

void RequestGate::Advance(evbuffer* source) {
  for (bool more = true; more;) {
    switch (m_mode) {
      case Mode::kReading:
        more = m_parser.in_head() ? ReadHead(source) : ReadBodyBytes(source);
        break;
      case Mode::kGiven:
        more = m_body_state == Body::kUnderWay && ReadBodyBytes(source);
        break;
      case Mode::kDiscarding:
        more = ReadBodyBytes(source);
        break;
      case Mode::kDraining:
        Drain(source);
        more = false;
        break;
      case Mode::kRefused:
        more = false;
        break;
    }
  }
  if (m_block != nullptr && m_mode == Mode::kReading) ReadInto(m_bev, *this);
  UpdateDeadline();
}

bool RequestGate::ReadHead(evbuffer* source) {
  for (;;) {
    // The next piece that has not been parsed.
    evbuffer_ptr position;
    if (m_scanned == Length(source)) break;
    evbuffer_ptr_set(source, &position, m_scanned, EVBUFFER_PTR_SET);
    evbuffer_iovec piece;
    if (evbuffer_peek(source, -1, &position, &piece, 1) < 1) break;
    const auto [step, used] = m_parser.Feed(static_cast<const char*>(piece.iov_base), piece.iov_len);
    m_scanned += used;
    if (step == HttpStrictParser::Step::kRefused) {
      Refuse(m_parser.status(), source);
      return false;
    }
    if (step == HttpStrictParser::Step::kHead) {
      BeginBody(source);
      return true;
    }
  }
  if (source == m_input && m_scanned > 0) MoveBytes(m_input, Held(), m_scanned);
  return false;
}

// The head has been read; what becomes of the request?
void RequestGate::BeginBody(evbuffer* source) {
  if (m_parser.leading() > 0) {
    evbuffer_drain(source, m_parser.leading());
    m_scanned -= m_parser.leading();
  }
  const bool streamed = m_parser.has_body() && IsStreamed(source);
  if (streamed) m_parser.LimitStreamed();
  if (m_parser.content_length() > (streamed ? m_rules.limits.streamed_body : m_rules.limits.body)) {
    Refuse(413, source);
    return;
  }
  const unsigned command = m_parser.command();
  const bool extension = command == 0 && m_rules.IsExtension(m_parser.method());
  if (!extension && (command & m_rules.methods) == 0) {
    Refuse(501, source);
    return;
  }
  m_extension_method = extension ? m_parser.method() : std::string_view();
  if (!m_parser.has_body()) {
    Give(source, m_scanned);
    return;
  }
  const bool here = !m_parser.chunked() && Length(source) - m_scanned >= m_parser.content_length();
  if (here && !extension && m_rules.streamed.empty()) {
    Give(source, m_scanned + static_cast<size_t>(m_parser.content_length()));
    return;
  }
  MoveBytes(source, Ensure(m_head), std::exchange(m_scanned, 0));
  m_invite = m_parser.expects_continue() && Length(source) == 0;
  Ensure(m_body);
  if (streamed) {
    EnterBody(Body::kUnderWay);
    GiveHead(source);
  } else {
    const uint64_t length = m_parser.content_length();
    if (!m_parser.chunked() && length >= MemoryBlock::kLeast) {
      m_block = std::make_shared<MemoryBlock>(static_cast<size_t>(length));
    }
    InviteBody();
  }
}

// A long body is read into its place. What is left of it is known, so no byte of a later request gets there.
void RequestGate::Took(size_t bytes) {
  const EventBase::BusyScope busy(m_base);
  m_parser.Feed(m_block->end(), bytes);
  m_block->Commit(bytes);
  if (!m_parser.complete()) return;
  DoOrCut([this] {
    EndBody(m_input);
    UpdateDeadline();
  });
  // evhttp has the head to read. It may end the connection, and this gate with it.
  bufferevent_trigger(m_bev, EV_READ, 0);
}

// The body has come whole.
void RequestGate::EndBody(evbuffer* source) {
  ReadIntoInput(m_bev);
  if (m_block != nullptr) MemoryBlock::Append(std::exchange(m_block, nullptr), m_body.get());
  GiveHead(source);
  m_parser.Reset();
}

void RequestGate::ClearBody() {
  ReadIntoInput(m_bev);
  m_block.reset();
  Clear(m_body);
}

// @param source has the head at its front
bool RequestGate::IsStreamed(evbuffer* source) const {
  if (m_rules.streamed.empty()) return false;
  const auto* const bytes =
      reinterpret_cast<const char*>(evbuffer_pullup(source, static_cast<ev_ssize_t>(m_scanned)));
  if (bytes == nullptr) throw std::bad_alloc();
  const std::string_view target(bytes + m_parser.target_begin(), m_parser.target_length());
  return m_rules.streamed.contains(std::string(RawPath(target)));
}

// Makes evhttp find no body behind the head.
void RequestGate::HideFraming() {
  unsigned char* const bytes = evbuffer_pullup(m_head.get(), -1);
  bytes[m_parser.framing_hyphen()] = static_cast<unsigned char>(kHidden);
  m_hidden_framing = true;
}

// Changes the head, the first `head` bytes of `buffer`, so that evhttp reads it correctly. evhttp trims only
// spaces in front of a value, and takes a path that begins with two slashes for a host.
void RequestGate::Amend(evbuffer* buffer, size_t head) {
  const size_t target = m_parser.target_begin();
  const unsigned char* const begin = evbuffer_pullup(buffer, static_cast<ev_ssize_t>(target + 2));
  if (begin == nullptr) throw std::bad_alloc();
  m_hidden_slash = begin[target] == '/' && begin[target + 1] == '/';
  if (!m_hidden_slash && !m_parser.tabs()) return;
  unsigned char* const bytes = evbuffer_pullup(buffer, static_cast<ev_ssize_t>(head));
  if (bytes == nullptr) throw std::bad_alloc();
  if (m_hidden_slash) bytes[target + 1] = static_cast<unsigned char>(kHidden);
  if (!m_parser.tabs()) return;
  unsigned char* const end = bytes + head;
  for (unsigned char* line = std::find(bytes, end, '\n'); line != end;) {
    unsigned char* const next = std::find(++line, end, '\n');
    const auto is_ows = [](unsigned char c) { return c == ' ' || c == '\t'; };
    unsigned char* const value = std::find(line, next, ':');
    if (value != next) std::fill(value + 1, std::find_if_not(value + 1, next, is_ows), ' ');
    line = next;
  }
}

// Gives evhttp the whole request as it came.
void RequestGate::Give(evbuffer* source, size_t length) {
  Enter(Mode::kGiven);
  Amend(source, m_scanned);
  m_scanned = 0;
  m_parser.Reset();
  if (source == m_input) {
    const size_t rest = Length(m_input) - length;
    if (rest > 0) MoveTail(m_input, Held(), rest);
  } else {
    const InputUnlock unlock(m_input);
    MoveBytes(source, m_input, length);
  }
}

// Gives evhttp only the head. The gate keeps the body.
void RequestGate::GiveHead(evbuffer* source) {
  Enter(Mode::kGiven);
  Amend(m_head.get(), Length(m_head));
  HideFraming();
  if (source == m_input) MoveBytes(m_input, Held(), Length(m_input));
  const InputUnlock unlock(m_input);
  MoveBytes(m_head.get(), m_input, Length(m_head));
}

bool RequestGate::ReadBodyBytes(evbuffer* source) {
  const bool given = m_mode == Mode::kGiven;
  if (!m_parser.complete()) {
    // Bytes that were held before GiveHead() moved the rest there.
    if (given) source = Held();
    if (given && body_is_full()) return false;
    evbuffer_iovec piece;
    if (evbuffer_peek(source, -1, nullptr, &piece, 1) < 1) return false;
    const auto [step, used] = m_parser.Feed(static_cast<const char*>(piece.iov_base), piece.iov_len);
    if (step == HttpStrictParser::Step::kRefused) {
      if (given) {
        BreakBody();
      } else {
        Refuse(m_parser.status(), source);
      }
      return false;
    }
    if (step == HttpStrictParser::Step::kData && m_block != nullptr) {
      evbuffer_remove(source, m_block->end(), used);
      m_block->Commit(used);
    } else if (step == HttpStrictParser::Step::kData && m_mode != Mode::kDiscarding) {
      MoveBytes(source, m_body.get(), used);
    } else {
      evbuffer_drain(source, used);
    }
    if (!m_parser.complete()) return true;
  }
  if (given) {
    EnterBody(Body::kWhole);
    m_parser.Reset();
    return false;
  }
  if (m_mode == Mode::kDiscarding) {
    Enter(Mode::kReading);
    m_parser.Reset();
    return true;
  }
  EndBody(source);
  return false;
}

void RequestGate::Refuse(int status, evbuffer* source) {
  m_status = status;
  m_extension_method.clear();
  m_hidden_framing = false;
  Clear(m_head);
  ClearBody();
  if (status == 413 && m_rules.lingering && !m_parser.chunked() && m_parser.content_length() > 0) {
    Enter(Mode::kDraining);
    m_to_drain = m_parser.content_length();
    evbuffer_drain(source, std::exchange(m_scanned, 0));
    Drain(source);
    return;
  }
  Clear(source);
  Clear(m_held);
  GiveRefused();
}

void RequestGate::Drain(evbuffer* source) {
  const auto length = static_cast<size_t>(std::min<uint64_t>(m_to_drain, Length(source)));
  evbuffer_drain(source, length);
  m_to_drain -= length;
  if (m_to_drain > 0) return;
  Clear(source);
  Clear(m_held);
  GiveRefused();
}

void RequestGate::GiveRefused() {
  Enter(Mode::kRefused);
  m_scanned = 0;
  const std::string_view request = m_parser.method() == "HEAD" ? kHarmlessHead : kHarmless;
  const InputUnlock unlock(m_input);
  evbuffer_add(m_input, request.data(), request.size());
}

void RequestGate::Adopt(evhttp_request* request) {
  if (std::exchange(m_hidden_slash, false)) {
    request->uri[1] = '/';
    // libevent's own copy of it, which C can ask for.
    const char* const path = evhttp_uri_get_path(request->uri_elems);
    if (path != nullptr && path[0] == '/' && path[1] == kHidden) const_cast<char*>(path)[1] = '/';
  }
  if (!std::exchange(m_hidden_framing, false)) return;
  for (evkeyval* header = evhttp_request_get_input_headers(request)->tqh_first; header != nullptr;
       header = header->next.tqe_next) {
    char* const hidden = std::strchr(header->key, kHidden);
    if (hidden != nullptr) *hidden = '-';
  }
  if (m_body_state == Body::kNone)
    evbuffer_add_buffer(evhttp_request_get_input_buffer(request), m_body.get());
}

bool RequestGate::Resume() {
  if (m_mode != Mode::kGiven) return m_mode != Mode::kRefused;
  const Body body = m_body_state;
  EnterBody(Body::kNone);
  // A client that was never invited may or may not send its body, so what comes next cannot be parsed.
  if (body == Body::kBroken || (body == Body::kUnderWay && m_invite)) {
    Enter(Mode::kRefused);
    return false;
  }
  ClearBody();
  Enter(body == Body::kUnderWay ? Mode::kDiscarding : Mode::kReading);
  if (Length(m_held) == 0) {
    UpdateDeadline();
    return true;
  }
  DoOrCut([this] { Advance(m_held.get()); });
  return true;
}

bool RequestGate::has_more() const { return Length(m_held) > 0; }

bool RequestGate::body_is_full() const { return Length(m_body) >= kFullBody; }

// All requests before this one have been answered, so nothing else is being written. evhttp would take this
// for the end of a reply, so it goes straight to the socket.
void RequestGate::InviteBody() {
  constexpr std::string_view kContinue = "HTTP/1.1 100 Continue\r\n\r\n";
  if (!std::exchange(m_invite, false)) return;
  const auto sent = send(bufferevent_getfd(m_bev), kContinue.data(), kContinue.size(), 0);
  if (sent != static_cast<ssize_t>(kContinue.size())) m_owner.Cut();
}

void RequestGate::PullBody() {
  if (m_body_state != Body::kUnderWay) return;
  DoOrCut([this] { Advance(Held()); });
}

bool RequestGate::ReadBody(int fd) {
  int count = 0;
  DoOrCut([&] { count = evbuffer_read(Held(), fd, kFullBody); });
  if (count == 0 || (count < 0 && !(errno == EAGAIN || errno == EINTR))) {
    BreakBody();
    return false;
  }
  if (count > 0) PullBody();
  return true;
}

void RequestGate::BreakBody() {
  if (m_body_state != Body::kUnderWay) return;
  EnterBody(Body::kBroken);
  Clear(m_held);
}

void RequestGate::UpdateDeadline() {
  const bool under_way = (m_mode == Mode::kReading && !m_parser.idle()) || m_mode == Mode::kDiscarding ||
                         m_mode == Mode::kDraining;
  const bool on = m_deadline != nullptr && event_pending(m_deadline, EV_TIMEOUT, nullptr) != 0;
  if (under_way == on) return;
  if (!under_way) {
    event_del(m_deadline);
    return;
  }
  if (!m_rules.deadline) return;
  if (m_deadline == nullptr) m_deadline = event_new(m_base.base(), -1, 0, OnDeadline, this);
  if (m_deadline != nullptr) event_add(m_deadline, &*m_rules.deadline);
}

// The request took too long to come; one that is being drained has been refused already.
void RequestGate::RefuseLate() {
  const FlagScope working(m_working);
  Clear(m_held);
  if (m_mode != Mode::kDraining) {
    m_status = 408;
    m_extension_method.clear();
    Clear(m_head);
    ClearBody();
  }
  GiveRefused();
}

void RequestGate::OnDeadline(evutil_socket_t, short, void* arg) {
  RequestGate& self = *static_cast<RequestGate*>(arg);
  const EventBase::BusyScope busy(self.m_base);
  if (self.m_mode == Mode::kDiscarding) {
    // Its request has been answered already.
    self.m_owner.Cut();
    return;
  }
  self.RefuseLate();
  // Nothing comes from the socket that would wake evhttp. It may end the connection, and this gate with it.
  bufferevent_trigger(self.m_bev, EV_READ, BEV_TRIG_IGNORE_WATERMARKS);
}

}  // namespace bitcoin_support
