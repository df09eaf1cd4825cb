#include "http/parsed_request.h"

#include <event2/http.h>
#include <event2/http_struct.h>
#include <event2/keyvalq_struct.h>
#include <strings.h>

#include <cstring>
#include <string_view>

#include "http/field_value.h"
#include "http/http_characters.h"
#include "http/http_method.h"

namespace bitcoin_support {

void TrimFields(evhttp_request* request) {
  for (evkeyval* header = evhttp_request_get_input_headers(request)->tqh_first; header != nullptr;
       header = header->next.tqe_next) {
    if (*header->value == '\t') TrimOwsInPlace(header->value);
  }
  if (request->host_cache != nullptr) TrimOwsInPlace(request->host_cache);
}

bool IsRequestSafe(evhttp_request* request) {
  int content_lengths = 0;
  int transfer_encodings = 0;
  bool announces_body = false;
  const evkeyvalq* const headers = evhttp_request_get_input_headers(request);
  for (const evkeyval* header = headers->tqh_first; header != nullptr; header = header->next.tqe_next) {
    if (!http_characters::IsToken(header->key)) return false;
    if (strcasecmp(header->key, "Content-Length") == 0) {
      ++content_lengths;
      // libevent leaves a space only where a line was folded.
      const std::string_view length = TrimOws(header->value);
      if (*header->value == ' ' || !AllDigits(length)) return false;
      announces_body |= length.find_first_not_of('0') != std::string_view::npos;
    } else if (strcasecmp(header->key, "Transfer-Encoding") == 0) {
      ++transfer_encodings;
      // Not trimmed: libevent did not recognize the field when a tab is in front of the value.
      if (strcasecmp(header->value, "chunked") != 0) return false;
      announces_body = true;
    }
  }
  if (content_lengths + transfer_encodings > 1) return false;
  if (announces_body && !LibeventReadsBody(CommandOf(request))) return false;
  const char* const uri = evhttp_request_get_uri(request);
  return uri != nullptr && std::strstr(uri, "%00") == nullptr;
}

}  // namespace bitcoin_support
