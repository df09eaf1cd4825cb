// The arguments of native functions that answer a request.
#pragma once

#include <napi.h>

#include <optional>

#include "buffers/unique_buffer.h"
#include "http/header_list.h"
#include "http/http_text.h"
#include "napi/list.h"

namespace bitcoin_support {

/// The headers from an argument on: names and values in turn, or a flat list of them. It must be made before
/// a handle is looked up: reading a list may run JavaScript.
class HeaderArgs {
 public:
  HeaderArgs(const Napi::CallbackInfo& info, size_t index);

  /// Calls `add(name, value)` for each until that returns false. @returns whether all have been added
  /// @throws TypeError, RangeError
  template <class Add>
  bool ForEach(Add add) const {
    if (m_list) return AddAll(0, m_list->size(), [&](size_t i) { return (*m_list)[i]; }, add);
    return AddAll(m_first, m_info.Length(), [&](size_t i) -> napi_value { return m_info[i]; }, add);
  }

  /// @throws as ForEach(), and std::bad_alloc
  void AddTo(HeaderList& headers) const;

 private:
  template <class At, class Add>
  bool AddAll(size_t first, size_t length, At at, Add add) const {
    for (size_t i = first; i + 1 < length; i += 2) {
      const HttpHeaderName name(m_info.Env(), at(i));
      const HttpText value(m_info.Env(), at(i + 1), "header value");
      if (!add(name, value)) return false;
    }
    return true;
  }

  const Napi::CallbackInfo& m_info;
  const size_t m_first;
  std::optional<ListArg> m_list;
};

/// A status, and after it a reason or undefined.
class StatusArgs {
 public:
  /// @throws TypeError, RangeError
  StatusArgs(const Napi::CallbackInfo& info, size_t index);

  int status() const { return m_status; }
  /// Null for none.
  const char* reason() const { return m_reason ? m_reason->c_str() : nullptr; }

 private:
  const int m_status;
  std::optional<HttpText> m_reason;
};

/// A body: a string, a Uint8Array or undefined. A long one is shared with equal ones that wait to be written.
/// @throws TypeError, std::bad_alloc
UniqueBuffer BodyArg(const Napi::CallbackInfo& info, size_t index);

}  // namespace bitcoin_support
