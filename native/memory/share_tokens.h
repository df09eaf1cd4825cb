// Tokens by which a secure buffer goes to another thread.
#pragma once

#include <cstdint>

#include "secure/secure_buffer_table.h"

namespace bitcoin_support {

/// Makes a random token that owns one more share of the buffer, until it is opened, revoked or expired.
/// Thread-safe.
/// @param owner whose tokens ExpireShares() ends
/// @returns 0 when the buffer is not open or the system has no random bytes
uint64_t ShareBuffer(BufferNumber number, const void* owner);

/// Hands the token's share to the caller. A token opens once. Thread-safe. @returns 0 when it is not good
BufferNumber OpenShare(uint64_t token);

/// Releases the token's share. Thread-safe. @returns whether the token was still good
bool RevokeShare(uint64_t token);

/// Revokes all tokens of an owner. Thread-safe.
void ExpireShares(const void* owner);

}  // namespace bitcoin_support
