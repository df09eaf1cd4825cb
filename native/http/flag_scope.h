// A flag that is set for a while.
#pragma once

#include <utility>

namespace bitcoin_support {

/// Sets a flag, and puts back what it was when the scope ends, by an exception too.
class FlagScope {
 public:
  explicit FlagScope(bool& flag) : m_flag(flag), m_before(std::exchange(flag, true)) {}
  ~FlagScope() { m_flag = m_before; }
  FlagScope(const FlagScope&) = delete;
  FlagScope& operator=(const FlagScope&) = delete;

 private:
  bool& m_flag;
  const bool m_before;
};

}  // namespace bitcoin_support
