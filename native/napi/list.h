// Arrays between JavaScript and C++. Reading or filling one may run JavaScript: a getter or a proxy among its
// elements, a setter that the prototype of all arrays has been given. Any of them may dispose any handle.
#pragma once

#include <napi.h>

#include <cstddef>
#include <initializer_list>
#include <string>
#include <vector>

namespace bitcoin_support {

/// The elements of an array that a native function is given, read once and to the end.
///
/// Read the array before looking up handles: reading may run JavaScript, which may dispose them. After a
/// lookup the constructor throws, for any array.
class ListArg {
 public:
  /// @throws TypeError when the argument is no array, RangeError when it is absurdly long, and what its
  /// getters throw
  ListArg(const Napi::CallbackInfo& info, size_t index);

  size_t size() const { return m_elements.size(); }
  napi_value operator[](size_t index) const { return m_elements[index]; }
  /// @throws TypeError unless all are strings
  std::vector<std::string> Strings() const;

 private:
  const Napi::Env m_env;
  std::vector<napi_value> m_elements;
};

/// @returns an array of the values, which come from C++ before JavaScript may run: call it last
Napi::Array NewList(Napi::Env env, const std::vector<napi_value>& values);
Napi::Array NewList(Napi::Env env, std::initializer_list<napi_value> values);

}  // namespace bitcoin_support
