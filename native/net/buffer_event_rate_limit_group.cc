#include "net/buffer_event_rate_limit_group.h"

#include <event2/bufferevent.h>

#include "napi/arguments.h"
#include "napi/environment.h"
#include "napi/errors.h"
#include "napi/exports.h"
#include "napi/handle_exports.h"
#include "napi/list.h"
#include "net/buffer_event_limits.h"

namespace bitcoin_support {
namespace {

BufferEventRateLimitGroup& This(const Napi::CallbackInfo& info) {
  return Environment::From(info).Get<BufferEventRateLimitGroup>(info[0]);
}

}  // namespace

BufferEventRateLimitGroup::BufferEventRateLimitGroup(EventBase& base, const ev_token_bucket_cfg& limit)
    : BaseChild(base, base.env().type_for(kKind), kKind),
      m_group(bufferevent_rate_limit_group_new(base.base(), &limit)) {
  if (m_group == nullptr) ThrowEventError(env(), code::kLibevent, "bufferevent_rate_limit_group_new failed");
}

void BufferEventRateLimitGroup::Dispose() {
  if (!live()) return;
  while (!m_members.empty()) m_members.back()->SetGroup(nullptr);
  RetireChild();
  base().WhenIdle([this] {
    bufferevent_rate_limit_group_free(m_group);
    delete this;
  });
}

// (base, read rate, read burst, write rate, write burst, tick in ms)
Napi::Value BufferEventRateLimitGroup::NewNapi(const Napi::CallbackInfo& info) {
  EventBase& base = Environment::From(info).Get<EventBase>(info[0]);
  const TokenBucket limit = TokenBucketArgs(info, 1);
  return Napi::Number::New(info.Env(), (new BufferEventRateLimitGroup(base, *limit))->number());
}

// (group, read rate, read burst, write rate, write burst, tick in ms)
Napi::Value BufferEventRateLimitGroup::SetCfgNapi(const Napi::CallbackInfo& info) {
  BufferEventRateLimitGroup& self = This(info);
  const TokenBucket limit = TokenBucketArgs(info, 1);
  if (bufferevent_rate_limit_group_set_cfg(self.m_group, limit.get()) != 0) {
    ThrowEventError(self.env(), code::kLibevent, "bufferevent_rate_limit_group_set_cfg failed");
  }
  return info.Env().Undefined();
}

// (group, bytes)
Napi::Value BufferEventRateLimitGroup::SetMinShareNapi(const Napi::CallbackInfo& info) {
  BufferEventRateLimitGroup& self = This(info);
  const auto share = static_cast<size_t>(ByteLimitArg(info, 1));
  if (bufferevent_rate_limit_group_set_min_share(self.m_group, share) != 0) {
    ThrowEventError(self.env(), code::kLibevent, "bufferevent_rate_limit_group_set_min_share failed");
  }
  return info.Env().Undefined();
}

// (group, whether writing) -> bytes
Napi::Value BufferEventRateLimitGroup::GetLimitNapi(const Napi::CallbackInfo& info) {
  BufferEventRateLimitGroup& self = This(info);
  const ev_ssize_t bytes = BoolArg(info, 1) ? bufferevent_rate_limit_group_get_write_limit(self.m_group)
                                            : bufferevent_rate_limit_group_get_read_limit(self.m_group);
  return Napi::Number::New(info.Env(), static_cast<double>(bytes));
}

// (group, whether writing, bytes)
Napi::Value BufferEventRateLimitGroup::DecrementNapi(const Napi::CallbackInfo& info) {
  BufferEventRateLimitGroup& self = This(info);
  const bool writing = BoolArg(info, 1);
  const int bytes = IntArg(info, 2);
  const EventBase::BusyScope busy(self.base());
  if (writing) {
    bufferevent_rate_limit_group_decrement_write(self.m_group, bytes);
  } else {
    bufferevent_rate_limit_group_decrement_read(self.m_group, bytes);
  }
  return info.Env().Undefined();
}

// (group) -> [bytes read, bytes written]
Napi::Value BufferEventRateLimitGroup::GetTotalsNapi(const Napi::CallbackInfo& info) {
  ev_uint64_t read = 0;
  ev_uint64_t written = 0;
  bufferevent_rate_limit_group_get_totals(This(info).m_group, &read, &written);
  return NewList(info.Env(), {Napi::Number::New(info.Env(), static_cast<double>(read)),
                              Napi::Number::New(info.Env(), static_cast<double>(written))});
}

Napi::Value BufferEventRateLimitGroup::ResetTotalsNapi(const Napi::CallbackInfo& info) {
  bufferevent_rate_limit_group_reset_totals(This(info).m_group);
  return info.Env().Undefined();
}

void BufferEventRateLimitGroup::Export(Napi::Env env, Napi::Object exports, Environment& state) {
  ExportFunction<NewNapi>(env, exports, "rateLimitGroupNew", state);
  ExportFunction<SetCfgNapi>(env, exports, "rateLimitGroupSetCfg", state);
  ExportFunction<SetMinShareNapi>(env, exports, "rateLimitGroupSetMinShare", state);
  ExportFunction<GetLimitNapi>(env, exports, "rateLimitGroupGetLimit", state);
  ExportFunction<DecrementNapi>(env, exports, "rateLimitGroupDecrement", state);
  ExportFunction<GetTotalsNapi>(env, exports, "rateLimitGroupGetTotals", state);
  ExportFunction<ResetTotalsNapi>(env, exports, "rateLimitGroupResetTotals", state);
}

template void ExportHandleType<BufferEventRateLimitGroup>(Napi::Env, Napi::Object, Environment&);

}  // namespace bitcoin_support
