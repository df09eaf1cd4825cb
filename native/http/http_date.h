// The Date header, formatted once a second instead of once a reply.
#pragma once

namespace bitcoin_support {

/// The present time in IMF-fixdate (RFC 9110). The text is this thread's and good until the next call.
const char* HttpDate();

}  // namespace bitcoin_support
