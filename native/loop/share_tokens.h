// Tokens by which a secure buffer goes to another thread.
#pragma once

#include <cstdint>

#include "secure/secure_buffer_table.h"

namespace bitcoin_support {

/// Makes a random token for one more share of the buffer, which the token owns until it is opened, revoked or
/// expired. `owner` is whoever makes it. Thread-safe. @returns 0 when the buffer is not open or there is no
/// randomness.
uint64_t ShareBuffer(BufferNumber number, const void* owner);

/// Takes the token's share over. A token opens once. Thread-safe. @returns 0 when it is none.
BufferNumber OpenShare(uint64_t token);

/// Gives the token's share up. Thread-safe. @returns whether it could have been opened.
bool RevokeShare(uint64_t token);

/// Gives up the shares of all of an owner's tokens that have not been opened. Thread-safe.
void ExpireShares(const void* owner);

}  // namespace bitcoin_support
