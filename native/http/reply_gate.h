// Checks replies between the socket of a client's connection and evhttp.
#pragma once

#include <event2/event.h>

#include <cstddef>

#include "http/http_reply_parser.h"

struct bufferevent;
struct evbuffer;
struct evbuffer_cb_info;

namespace bitcoin_support {

/// Lets evhttp see only what HttpReplyParser has accepted.
///
/// A callback on the input buffer sees the bytes before evhttp does. The bytes stay in place, which costs one
/// pass over the head and the framing of a reply. Only the extensions of chunks are cut out, because evhttp
/// takes them for an error. When a reply is wrong, nothing more of it reaches evhttp.
class ReplyGate {
 public:
  class Owner {
   public:
    /// The reply is wrong: see fault(). libevent is on the stack, so the owner must fail the request later.
    virtual void OnWrongReply() = 0;

   protected:
    ~Owner() = default;
  };

  /// `bev` belongs to evhttp and must outlive it, `limits` too.
  ReplyGate(bufferevent* bev, const HttpLimits& limits, Owner& owner);
  ~ReplyGate();
  ReplyGate(const ReplyGate&) = delete;
  ReplyGate& operator=(const ReplyGate&) = delete;

  /// A request is given to evhttp. @param upgrades it asks for another protocol
  void Expect(HttpReplyParser::Asked asked, bool upgrades);

  /// What is wrong with the reply.
  const char* fault() const { return m_fault; }

 private:
  enum class Mode : uint8_t {
    kIdle,     ///< no reply is expected, or it has ended: evhttp judges what comes
    kReading,  ///< a reply
    kRefused,  ///< all that comes is dropped
  };

  static void OnInput(evbuffer* input, const evbuffer_cb_info* info, void* arg);

  void Take(size_t added);
  void TakeWithoutExtensions(size_t scanned, size_t used);
  HttpReplyParser::Result ReadPiece(evbuffer* source, size_t offset);
  void NoteStep(HttpReplyParser::Step step);
  void Refuse(const char* fault);

  evbuffer* const m_input;
  Owner& m_owner;
  HttpReplyParser m_parser;
  HttpReplyParser::Asked m_asked = HttpReplyParser::Asked::kOther;
  Mode m_mode = Mode::kIdle;
  bool m_upgrades = false;
  bool m_working = false;
  const char* m_fault = "";
};

}  // namespace bitcoin_support
