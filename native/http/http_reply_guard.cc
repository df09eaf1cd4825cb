#include "http/http_reply_guard.h"

#include <event2/http.h>
#include <event2/http_struct.h>
#include <event2/keyvalq_struct.h>
#include <strings.h>

#include <cstring>

#include "http/http_guard.h"

namespace bitcoin_support {
namespace {

constexpr int kSwitchingProtocols = 101;

bool AllDigits(const char* text) {
  return *text != '\0' && std::strspn(text, "0123456789") == std::strlen(text);
}

bool MayHaveBody(evhttp_request* reply, int code) {
  const evhttp_cmd_type command = evhttp_request_get_command(reply);
  return code >= 200 && code != HTTP_NOCONTENT && code != HTTP_NOTMODIFIED && command != EVHTTP_REQ_HEAD &&
         command != EVHTTP_REQ_CONNECT;
}

}  // namespace

ReplyCheck CheckReplyHead(evhttp_request* reply) {
  const int code = evhttp_request_get_response_code(reply);
  // libevent reads as much of the status as is a number.
  if (code < 100 || code > 999 || reply->major != 1) return ReplyCheck::kBad;
  evkeyvalq* const headers = evhttp_request_get_input_headers(reply);
  if (code < 200 && code != kSwitchingProtocols) {
    evhttp_clear_headers(headers);
    reply->response_code = 100;
    return ReplyCheck::kInterim;
  }
  int lengths = 0;
  int encodings = 0;
  for (const evkeyval* header = headers->tqh_first; header != nullptr; header = header->next.tqe_next) {
    if (!IsToken(header->key)) return ReplyCheck::kBad;
    if (strcasecmp(header->key, "Content-Length") == 0) {
      ++lengths;
      if (!AllDigits(header->value)) return ReplyCheck::kBad;
    } else if (strcasecmp(header->key, "Transfer-Encoding") == 0) {
      ++encodings;
      if (strcasecmp(header->value, "chunked") != 0) return ReplyCheck::kBad;
    }
  }
  if (lengths + encodings > 1) return ReplyCheck::kBad;
  const char* const connection = evhttp_find_header(headers, "Connection");
  // libevent knows "close" alone, not in a list.
  const bool closes = connection != nullptr && strcasestr(connection, "close") != nullptr;
  const bool goes_on =
      reply->minor >= 1 || (connection != nullptr && strcasestr(connection, "keep-alive") != nullptr);
  const bool delimited = lengths + encodings == 1 || !MayHaveBody(reply, code);
  if (closes || !delimited || !goes_on) {
    while (evhttp_remove_header(headers, "Connection") == 0) {
    }
    if (evhttp_add_header(headers, "Connection", "close") != 0) return ReplyCheck::kBad;
  }
  return ReplyCheck::kFinal;
}

}  // namespace bitcoin_support
