// The rate limits of a bufferevent.
#pragma once

#include <napi.h>

#include "net/token_bucket.h"

namespace bitcoin_support {

class BufferEvent;
class BufferEventRateLimitGroup;
class Environment;

/// A part of every BufferEvent: a limit of its own, a group that it shares one with, both, or none. libevent
/// limits sockets only, those of an HTTP connection included.
class BufferEventLimits {
 public:
  explicit BufferEventLimits(BufferEvent& owner) : m_owner(owner) {}
  BufferEventLimits(const BufferEventLimits&) = delete;
  BufferEventLimits& operator=(const BufferEventLimits&) = delete;

  bool any() const { return m_bucket != nullptr || m_group != nullptr; }

  /// Null removes the limit. @throws EventError ERR_EV_LIBEVENT
  void Set(TokenBucket bucket);
  /// Joins a group and leaves the one that it is in; null only leaves. @throws EventError ERR_EV_LIBEVENT
  void SetGroup(BufferEventRateLimitGroup* group);
  /// Removes what has been set.
  void Clear();

  static void Export(Napi::Env env, Napi::Object exports, Environment& state);

 private:
  static Napi::Value SetNapi(const Napi::CallbackInfo& info);
  static Napi::Value GetNapi(const Napi::CallbackInfo& info);
  static Napi::Value DecrementNapi(const Napi::CallbackInfo& info);
  static Napi::Value JoinGroupNapi(const Napi::CallbackInfo& info);
  static Napi::Value LeaveGroupNapi(const Napi::CallbackInfo& info);

  BufferEvent& m_owner;
  TokenBucket m_bucket;  ///< libevent keeps a pointer to it
  BufferEventRateLimitGroup* m_group = nullptr;
};

}  // namespace bitcoin_support
