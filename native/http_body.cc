#include "http_body.h"

#include <event2/buffer.h>

#include <new>

#include "errors.h"

namespace bitcoin_support {

void AppendBytes(Napi::Env env, napi_value value, evbuffer* buffer) {
  size_t length = 0;
  if (napi_get_value_string_utf8(env, value, nullptr, 0, &length) == napi_ok) {
    evbuffer_iovec space{};
    // One more for the terminator, which is not committed.
    if (evbuffer_reserve_space(buffer, static_cast<ev_ssize_t>(length + 1), &space, 1) != 1) {
      throw std::bad_alloc();
    }
    napi_get_value_string_utf8(env, value, static_cast<char*>(space.iov_base), length + 1, &length);
    space.iov_len = length;
    if (evbuffer_commit_space(buffer, &space, 1) != 0) throw std::bad_alloc();
    return;
  }
  napi_typedarray_type type{};
  void* data = nullptr;
  bool is_typed_array = false;
  napi_is_typedarray(env, value, &is_typed_array);
  if (!is_typed_array ||
      napi_get_typedarray_info(env, value, &type, &length, &data, nullptr, nullptr) != napi_ok ||
      (type != napi_uint8_array && type != napi_uint8_clamped_array)) {
    ThrowTypeError(env, "a body must be a string or a Uint8Array");
  }
  if (length > 0 && evbuffer_add(buffer, data, length) != 0) throw std::bad_alloc();
}

}  // namespace bitcoin_support
