// The native functions over BufferEvent that only set or tell something.
#include <event2/bufferevent.h>

#include "napi/arguments.h"
#include "napi/environment.h"
#include "napi/errors.h"
#include "napi/exports.h"
#include "napi/list.h"
#include "net/buffer_event.h"
#include "net/buffer_event_rate_limit_group.h"
#include "net/buffer_transfer.h"

namespace bitcoin_support {

// (bufferevent, ms | negative, ms | negative)
Napi::Value BufferEvent::SetTimeoutsNapi(const Napi::CallbackInfo& info) {
  BufferEvent& self = This(info);
  const auto read = TimevalFromMs(NumberArg(info, 1));
  const auto write = TimevalFromMs(NumberArg(info, 2));
  const EventBase::BusyScope busy(self.base());
  self.SetTimeouts(read, write);
  return info.Env().Undefined();
}

// (bufferevent, EV_READ | EV_WRITE, low, high | 0)
Napi::Value BufferEvent::SetWatermarkNapi(const Napi::CallbackInfo& info) {
  BufferEvent& self = Own(info);
  const int what = IntArg(info, 1);
  const auto low = static_cast<size_t>(ByteLimitArg(info, 2));
  const auto high = static_cast<size_t>(ByteLimitArg(info, 3));
  if ((what & ~(EV_READ | EV_WRITE)) != 0) ThrowRangeError(info.Env(), "neither EV_READ nor EV_WRITE");
  // libevent tells later of what is left beyond the mark.
  if (high > 0) self.NoteDeferral(BEV_OPT_DEFER_CALLBACKS);
  BufferTransfer transfer(self.base());
  bufferevent_setwatermark(self.m_bev, static_cast<short>(what), low, high);
  if (self.m_timers != nullptr) self.m_timers->Update(0);
  return transfer.End(info.Env().Undefined());
}

// (bufferevent, whether writing) -> [low, high]
Napi::Value BufferEvent::GetWatermarkNapi(const Napi::CallbackInfo& info) {
  size_t low = 0;
  size_t high = 0;
  BufferEvent& self = This(info);
  bufferevent_getwatermark(self.bev(), BoolArg(info, 1) ? EV_WRITE : EV_READ, &low, &high);
  return NewList(info.Env(), {Napi::Number::New(info.Env(), static_cast<double>(low)),
                              Napi::Number::New(info.Env(), static_cast<double>(high))});
}

// (bufferevent) -> descriptor | -1
Napi::Value BufferEvent::GetFdNapi(const Napi::CallbackInfo& info) {
  return Napi::Number::New(info.Env(), bufferevent_getfd(This(info).bev()));
}

// (bufferevent, descriptor | -1)
Napi::Value BufferEvent::SetFdNapi(const Napi::CallbackInfo& info) {
  BufferEvent& self = Socket(info);
  const int fd = IntArg(info, 1);
  self.SetFd(fd < 0 ? -1 : fd);
  return info.Env().Undefined();
}

// (bufferevent, on)
Napi::Value BufferEvent::SetNoDelayNapi(const Napi::CallbackInfo& info) {
  BufferEvent& self = Limited(info);
  self.SetNoDelay(BoolArg(info, 1));
  return info.Env().Undefined();
}

// (bufferevent, priority)
Napi::Value BufferEvent::PrioritySetNapi(const Napi::CallbackInfo& info) {
  BufferEvent& self = Own(info);
  const int priority = IntArg(info, 1);
  if (priority < 0) ThrowRangeError(info.Env(), "no priority");
  self.SetPriority(priority);
  return info.Env().Undefined();
}

Napi::Value BufferEvent::GetPriorityNapi(const Napi::CallbackInfo& info) {
  return Napi::Number::New(info.Env(), bufferevent_get_priority(This(info).bev()));
}

// (bufferevent, whether writing, bytes | 0 for libevent's default)
Napi::Value BufferEvent::SetMaxSingleNapi(const Napi::CallbackInfo& info) {
  BufferEvent& self = This(info);
  const bool writing = BoolArg(info, 1);
  const auto bytes = static_cast<size_t>(ByteLimitArg(info, 2));
  if (writing) {
    bufferevent_set_max_single_write(self.bev(), bytes);
  } else {
    bufferevent_set_max_single_read(self.bev(), bytes);
  }
  return info.Env().Undefined();
}

// (bufferevent, whether writing) -> bytes
Napi::Value BufferEvent::GetMaxSingleNapi(const Napi::CallbackInfo& info) {
  bufferevent* const bev = This(info).bev();
  const ev_ssize_t bytes =
      BoolArg(info, 1) ? bufferevent_get_max_single_write(bev) : bufferevent_get_max_single_read(bev);
  return Napi::Number::New(info.Env(), static_cast<double>(bytes));
}

// (bufferevent, whether writing) -> bytes that the next turn may move
Napi::Value BufferEvent::GetMaxToNapi(const Napi::CallbackInfo& info) {
  bufferevent* const bev = This(info).bev();
  const ev_ssize_t bytes =
      BoolArg(info, 1) ? bufferevent_get_max_to_write(bev) : bufferevent_get_max_to_read(bev);
  return Napi::Number::New(info.Env(), static_cast<double>(bytes));
}

// (bufferevent, read rate | 0 for no limit, read burst, write rate, write burst, tick in ms)
Napi::Value BufferEvent::SetRateLimitNapi(const Napi::CallbackInfo& info) {
  BufferEvent& self = Limited(info);
  const bool none = ByteLimitArg(info, 1) == 0;
  const EventBase::BusyScope busy(self.base());
  self.SetRateLimit(none ? nullptr : TokenBucketArgs(info, 1));
  return info.Env().Undefined();
}

// (bufferevent, whether writing) -> bytes that may be moved now; undefined without a limit
Napi::Value BufferEvent::GetLimitNapi(const Napi::CallbackInfo& info) {
  BufferEvent& self = This(info);
  const bool writing = BoolArg(info, 1);
  if (self.m_limit == nullptr) return info.Env().Undefined();
  const ev_ssize_t bytes =
      writing ? bufferevent_get_write_limit(self.bev()) : bufferevent_get_read_limit(self.bev());
  return Napi::Number::New(info.Env(), static_cast<double>(bytes));
}

// (bufferevent, whether writing, bytes)
Napi::Value BufferEvent::DecrementLimitNapi(const Napi::CallbackInfo& info) {
  BufferEvent& self = Limited(info);
  const bool writing = BoolArg(info, 1);
  const int bytes = IntArg(info, 2);
  // libevent would abort.
  if (self.m_limit == nullptr) ThrowEventError(self.env(), code::kState, "the bufferevent has no limit");
  const EventBase::BusyScope busy(self.base());
  if (writing) {
    bufferevent_decrement_write_limit(self.bev(), bytes);
  } else {
    bufferevent_decrement_read_limit(self.bev(), bytes);
  }
  return info.Env().Undefined();
}

// (bufferevent, group)
Napi::Value BufferEvent::JoinGroupNapi(const Napi::CallbackInfo& info) {
  BufferEvent& self = Limited(info);
  BufferEventRateLimitGroup& group = Environment::From(info).Get<BufferEventRateLimitGroup>(info[1]);
  if (&group.base() != &self.base())
    ThrowEventError(self.env(), code::kState, "the group is of another base");
  const EventBase::BusyScope busy(self.base());
  self.SetGroup(&group);
  return info.Env().Undefined();
}

Napi::Value BufferEvent::LeaveGroupNapi(const Napi::CallbackInfo& info) {
  BufferEvent& self = Limited(info);
  const EventBase::BusyScope busy(self.base());
  self.SetGroup(nullptr);
  return info.Env().Undefined();
}

void BufferEvent::ExportSettings(Napi::Env env, Napi::Object exports, Environment& state) {
  ExportFunction<SetTimeoutsNapi>(env, exports, "bufferEventSetTimeouts", state);
  ExportFunction<SetWatermarkNapi>(env, exports, "bufferEventSetWatermark", state);
  ExportFunction<GetWatermarkNapi>(env, exports, "bufferEventGetWatermark", state);
  ExportFunction<GetFdNapi>(env, exports, "bufferEventGetFd", state);
  ExportFunction<SetFdNapi>(env, exports, "bufferEventSetFd", state);
  ExportFunction<SetNoDelayNapi>(env, exports, "bufferEventSetNoDelay", state);
  ExportFunction<PrioritySetNapi>(env, exports, "bufferEventPrioritySet", state);
  ExportFunction<GetPriorityNapi>(env, exports, "bufferEventGetPriority", state);
  ExportFunction<SetMaxSingleNapi>(env, exports, "bufferEventSetMaxSingle", state);
  ExportFunction<GetMaxSingleNapi>(env, exports, "bufferEventGetMaxSingle", state);
  ExportFunction<GetMaxToNapi>(env, exports, "bufferEventGetMaxTo", state);
  ExportFunction<SetRateLimitNapi>(env, exports, "bufferEventSetRateLimit", state);
  ExportFunction<GetLimitNapi>(env, exports, "bufferEventGetLimit", state);
  ExportFunction<DecrementLimitNapi>(env, exports, "bufferEventDecrementLimit", state);
  ExportFunction<JoinGroupNapi>(env, exports, "bufferEventJoinGroup", state);
  ExportFunction<LeaveGroupNapi>(env, exports, "bufferEventLeaveGroup", state);
}

}  // namespace bitcoin_support
