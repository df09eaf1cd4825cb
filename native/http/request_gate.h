// Checks requests between the socket of an accepted connection and evhttp.
#pragma once

#include <event2/event.h>

#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "buffers/memory_block.h"
#include "buffers/unique_buffer.h"
#include "http/http_strict_parser.h"
#include "net/direct_io.h"

struct bufferevent;
struct evbuffer;
struct evbuffer_cb_info;
struct evhttp_request;

namespace bitcoin_support {

class EventBase;
struct RequestRules;

/// Lets evhttp see one request at a time, and only one that HttpStrictParser has accepted.
///
/// A callback on the input buffer sees the bytes before evhttp does. A right request that has come whole
/// stays in place. That is the ordinary case, and costs one pass over it. Everything else waits in buffers of
/// the gate: an incomplete request, the requests behind it, and a body that evhttp must not parse. Such a
/// body is chunked, comes in pieces, is streamed, or belongs to a method that evhttp does not know. The gate
/// gives evhttp only the head of such a request, and changes one byte in it to hide the length of the body.
/// Adopt() restores the byte.
///
/// A refused request is replaced by a harmless one, so that evhttp handles it when all before it have been
/// answered. refused() is set then.
class RequestGate final : private ReadSink {
 public:
  /// What the gate needs of its owner.
  class Owner {
   public:
    /// A streamed body has grown, ended or broken off.
    virtual void OnBody() = 0;
    /// The connection must be closed. Called when memory has run out, so it allocates nothing that it needs.
    virtual void Cut() noexcept = 0;

   protected:
    ~Owner() = default;
  };

  /// `rules` must outlive it; `bev` belongs to evhttp.
  RequestGate(EventBase& base, bufferevent* bev, const RequestRules& rules, Owner& owner);
  ~RequestGate();
  RequestGate(const RequestGate&) = delete;
  RequestGate& operator=(const RequestGate&) = delete;

  /// The status with which to answer the request that evhttp has now; 0 when that is right.
  int refused() const { return m_status; }
  /// Restores in evhttp's request what the gate had hidden from evhttp.
  void Adopt(evhttp_request* request);
  /// The method of the request that evhttp has, when libevent does not know it; else empty.
  const std::string& extension_method() const { return m_extension_method; }
  /// Whether something of a later request has come.
  bool has_more() const;
  /// The reply has been written: the next request may come. @returns false when the connection must end.
  bool Resume();

  // --- the streamed body of the request that evhttp has ----------------------------------------------
  //               BeginBody()              ReadBodyBytes()
  //       kNone -------------> kUnderWay ------------------> kWhole
  //                                |         BreakBody()
  //                                +-----------------------> kBroken
  //
  // From every state back to kNone: Resume().
  enum class Body : uint8_t {
    kNone,      ///< it is not streamed
    kUnderWay,  ///< more may come
    kWhole,     ///< all has come
    kBroken,    ///< the rest will not come
  };
  Body body_state() const { return m_body_state; }
  /// What has come of it and was not taken yet; null for nothing.
  evbuffer* body() const { return m_body.get(); }
  /// Whether enough of it waits to be taken.
  bool body_is_full() const;
  /// Sends 100 Continue to a client that waits for it.
  void InviteBody();
  /// Parses what was received and had no room in body().
  void PullBody();
  /// Reads from the socket. @returns false when that failed or the peer has ended its side.
  bool ReadBody(int fd);
  /// The rest of the body will not come.
  void BreakBody();

 private:
  //     kReading ── Give(), GiveHead() ──> kGiven
  //     kReading ── Refuse() ──> kDraining, or kRefused at once; so does kDiscarding
  //     kReading ── RefuseLate() ──> kRefused
  //     kGiven ── Resume() ──> kReading; kDiscarding when a body is under way; kRefused when it is broken
  //     kDiscarding ── ReadBodyBytes() ──> kReading
  //     kDraining ── Drain(), RefuseLate() ──> kRefused
  enum class Mode : uint8_t {
    kReading,     ///< evhttp waits for a request
    kGiven,       ///< evhttp has one
    kDiscarding,  ///< the rest of a streamed body whose request has been answered is thrown away
    kDraining,    ///< a body that is too long is thrown away before it is refused
    kRefused,     ///< all that comes is dropped
  };

  static void OnInput(evbuffer* input, const evbuffer_cb_info* info, void* arg);
  static void OnDeadline(evutil_socket_t fd, short what, void* arg);

  /// The only one that sets m_mode.
  void Enter(Mode mode) { m_mode = mode; }
  /// The only one that sets m_body_state.
  void EnterBody(Body body) { m_body_state = body; }
  void Take(size_t added);
  template <class Work>
  void DoOrCut(Work work);
  void RefuseLate();
  void Advance(evbuffer* source);
  /// @returns whether the head has ended and Advance() shall go on
  bool ReadHead(evbuffer* source);
  bool ReadBodyBytes(evbuffer* source);
  void BeginBody(evbuffer* source);
  std::span<char> Space() override { return {m_block->end(), m_block->room()}; }
  void Took(size_t bytes) override;
  void ReadIntoBlock();
  void EndBody(evbuffer* source);
  void ClearBody();
  bool IsStreamed(evbuffer* source) const;
  void Give(evbuffer* source, size_t length);
  void GiveHead(evbuffer* source);
  void Refuse(int status, evbuffer* source);
  void Drain(evbuffer* source);
  void GiveRefused();
  void HideFraming();
  void Amend(evbuffer* buffer, size_t head);
  void UpdateDeadline();
  evbuffer* Held();

  EventBase& m_base;
  bufferevent* const m_bev;
  evbuffer* const m_input;
  const RequestRules& m_rules;
  Owner& m_owner;
  HttpStrictParser m_parser;
  UniqueBuffer m_held;  // received, but not for evhttp yet
  UniqueBuffer m_head;  // of the request whose body is being read
  UniqueBuffer m_body;
  std::shared_ptr<MemoryBlock> m_block;  // a long body of known length: m_body refers to it when it is whole
  event* m_deadline = nullptr;
  size_t m_scanned = 0;  // how much of the incomplete head, at the front of its buffer, has been parsed
  uint64_t m_to_drain = 0;
  std::string m_extension_method;
  int m_status = 0;
  Mode m_mode = Mode::kReading;
  Body m_body_state = Body::kNone;
  // What the gate has changed in the request that evhttp has, until Adopt() restores it.
  bool m_hidden_framing = false;
  bool m_hidden_slash = false;
  // The client waits for 100 Continue. Beside m_body_state, because a body that is not streamed is invited
  // too.
  bool m_invite = false;
  bool m_working = false;  // set by FlagScope alone
};

}  // namespace bitcoin_support
