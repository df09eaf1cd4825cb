#include "net/lookup_error.h"

#include <event2/util.h>
#include <uv.h>

#include "napi/errors.h"

namespace bitcoin_support {

int EaiOfLookup(int eai) { return eai == kEaiServfail ? EVUTIL_EAI_AGAIN : eai; }

const char* TextOfLookup(int eai) {
  return eai == kEaiServfail ? "a nameserver answered SERVFAIL" : evutil_gai_strerror(eai);
}

int NodeErrnoOfLookup(int eai) {
  switch (EaiOfLookup(eai)) {
    case 0:
      return 0;
    case EVUTIL_EAI_ADDRFAMILY:
      return UV_EAI_ADDRFAMILY;
    case EVUTIL_EAI_AGAIN:
      return UV_EAI_AGAIN;
    case EVUTIL_EAI_BADFLAGS:
      return UV_EAI_BADFLAGS;
    case EVUTIL_EAI_CANCEL:
      return UV_EAI_CANCELED;
    case EVUTIL_EAI_FAMILY:
      return UV_EAI_FAMILY;
    case EVUTIL_EAI_MEMORY:
      return UV_EAI_MEMORY;
    case EVUTIL_EAI_NODATA:
      return UV_EAI_NODATA;
    case EVUTIL_EAI_NONAME:
      return UV_EAI_NONAME;
    case EVUTIL_EAI_SERVICE:
      return UV_EAI_SERVICE;
    case EVUTIL_EAI_SOCKTYPE:
      return UV_EAI_SOCKTYPE;
    default:  // EVUTIL_EAI_FAIL, and those without a number in Node
      return UV_EAI_FAIL;
  }
}

void ThrowLookupError(const Environment& env, const char* code, int eai, const std::string& what) {
  ThrowNodeError(env, code, "getaddrinfo", NodeErrnoOfLookup(eai),
                 what + ": getaddrinfo failed: " + TextOfLookup(eai));
}

}  // namespace bitcoin_support
