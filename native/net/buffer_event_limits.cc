#include "net/buffer_event_limits.h"

#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/bufferevent_struct.h>
#include <event2/event.h>

#include <utility>

#include "napi/arguments.h"
#include "napi/environment.h"
#include "napi/errors.h"
#include "napi/exports.h"
#include "net/buffer_event.h"
#include "net/buffer_event_rate_limit_group.h"

namespace bitcoin_support {

void BufferEventLimits::Set(TokenBucket bucket) {
  bufferevent* const bev = m_owner.bev();
  const bool reads = event_pending(&bev->ev_read, EV_READ, nullptr) != 0 ||
                     (m_bucket != nullptr && bufferevent_get_read_limit(bev) <= 0);
  const bool writes = event_pending(&bev->ev_write, EV_WRITE, nullptr) != 0;
  if (bufferevent_set_rate_limit(bev, bucket.get()) != 0) {
    ThrowEventError(m_owner.env(), code::kLibevent, "bufferevent_set_rate_limit failed");
  }
  m_bucket = std::move(bucket);
  m_owner.ChooseIo();
  // libevent has begun to wait for the socket though nobody reads or writes. The descriptor of a connection
  // that is closing may be another's by the time it is ready.
  if (!reads) event_del(&bev->ev_read);
  if (!writes && evbuffer_get_length(bev->output) == 0) event_del(&bev->ev_write);
}

void BufferEventLimits::SetGroup(BufferEventRateLimitGroup* group) {
  if (group == m_group) return;
  bufferevent* const bev = m_owner.bev();
  if (m_group != nullptr) {
    bufferevent_remove_from_rate_limit_group(bev);
    m_group->Remove(*this);
    m_group = nullptr;
    m_owner.ChooseIo();
  }
  if (group == nullptr) return;
  if (bufferevent_add_to_rate_limit_group(bev, group->group()) != 0) {
    ThrowEventError(m_owner.env(), code::kLibevent, "bufferevent_add_to_rate_limit_group failed");
  }
  group->Add(*this);
  m_group = group;
  m_owner.ChooseIo();
}

void BufferEventLimits::Clear() {
  if (m_bucket != nullptr) Set(nullptr);
  SetGroup(nullptr);
}

// (bufferevent, read rate | 0 for no limit, read burst, write rate, write burst, tick in ms)
Napi::Value BufferEventLimits::SetNapi(const Napi::CallbackInfo& info) {
  BufferEventLimits& self = BufferEvent::Limits(info);
  const bool none = ByteLimitArg(info, 1) == 0;
  const EventBase::BusyScope busy(self.m_owner.base());
  self.Set(none ? nullptr : TokenBucketArgs(info, 1));
  return info.Env().Undefined();
}

// (bufferevent, whether writing) -> bytes that may be moved now; undefined without a limit
Napi::Value BufferEventLimits::GetNapi(const Napi::CallbackInfo& info) {
  BufferEvent& owner = BufferEvent::This(info);
  const bool writing = BoolArg(info, 1);
  if (owner.limits().m_bucket == nullptr) return info.Env().Undefined();
  const ev_ssize_t bytes =
      writing ? bufferevent_get_write_limit(owner.bev()) : bufferevent_get_read_limit(owner.bev());
  return Napi::Number::New(info.Env(), static_cast<double>(bytes));
}

// (bufferevent, whether writing, bytes)
Napi::Value BufferEventLimits::DecrementNapi(const Napi::CallbackInfo& info) {
  BufferEventLimits& self = BufferEvent::Limits(info);
  BufferEvent& owner = self.m_owner;
  const bool writing = BoolArg(info, 1);
  const int bytes = IntArg(info, 2);
  // libevent would abort.
  if (self.m_bucket == nullptr) ThrowEventError(owner.env(), code::kState, "the bufferevent has no limit");
  const EventBase::BusyScope busy(owner.base());
  if (writing) {
    bufferevent_decrement_write_limit(owner.bev(), bytes);
  } else {
    bufferevent_decrement_read_limit(owner.bev(), bytes);
  }
  return info.Env().Undefined();
}

// (bufferevent, group)
Napi::Value BufferEventLimits::JoinGroupNapi(const Napi::CallbackInfo& info) {
  BufferEventLimits& self = BufferEvent::Limits(info);
  BufferEvent& owner = self.m_owner;
  BufferEventRateLimitGroup& group = Environment::From(info).Get<BufferEventRateLimitGroup>(info[1]);
  if (&group.base() != &owner.base()) {
    ThrowEventError(owner.env(), code::kState, "the group is of another base");
  }
  const EventBase::BusyScope busy(owner.base());
  self.SetGroup(&group);
  return info.Env().Undefined();
}

// (bufferevent)
Napi::Value BufferEventLimits::LeaveGroupNapi(const Napi::CallbackInfo& info) {
  BufferEventLimits& self = BufferEvent::Limits(info);
  const EventBase::BusyScope busy(self.m_owner.base());
  self.SetGroup(nullptr);
  return info.Env().Undefined();
}

void BufferEventLimits::Export(Napi::Env env, Napi::Object exports, Environment& state) {
  ExportFunction<SetNapi>(env, exports, "bufferEventSetRateLimit", state);
  ExportFunction<GetNapi>(env, exports, "bufferEventGetLimit", state);
  ExportFunction<DecrementNapi>(env, exports, "bufferEventDecrementLimit", state);
  ExportFunction<JoinGroupNapi>(env, exports, "bufferEventJoinGroup", state);
  ExportFunction<LeaveGroupNapi>(env, exports, "bufferEventLeaveGroup", state);
}

}  // namespace bitcoin_support
