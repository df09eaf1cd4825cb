#include "http/http_date.h"

#include <event2/util.h>
#include <time.h>

namespace bitcoin_support {

const char* HttpDate() {
  thread_local char text[64];
  thread_local time_t formatted = 0;
  const time_t now = time(nullptr);
  if (now != formatted) {
    evutil_date_rfc1123(text, sizeof text, nullptr);
    formatted = now;
  }
  return text;
}

}  // namespace bitcoin_support
