#include "http/reply_framing.h"

#include <event2/http.h>
#include <event2/http_struct.h>
#include <event2/keyvalq_struct.h>
#include <strings.h>

#include <string>

#include "http/field_value.h"

namespace bitcoin_support {
namespace {

constexpr char kConnection[] = "Connection";
constexpr int kResetContent = 205;

void RemoveAll(evkeyvalq* headers, const char* name) {
  while (evhttp_remove_header(headers, name) == 0) {
  }
}

// As evhttp_is_connection_close().
bool LibeventFindsClose(evkeyvalq* headers) {
  const char* const first = evhttp_find_header(headers, kConnection);
  return first != nullptr && strcasecmp(first, "close") == 0;
}

// As evhttp_is_connection_keepalive().
bool LibeventFindsKeepAlive(evkeyvalq* headers) {
  const char* const first = evhttp_find_header(headers, kConnection);
  return first != nullptr && strncasecmp(first, "keep-alive", 10) == 0;
}

// The tokens of all Connection fields but those that say whether the connection ends.
std::string OtherOptions(const evkeyvalq& headers) {
  std::string others;
  for (const evkeyval* header = headers.tqh_first; header != nullptr; header = header->next.tqe_next) {
    if (!EqualsIgnoringCase(header->key, kConnection)) continue;
    for (std::string_view rest = header->value;;) {
      const size_t comma = rest.find(',');
      const std::string_view token = TrimOws(rest.substr(0, comma));
      if (!token.empty() && !EqualsIgnoringCase(token, "close") && !EqualsIgnoringCase(token, "keep-alive")) {
        if (!others.empty()) others += ", ";
        others += token;
      }
      if (comma == std::string_view::npos) break;
      rest.remove_prefix(comma + 1);
    }
  }
  return others;
}

void Close(evkeyvalq* input, evkeyvalq* output) {
  const std::string others = OtherOptions(*output);
  RemoveAll(input, kConnection);
  evhttp_add_header(input, kConnection, "close");
  RemoveAll(output, kConnection);
  if (others.empty()) return;
  // libevent takes the first one away and puts it at the end.
  evhttp_add_header(output, kConnection, "close");
  evhttp_add_header(output, kConnection, others.c_str());
}

}  // namespace

bool HasBody(int code) {
  return code >= 200 && code != HTTP_NOCONTENT && code != kResetContent && code != HTTP_NOTMODIFIED;
}

void SettleLength(evhttp_request* request, int code) {
  evkeyvalq* const headers = evhttp_request_get_output_headers(request);
  RemoveAll(headers, "Transfer-Encoding");
  if (code == HTTP_NOTMODIFIED || HasBody(code)) return;
  RemoveAll(headers, "Content-Length");
  if (code == kResetContent) evhttp_add_header(headers, "Content-Length", "0");
}

void SettleConnection(evhttp_request* request) {
  evkeyvalq* const input = evhttp_request_get_input_headers(request);
  evkeyvalq* const output = evhttp_request_get_output_headers(request);
  const ConnectionOptions asked = ConnectionOptions::Of(*input);
  const ConnectionOptions answered = ConnectionOptions::Of(*output);
  const bool close = asked.close || answered.close;
  const bool old = request->major < 1 || (request->major == 1 && request->minor == 0);
  if (close) {
    const bool contradicts = answered.keep_alive || (old && LibeventFindsKeepAlive(input));
    if (contradicts || !(LibeventFindsClose(input) || LibeventFindsClose(output))) Close(input, output);
  } else if (old && asked.keep_alive != LibeventFindsKeepAlive(input)) {
    RemoveAll(input, kConnection);
    if (asked.keep_alive) evhttp_add_header(input, kConnection, "keep-alive");
  }
}

}  // namespace bitcoin_support
