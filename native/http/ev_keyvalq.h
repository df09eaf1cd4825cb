// A struct evkeyvalq of its own behind the EvKeyvalq handle; those of requests are views of them.
#pragma once

#include <napi.h>

#include "http/header_list.h"
#include "napi/handle.h"

namespace bitcoin_support {

/// Owns a list of names and values: what a query is parsed into.
class EvKeyvalq final : public Handle {
 public:
  static constexpr HandleKind kKind = HandleKind::kEvKeyvalq;

  explicit EvKeyvalq(Environment& env);

  void Dispose() override { delete this; }

  evkeyvalq* list() { return m_list.list(); }

  static void Export(Napi::Env env, Napi::Object exports, Environment& state);

 private:
  HeaderList m_list;
};

}  // namespace bitcoin_support
