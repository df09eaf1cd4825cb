// struct evhttp_uri behind the EvHttpUri handle.
#pragma once

#include <napi.h>

#include "napi/handle.h"

struct evhttp_uri;

namespace bitcoin_support {

/// Owns one URI in its parts, which may hold a password: libevent's heap wipes them.
class EvHttpUri final : public Handle {
 public:
  static constexpr HandleKind kKind = HandleKind::kEvHttpUri;

  /// Takes over `uri`.
  EvHttpUri(Environment& env, evhttp_uri* uri);
  ~EvHttpUri() override;

  void Dispose() override { delete this; }

  evhttp_uri* uri() { return m_uri; }

  static void Export(Napi::Env env, Napi::Object exports, Environment& state);

 private:
  evhttp_uri* const m_uri;
};

}  // namespace bitcoin_support
