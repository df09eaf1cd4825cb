// Corrects what libevent's parser has made of a reply's head.
#pragma once

struct evhttp_request;

namespace bitcoin_support {

struct ReceivedReply {
  bool interim = false;          ///< a 1xx: the final reply follows
  bool ends_connection = false;  ///< the connection cannot be used for another request
};

/// Reads the head of a reply that HttpReplyParser has accepted, and corrects what libevent would misread. It
/// trims values. It turns an interim reply into a 100, after which libevent reads on. It marks a reply
/// without a length as closing, because its body ends with the connection.
/// @throws std::bad_alloc
ReceivedReply ReadReceivedReply(evhttp_request* reply);

}  // namespace bitcoin_support
