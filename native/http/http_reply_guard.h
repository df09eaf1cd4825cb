// What libevent's parser makes of a reply's head, and what a client must.
#pragma once

struct evhttp_request;

namespace bitcoin_support {

struct ReplyHead {
  bool interim = false;          ///< a 1xx, after which the reply itself follows
  bool ends_connection = false;  ///< there is no other request after this one
};

/// Reads the head of a reply that HttpReplyParser has found right, and puts right what libevent would
/// misread: white space around values goes; an interim reply becomes a 100, after which libevent goes on to
/// the reply itself; one without a length, whose body ends with the connection, is marked to close it.
/// @throws std::bad_alloc
ReplyHead ReadReplyHead(evhttp_request* reply);

}  // namespace bitcoin_support
