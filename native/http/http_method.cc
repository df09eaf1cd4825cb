#include "http/http_method.h"

#include <event2/http.h>
#include <event2/http_struct.h>

#include <cstring>

namespace bitcoin_support {

unsigned CommandOf(const evhttp_request* request) {
  unsigned command = 0;
  static_assert(sizeof command == sizeof request->type);
  std::memcpy(&command, &request->type, sizeof command);
  return command;
}

}  // namespace bitcoin_support
