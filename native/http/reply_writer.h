// How the reply to an incoming request is put together and written.
#pragma once

#include <array>
#include <cstddef>
#include <optional>
#include <string_view>

#include "http/server_connection.h"

struct evbuffer;
struct evhttp_request;

namespace bitcoin_support {

class ByteSource;
class SharedBytes;

/// Decides what the head of a reply says, and how its body and its connection end. Every reply goes through
/// it:
///
/// A plain reply is written as text, head and body at once. Most replies are plain: evhttp has nothing to
/// decide about them. evhttp keeps headers as a list and prints them one by one, which for a short reply
/// costs more than all the rest.
///
/// Send() and Start() correct the header list where evhttp alone would get it wrong. evhttp prints it.
class ReplyWriter {
 public:
  /// @param reason null for the phrase that libevent has for `status`
  ReplyWriter(evhttp_request* request, int status, const char* reason);
  ~ReplyWriter();
  ReplyWriter(const ReplyWriter&) = delete;
  ReplyWriter& operator=(const ReplyWriter&) = delete;

  // --- a plain reply: BeginPlain(), AddHeader() for each, EndPlain(), SendPlain() ----------------------
  /// All but SendPlain() return false when evhttp has to decide something, or when there is no room. Nothing
  /// has been done then, and the reply must be given to Send().
  bool BeginPlain();
  /// The caller has checked both.
  bool AddHeader(std::string_view name, std::string_view value);
  /// @param content_type of a reply that names none; null for none
  bool EndPlain(const char* content_type, size_t body_length);
  /// Writes what the socket takes at once, and queues the rest. The caller ends the reply by
  /// evhttp_send_reply_end(). @throws std::bad_alloc
  ServerConnection::Sent SendPlain(ServerConnection& connection, const ByteSource& body, SharedBytes& shared);

  // --- any other reply ---------------------------------------------------------------------------------
  enum class After : bool {
    kAsHeadersSay,
    kClose,  ///< `Connection: close`, whatever the headers say
  };
  /// Sends a whole reply with the headers in the request's output list. The body, if the reply may have one,
  /// is the output buffer's content and then `body`'s.
  /// @param content_type of a reply that names none; null leaves that to evhttp
  void Send(evbuffer* body, const char* content_type, After after = After::kAsHeadersSay);
  /// Starts a reply whose body follows in parts.
  void Start();

  /// Answers with an HTML page and `Connection: close`, as evhttp_send_error() does, but without a body where
  /// there must be none.
  static void SendErrorPage(evhttp_request* request, int status, const char* reason);

  /// Makes evhttp follow all Connection fields of the request and of its reply. By itself evhttp reads only
  /// the first of them, and only as a whole. Call this for a reply that C sends; all others call it.
  static void SettleConnection(evhttp_request* request);

  /// Whether the reply that has been started to `request` has a body.
  static bool AllowsBody(const evhttp_request* request);

 private:
  /// The fields that are added where they are missing.
  struct Given {
    bool date = false;
    bool content_length = false;
    bool content_type = false;
  };

  bool IsHttp11() const;
  bool StatusAllowsBody() const;
  bool AllowsBody() const;
  template <class Add>
  bool AddMissing(const Given& given, std::optional<size_t> length, const char* content_type, Add add) const;
  void AddMissingToList(std::optional<size_t> length, const char* content_type);
  void SettleLength();
  void CloseAfterOldStream();
  bool Append(std::string_view text);
  bool AppendField(std::string_view name, std::string_view value);
  bool AppendBody(const ByteSource& body);

  evhttp_request* const m_request;
  const int m_status;
  const char* const m_reason;
  // Of a plain reply.
  Given m_given;
  size_t m_length = 0;
  std::array<char, 4096> m_text;
};

}  // namespace bitcoin_support
