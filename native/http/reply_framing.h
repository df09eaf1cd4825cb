// The fields by which a message and a connection end, where evhttp is not to be left alone with them.
#pragma once

struct evhttp_request;

namespace bitcoin_support {

/// Whether a reply of this code has a body, whatever the request was.
bool HasBody(int code);

/// Removes what a reply of this code must not have, or what evhttp adds by itself: any Transfer-Encoding, the
/// Content-Length of 1xx and 204, and another length than 0 of 205.
void SettleLength(evhttp_request* request, int code);

/// Has evhttp find what the Connection fields of the request, and of its reply, ask for: it looks at the
/// first line alone, and takes that as a whole. To be called when the reply begins.
void SettleConnection(evhttp_request* request);

}  // namespace bitcoin_support
