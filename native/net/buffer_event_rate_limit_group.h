// struct bufferevent_rate_limit_group behind the BufferEventRateLimitGroup handle.
#pragma once

#include <napi.h>

#include <vector>

#include "loop/base_child.h"
#include "net/token_bucket.h"

struct bufferevent_rate_limit_group;

namespace bitcoin_support {

class BufferEventLimits;

/// Owns one group. Dispose() removes its members first: libevent aborts when it frees a group that has some.
class BufferEventRateLimitGroup final : public BaseChild {
 public:
  static constexpr HandleKind kKind = HandleKind::kBufferEventRateLimitGroup;

  /// @throws EventError ERR_EV_LIBEVENT
  BufferEventRateLimitGroup(EventBase& base, const ev_token_bucket_cfg& limit);

  void Dispose() override;

  bufferevent_rate_limit_group* group() const { return m_group; }
  void Add(BufferEventLimits& member) { m_members.push_back(&member); }
  void Remove(const BufferEventLimits& member) { std::erase(m_members, &member); }

  static void Export(Napi::Env env, Napi::Object exports, Environment& state);

 private:
  static Napi::Value NewNapi(const Napi::CallbackInfo& info);
  static Napi::Value SetCfgNapi(const Napi::CallbackInfo& info);
  static Napi::Value SetMinShareNapi(const Napi::CallbackInfo& info);
  static Napi::Value GetLimitNapi(const Napi::CallbackInfo& info);
  static Napi::Value DecrementNapi(const Napi::CallbackInfo& info);
  static Napi::Value GetTotalsNapi(const Napi::CallbackInfo& info);
  static Napi::Value ResetTotalsNapi(const Napi::CallbackInfo& info);

  bufferevent_rate_limit_group* m_group;
  std::vector<BufferEventLimits*> m_members;
};

}  // namespace bitcoin_support
