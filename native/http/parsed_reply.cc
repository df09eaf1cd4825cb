#include "http/parsed_reply.h"

#include <event2/http.h>
#include <event2/http_struct.h>
#include <event2/keyvalq_struct.h>

#include <new>

#include "http/field_value.h"
#include "http/http_characters.h"
#include "http/http_status.h"

namespace bitcoin_support {
namespace {

// libevent trims spaces but not tabs, and puts a folded line in front of an empty value.
void TrimValues(evkeyvalq* headers) {
  for (evkeyval* header = headers->tqh_first; header != nullptr; header = header->next.tqe_next) {
    if (http_characters::IsWhite(*header->value)) TrimOwsInPlace(header->value);
  }
}

}  // namespace

ReceivedReply ReadReceivedReply(evhttp_request* reply) {
  const int code = evhttp_request_get_response_code(reply);
  evkeyvalq* const headers = evhttp_request_get_input_headers(reply);
  if (code < 200 && code != kSwitchingProtocols) {
    evhttp_clear_headers(headers);
    reply->response_code = 100;
    return {.interim = true};
  }
  TrimValues(headers);
  const ConnectionOptions options = ConnectionOptions::Of(*headers);
  const ConnectionOptions asked = ConnectionOptions::Of(*evhttp_request_get_output_headers(reply));
  const bool delimited = evhttp_find_header(headers, "Content-Length") != nullptr ||
                         evhttp_find_header(headers, "Transfer-Encoding") != nullptr ||
                         !MayHaveBody(evhttp_request_get_command(reply), code);
  if (!delimited && options.present) {
    // libevent would read the body as empty.
    while (evhttp_remove_header(headers, "Connection") == 0) {
    }
    if (evhttp_add_header(headers, "Connection", "close") != 0) throw std::bad_alloc();
  }
  const bool goes_on = !options.close && !asked.close && (reply->minor >= 1 || options.keep_alive);
  return {.ends_connection = !goes_on || !delimited || code == kSwitchingProtocols};
}

}  // namespace bitcoin_support
