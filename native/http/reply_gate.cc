#include "http/reply_gate.h"

#include <event2/buffer.h>
#include <event2/bufferevent.h>

#include <new>

#include "buffers/evbuffer_moves.h"
#include "buffers/unique_buffer.h"
#include "http/flag_scope.h"
#include "libevent/catch_bad_alloc.h"

namespace bitcoin_support {

ReplyGate::ReplyGate(bufferevent* bev, const HttpLimits& limits, Owner& owner)
    : m_input(bufferevent_get_input(bev)), m_owner(owner), m_parser(limits) {
  if (evbuffer_add_cb(m_input, OnInput, this) == nullptr) throw std::bad_alloc();
}

ReplyGate::~ReplyGate() { evbuffer_remove_cb(m_input, OnInput, this); }

void ReplyGate::Expect(HttpReplyParser::Asked asked, bool upgrades) {
  m_asked = asked;
  m_upgrades = upgrades;
  m_mode = Mode::kReading;
  m_parser.Begin(asked);
}

void ReplyGate::OnInput(evbuffer*, const evbuffer_cb_info* info, void* arg) {
  ReplyGate& self = *static_cast<ReplyGate*>(arg);
  if (info->n_added == 0 || self.m_working || self.m_mode == Mode::kIdle) return;
  const FlagScope working(self.m_working);
  self.Take(info->n_added);
}

void ReplyGate::Take(size_t added) {
  const auto read = [&] {
    size_t scanned = evbuffer_get_length(m_input) - added;
    while (m_mode == Mode::kReading && scanned < evbuffer_get_length(m_input)) {
      const auto [step, used] = ReadPiece(m_input, scanned);
      if (step == HttpReplyParser::Step::kExtension) {
        TakeWithoutExtensions(scanned, used);
        break;
      }
      scanned += used;
      NoteStep(step);
    }
  };
  CatchBadAlloc(read, [this] { Refuse("there is no memory for it"); });
  if (m_mode == Mode::kRefused) evbuffer_drain(m_input, evbuffer_get_length(m_input));
}

// `scanned` is where the first extension begins, of which `used` bytes have been read.
void ReplyGate::TakeWithoutExtensions(size_t scanned, size_t used) {
  const UniqueBuffer rest = NewBuffer();
  MoveTail(m_input, rest.get(), evbuffer_get_length(m_input) - scanned);
  auto step = HttpReplyParser::Step::kExtension;
  for (;;) {
    if (step == HttpReplyParser::Step::kExtension) {
      evbuffer_drain(rest.get(), used);
    } else {
      MoveBytes(rest.get(), m_input, used);
      NoteStep(step);
    }
    if (m_mode != Mode::kReading || evbuffer_get_length(rest.get()) == 0) break;
    const auto result = ReadPiece(rest.get(), 0);
    step = result.step;
    used = result.used;
  }
  MoveBytes(rest.get(), m_input, evbuffer_get_length(rest.get()));
}

HttpReplyParser::Result ReplyGate::ReadPiece(evbuffer* source, size_t offset) {
  evbuffer_ptr position;
  evbuffer_iovec piece{};
  evbuffer_ptr_set(source, &position, offset, EVBUFFER_PTR_SET);
  if (evbuffer_peek(source, -1, &position, &piece, 1) < 1) throw std::bad_alloc();
  return m_parser.Feed(static_cast<const char*>(piece.iov_base), piece.iov_len);
}

void ReplyGate::NoteStep(HttpReplyParser::Step step) {
  if (step == HttpReplyParser::Step::kRefused) {
    Refuse(m_parser.fault());
  } else if (step == HttpReplyParser::Step::kHead && m_parser.switches_protocols() && !m_upgrades) {
    Refuse("it switches protocols, for which nobody asked");
  } else if (step == HttpReplyParser::Step::kHead && m_parser.interim()) {
    m_parser.Begin(m_asked);
  } else if (m_parser.complete()) {
    m_mode = Mode::kIdle;
  }
}

void ReplyGate::Refuse(const char* fault) {
  m_mode = Mode::kRefused;
  m_fault = fault;
  m_owner.OnWrongReply();
}

}  // namespace bitcoin_support
