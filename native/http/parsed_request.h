// Checks and corrects what libevent's parser has made of a request's head.
#pragma once

struct evhttp_request;

namespace bitcoin_support {

/// Checks a parsed request for the known ways to smuggle or misroute one: several Content-Lengths or one
/// that is not all digits, any Transfer-Encoding but exactly "chunked" or one beside a Content-Length,
/// a header name that is no token, `%00` in the URI, a body of a HEAD or TRACE. @returns false for 400 and
/// close.
bool IsRequestSafe(evhttp_request* request);

/// Removes the tabs that libevent leaves in front of the values of a request's fields.
void TrimFields(evhttp_request* request);

}  // namespace bitcoin_support
