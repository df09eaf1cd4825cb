// What stands between the socket of an accepted connection and evhttp.
#pragma once

#include <event2/event.h>

#include <string>
#include <string_view>

#include "http/http_strict_parser.h"

struct bufferevent;
struct evbuffer;
struct evbuffer_cb_info;
struct evhttp_request;

namespace bitcoin_support {

class EventBase;
struct RequestRules;

/// Lets evhttp see one request at a time, and only one that HttpStrictParser has read and found right.
///
/// A callback on the input buffer sees the bytes before evhttp does. A request that has come whole and is
/// right stays where it is, which is the ordinary case and costs one pass over it. Whatever else there is
/// waits in buffers of the gate: an incomplete request, the requests behind it, and a body that evhttp is not
/// to parse: one in chunks, one that comes in pieces, one that is streamed, that of a method evhttp does not
/// know. Of such a request evhttp is given the head, in which one byte hides how long the body is; Adopt()
/// puts that right.
///
/// A request that is refused is replaced by a harmless one, so that evhttp comes to it when all before it
/// have been answered; whoever is asked to handle that one finds refused() set.
class RequestGate {
 public:
  /// What the gate asks of whoever owns it.
  class Owner {
   public:
    /// A streamed body has grown, ended or broken off.
    virtual void OnBody() = 0;
    /// The connection is of no use any more.
    virtual void Cut() = 0;

   protected:
    ~Owner() = default;
  };

  /// `rules` must outlive it; `bev` belongs to evhttp.
  RequestGate(EventBase& base, bufferevent* bev, const RequestRules& rules, Owner& owner);
  ~RequestGate();
  RequestGate(const RequestGate&) = delete;
  RequestGate& operator=(const RequestGate&) = delete;

  /// The status that answers the request which evhttp has now, 0 when it is a right one.
  int refused() const { return m_status; }
  /// Completes the request that evhttp has made of what it was given.
  void Adopt(evhttp_request* request);
  /// The method of the request that evhttp has, when libevent does not know it; else empty.
  const std::string& extension_method() const { return m_extension_method; }
  /// Whether something of a later request has come.
  bool has_more() const;
  /// The reply has been written: the next request may come. @returns false when the connection must end.
  bool Resume();

  // --- the streamed body of the request that evhttp has ----------------------------------------------
  enum class Body : uint8_t {
    kNone,      ///< it is not streamed
    kUnderWay,  ///< more may come
    kWhole,     ///< all has come
    kBroken,    ///< what is missing will not come
  };
  Body body_state() const { return m_body_state; }
  /// What has come of it and was not taken yet; null for nothing.
  evbuffer* body() const { return m_body; }
  /// Whether enough of it waits to be taken.
  bool body_is_full() const;
  /// Tells a client that waits for it that it may send its body.
  void InviteBody();
  /// Brings on what was received and had no room.
  void PullBody();
  /// Reads from the socket. @returns false when that failed or the peer has ended its side.
  bool ReadBody(int fd);
  /// What is missing of the body will not come.
  void BreakBody();

 private:
  enum class Mode : uint8_t {
    kReading,     ///< evhttp waits for a request
    kGiven,       ///< evhttp has one
    kDiscarding,  ///< the rest of a streamed body whose request has been answered is thrown away
    kDraining,    ///< a body that is too long is thrown away before it is refused
    kRefused,     ///< nothing that comes is looked at
  };

  static void OnInput(evbuffer* input, const evbuffer_cb_info* info, void* arg);
  static void OnDeadline(evutil_socket_t fd, short what, void* arg);

  void Take(size_t added);
  void Advance(evbuffer* source);
  /// @returns whether the head has ended and Advance() shall go on
  bool ReadHead(evbuffer* source);
  bool ReadBodyBytes(evbuffer* source);
  void BeginBody(evbuffer* source);
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
  evbuffer* m_held = nullptr;  // received, and not evhttp's turn yet
  evbuffer* m_head = nullptr;  // of the request whose body is being read
  evbuffer* m_body = nullptr;
  event* m_deadline = nullptr;
  size_t m_scanned = 0;  // how much of the incomplete head, at the front of its buffer, has been parsed
  uint64_t m_to_drain = 0;
  std::string m_extension_method;
  int m_status = 0;
  Mode m_mode = Mode::kReading;
  Body m_body_state = Body::kNone;
  bool m_hidden = false;
  bool m_hidden_slash = false;
  bool m_invite = false;
  bool m_working = false;
  bool m_deadline_on = false;
};

}  // namespace bitcoin_support
