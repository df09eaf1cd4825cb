// What libevent's parser lets through in a reply and a client must not.
#pragma once

struct evhttp_request;

namespace bitcoin_support {

enum class ReplyCheck {
  kFinal,
  kInterim,  ///< a 1xx, after which the reply itself follows
  kBad,      ///< its body's length cannot be known for sure, or a name or the status is none
};

/// Checks the head of a reply whose headers have been read, and puts right what libevent would misread: an
/// interim reply becomes a 100, after which libevent goes on to the reply itself; one without a length, whose
/// body ends with the connection, is marked to close it.
ReplyCheck CheckReplyHead(evhttp_request* reply);

}  // namespace bitcoin_support
