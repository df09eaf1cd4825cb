// The native functions over BufferEvent.
#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <netdb.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <algorithm>
#include <cstring>
#include <memory>

#include "napi/arguments.h"
#include "napi/byte_source.h"
#include "napi/byte_span.h"
#include "napi/environment.h"
#include "napi/errors.h"
#include "napi/exports.h"
#include "net/buffer_event.h"
#include "net/buffer_transfer.h"
#include "net/ev_dns_base.h"
#include "net/lookup_error.h"

namespace bitcoin_support {
namespace {

constexpr int kBoth = EV_READ | EV_WRITE;

int MaskArg(const Napi::CallbackInfo& info, size_t index, int allowed) {
  const int mask = IntArg(info, index);
  if ((mask & ~allowed) != 0) ThrowRangeError(info.Env(), "no such bits");
  return mask;
}

int OptionsArg(const Napi::CallbackInfo& info, size_t index) {
  const int options = MaskArg(
      info, index,
      BEV_OPT_CLOSE_ON_FREE | BEV_OPT_THREADSAFE | BEV_OPT_DEFER_CALLBACKS | BEV_OPT_UNLOCK_CALLBACKS);
  if ((options & (BEV_OPT_UNLOCK_CALLBACKS | BEV_OPT_DEFER_CALLBACKS)) == BEV_OPT_UNLOCK_CALLBACKS) {
    ThrowRangeError(info.Env(), "only callbacks that are put off can run unlocked");
  }
  return options;
}

std::string NameArg(const Napi::CallbackInfo& info, size_t index) {
  std::string name = StringArg(info, index);
  if (name.find('\0') != std::string::npos) ThrowRangeError(info.Env(), "a name has no NUL");
  return name;
}

int PortArg(const Napi::CallbackInfo& info, size_t index) {
  const int port = IntArg(info, index);
  if (port < 0 || port > 65535) ThrowRangeError(info.Env(), "no port");
  return port;
}

}  // namespace

BufferEvent& BufferEvent::AsItIs(const Napi::CallbackInfo& info) {
  return Environment::From(info).Get<BufferEvent>(info[0]);
}

BufferEvent& BufferEvent::This(const Napi::CallbackInfo& info) {
  BufferEvent& self = AsItIs(info);
  self.EndHeldWrites();
  return self;
}

BufferEvent& BufferEvent::Own(const Napi::CallbackInfo& info) {
  BufferEvent& self = ToMoveBytes(info);
  self.EndHeldWrites();
  return self;
}

BufferEvent& BufferEvent::ToMoveBytes(const Napi::CallbackInfo& info) {
  BufferEvent& self = AsItIs(info);
  if (self.m_type == Type::kView) {
    ThrowEventError(self.env(), code::kState,
                    "the bufferevent is an HTTP connection's, which alone works with it");
  }
  return self;
}

BufferEvent& BufferEvent::Socket(const Napi::CallbackInfo& info) {
  BufferEvent& self = Own(info);
  if (self.m_type != Type::kSocket)
    ThrowEventError(self.env(), code::kState, "the bufferevent is no socket's");
  return self;
}

BufferEvent& BufferEvent::Limited(const Napi::CallbackInfo& info) {
  BufferEvent& self = This(info);
  if (self.m_type != Type::kSocket && self.m_type != Type::kView) {
    ThrowEventError(self.env(), code::kState, "only a socket's bufferevent is limited");
  }
  return self;
}

// (base, descriptor | -1, options)
Napi::Value BufferEvent::SocketNewNapi(const Napi::CallbackInfo& info) {
  EventBase& base = Environment::From(info).Get<EventBase>(info[0]);
  const int fd = IntArg(info, 1);
  const int options = OptionsArg(info, 2);
  return Napi::Number::New(info.Env(), (new BufferEvent(base, std::max(fd, -1), options))->number());
}

// (base, options) -> the first
Napi::Value BufferEvent::PairNewNapi(const Napi::CallbackInfo& info) {
  EventBase& base = Environment::From(info).Get<EventBase>(info[0]);
  return Napi::Number::New(info.Env(), NewPair(base, OptionsArg(info, 1)).number());
}

// (the first) -> the second, once
Napi::Value BufferEvent::PairSecondNapi(const Napi::CallbackInfo& info) {
  return Napi::Number::New(info.Env(), This(info).Second().number());
}

// (underlying, filters input, filters output, options)
Napi::Value BufferEvent::FilterNewNapi(const Napi::CallbackInfo& info) {
  BufferEvent& underlying = Own(info);
  const bool input = BoolArg(info, 1);
  const bool output = BoolArg(info, 2);
  const int options = OptionsArg(info, 3);
  if (underlying.m_over != nullptr) {
    ThrowEventError(underlying.env(), code::kState, "a filter lies over it already");
  }
  const EventBase::BusyScope busy(underlying.base());
  return Napi::Number::New(info.Env(), (new BufferEvent(underlying, input, output, options))->number());
}

// (filter) -> what its function is to work on; undefined when none is under way
Napi::Value BufferEvent::FilterSourceNapi(const Napi::CallbackInfo& info) {
  const BufferEvent& self = This(info);
  return self.m_filter == nullptr ? info.Env().Undefined() : self.m_filter->Source(info.Env());
}

// (filter, bytes used, bytes made | undefined)
Napi::Value BufferEvent::FilterResultNapi(const Napi::CallbackInfo& info) {
  BufferEvent& self = This(info);
  const auto consumed = static_cast<size_t>(ByteLimitArg(info, 1));
  {
    const ByteSource checked(info.Env(), info[2]);
  }
  if (self.m_filter == nullptr) return info.Env().Undefined();
  const EventBase::BusyScope busy(self.base());
  self.m_filter->SetResult(info.Env(), consumed, info[2]);
  return info.Env().Undefined();
}

// (bufferevent, EV_READ, EV_WRITE and EV_TIMEOUT for those that JavaScript has)
Napi::Value BufferEvent::SetcbNapi(const Napi::CallbackInfo& info) {
  BufferEvent& self = Own(info);
  self.SetCallbacks(MaskArg(info, 1, kBoth | EV_TIMEOUT));
  return info.Env().Undefined();
}

// (bufferevent, EV_READ | EV_WRITE)
Napi::Value BufferEvent::EnableNapi(const Napi::CallbackInfo& info) {
  BufferEvent& self = Own(info);
  const int what = MaskArg(info, 1, kBoth);
  BufferTransfer transfer(self.base());
  self.Enable(what);
  return transfer.End(info.Env().Undefined());
}

// (bufferevent, EV_READ | EV_WRITE)
Napi::Value BufferEvent::DisableNapi(const Napi::CallbackInfo& info) {
  BufferEvent& self = Own(info);
  self.Disable(MaskArg(info, 1, kBoth));
  return info.Env().Undefined();
}

Napi::Value BufferEvent::GetEnabledNapi(const Napi::CallbackInfo& info) {
  return Napi::Number::New(info.Env(), bufferevent_get_enabled(This(info).bev()));
}

// (bufferevent, IP address, port)
Napi::Value BufferEvent::ConnectNapi(const Napi::CallbackInfo& info) {
  BufferEvent& self = Socket(info);
  const std::string host = NameArg(info, 1);
  const std::string service = std::to_string(PortArg(info, 2));
  addrinfo hints{};
  hints.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV;
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  if (getaddrinfo(host.c_str(), service.c_str(), &hints, &found) != 0) {
    ThrowRangeError(info.Env(), "no IP address");
  }
  const std::unique_ptr<addrinfo, void (*)(addrinfo*)> address(found, freeaddrinfo);
  self.Connect(address->ai_addr, static_cast<int>(address->ai_addrlen));
  return info.Env().Undefined();
}

// (bufferevent, path)
Napi::Value BufferEvent::ConnectUnixNapi(const Napi::CallbackInfo& info) {
  BufferEvent& self = Socket(info);
  const std::string path = NameArg(info, 1);
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.empty() || path.size() >= sizeof address.sun_path)
    ThrowRangeError(info.Env(), "no path of a socket");
  std::memcpy(address.sun_path, path.data(), path.size());
  self.Connect(reinterpret_cast<const sockaddr*>(&address), sizeof address);
  return info.Env().Undefined();
}

// (… 0, 4 or 6, host, port > 0)
void BufferEvent::ConnectHostnameArgs(EvDnsBase* dns, const Napi::CallbackInfo& info, size_t first) {
  const int version = IntArg(info, first);
  const std::string host = NameArg(info, first + 1);
  const int port = PortArg(info, first + 2);
  if (version != 0 && version != 4 && version != 6) ThrowRangeError(info.Env(), "no family");
  if (host.empty() || port == 0) ThrowRangeError(info.Env(), "no host or port");
  if (dns != nullptr) EvDnsBase::CheckHost(info.Env(), host);
  ConnectHostname(dns, version == 0 ? AF_UNSPEC : version == 4 ? AF_INET : AF_INET6, host, port);
}

// (bufferevent, 0, 4 or 6, host, port > 0)
Napi::Value BufferEvent::ConnectHostnameNapi(const Napi::CallbackInfo& info) {
  Socket(info).ConnectHostnameArgs(nullptr, info, 1);
  return info.Env().Undefined();
}

// (bufferevent, resolver, 0, 4 or 6, host, port > 0)
Napi::Value BufferEvent::ConnectHostnameDnsNapi(const Napi::CallbackInfo& info) {
  BufferEvent& self = Socket(info);
  EvDnsBase& dns = Environment::From(info).Get<EvDnsBase>(info[1]);
  if (&dns.base() != &self.base())
    ThrowEventError(self.env(), code::kState, "the resolver is of another base");
  self.ConnectHostnameArgs(&dns, info, 2);
  return info.Env().Undefined();
}

// (bufferevent) -> EVUTIL_EAI_* of the last lookup
Napi::Value BufferEvent::GetDnsErrorNapi(const Napi::CallbackInfo& info) {
  return Napi::Number::New(info.Env(), EaiOfLookup(Own(info).m_dns_error));
}

// (bufferevent) -> view
Napi::Value BufferEvent::GetInputNapi(const Napi::CallbackInfo& info) {
  BufferEvent& self = AsItIs(info);
  const auto use = self.m_type == Type::kView ? EvBuffer::Use::kReadOnly : EvBuffer::Use::kFree;
  const EvBuffer& view = self.m_input.Get(self.env(), &self.base(), bufferevent_get_input(self.bev()), use);
  return Napi::Number::New(info.Env(), view.number());
}

// (bufferevent) -> view
Napi::Value BufferEvent::GetOutputNapi(const Napi::CallbackInfo& info) {
  BufferEvent& self = AsItIs(info);
  const auto use = self.m_type == Type::kView ? EvBuffer::Use::kReadOnly : EvBuffer::Use::kFree;
  const EvBuffer& view = self.m_output.Get(self.env(), &self.base(), bufferevent_get_output(self.bev()), use);
  return Napi::Number::New(info.Env(), view.number());
}

// (bufferevent, string or bytes)
Napi::Value BufferEvent::WriteNapi(const Napi::CallbackInfo& info) {
  BufferEvent& self = ToMoveBytes(info);
  BufferTransfer transfer(self.base());
  self.Write(info[1]);
  return transfer.End(info.Env().Undefined());
}

// (bufferevent, buffer)
Napi::Value BufferEvent::WriteBufferNapi(const Napi::CallbackInfo& info) {
  BufferEvent& self = ToMoveBytes(info);
  EvBuffer& buffer = Environment::From(info).Get<EvBuffer>(info[1]);
  buffer.CheckMayChange();
  const EventBase::BusyScope busy(self.base());
  EvBuffer::Operation operation(buffer);
  if (bufferevent_write_buffer(self.m_bev, buffer.buffer()) != 0) {
    ThrowEventError(self.env(), code::kState, "the buffer is frozen at its start");
  }
  if (self.live()) self.WriteSoon();
  return operation.End(info.Env().Undefined());
}

// (bufferevent, bytes, offset, most | negative for what has room) -> how many were written there; negative
// when there is no room for so many: then nothing has been taken
Napi::Value BufferEvent::ReadNapi(const Napi::CallbackInfo& info) {
  BufferEvent& self = ToMoveBytes(info);
  const auto bytes = ByteSpan::OfUnsharedBytes(info.Env(), info[1]);
  if (!bytes) ThrowTypeError(info.Env(), "bytes must be a Uint8Array of memory that is not shared");
  const auto offset = static_cast<size_t>(ByteLimitArg(info, 2));
  const size_t room = bytes->size - std::min(offset, bytes->size);
  const size_t most = NumberArg(info, 3) < 0 ? room : static_cast<size_t>(ByteLimitArg(info, 3));
  evbuffer* const input = bufferevent_get_input(self.m_bev);
  const size_t size = std::min(most, evbuffer_get_length(input));
  const auto count = static_cast<double>(size);
  if (size > room) return Napi::Number::New(info.Env(), -count);
  if (size == 0) return Napi::Number::New(info.Env(), 0);
  BufferTransfer transfer(self.base());
  // Not evbuffer_remove(), which tells in an int how much it was.
  evbuffer_copyout(input, bytes->data + offset, size);
  evbuffer_drain(input, size);
  return transfer.End(Napi::Number::New(info.Env(), count));
}

// (bufferevent, buffer)
Napi::Value BufferEvent::ReadBufferNapi(const Napi::CallbackInfo& info) {
  BufferEvent& self = ToMoveBytes(info);
  EvBuffer& buffer = Environment::From(info).Get<EvBuffer>(info[1]);
  buffer.CheckMayChange();
  const EventBase::BusyScope busy(self.base());
  EvBuffer::Operation operation(buffer);
  if (bufferevent_read_buffer(self.m_bev, buffer.buffer()) != 0) {
    ThrowEventError(self.env(), code::kState, "the buffer is frozen at its end");
  }
  return operation.End(info.Env().Undefined());
}

// (bufferevent, EV_READ | EV_WRITE, options)
Napi::Value BufferEvent::TriggerNapi(const Napi::CallbackInfo& info) {
  BufferEvent& self = Own(info);
  const int what = MaskArg(info, 1, kBoth);
  const int options = MaskArg(info, 2, BEV_TRIG_IGNORE_WATERMARKS | BEV_TRIG_DEFER_CALLBACKS);
  self.NoteDeferral(options);
  BufferTransfer transfer(self.base());
  bufferevent_trigger(self.m_bev, static_cast<short>(what), options);
  return transfer.End(info.Env().Undefined());
}

// (bufferevent, BEV_EVENT_*, options)
Napi::Value BufferEvent::TriggerEventNapi(const Napi::CallbackInfo& info) {
  BufferEvent& self = Own(info);
  const int what = MaskArg(info, 1, 0xff);
  const int options = MaskArg(info, 2, BEV_TRIG_IGNORE_WATERMARKS | BEV_TRIG_DEFER_CALLBACKS);
  self.NoteDeferral(options);
  BufferTransfer transfer(self.base());
  errno = 0;
  bufferevent_trigger_event(self.m_bev, static_cast<short>(what), options);
  return transfer.End(info.Env().Undefined());
}

// (bufferevent, EV_READ | EV_WRITE, mode) -> whether bytes were moved
Napi::Value BufferEvent::FlushNapi(const Napi::CallbackInfo& info) {
  BufferEvent& self = Own(info);
  const int what = MaskArg(info, 1, kBoth);
  const int mode = IntArg(info, 2);
  if (mode < BEV_NORMAL || mode > BEV_FINISHED) ThrowRangeError(info.Env(), "no such mode");
  BufferTransfer transfer(self.base());
  const int result =
      bufferevent_flush(self.m_bev, static_cast<short>(what), static_cast<bufferevent_flush_mode>(mode));
  if (result < 0)
    ThrowEventError(self.env(), code::kState, "bufferevent_flush failed: the pair's other one is gone");
  return transfer.End(Napi::Boolean::New(info.Env(), result > 0));
}

void BufferEvent::ExportTransfer(Napi::Env env, Napi::Object exports, Environment& state) {
  ExportFunction<GetInputNapi>(env, exports, "bufferEventGetInput", state);
  ExportFunction<GetOutputNapi>(env, exports, "bufferEventGetOutput", state);
  ExportFunction<WriteNapi>(env, exports, "bufferEventWrite", state);
  ExportFunction<WriteBufferNapi>(env, exports, "bufferEventWriteBuffer", state);
  ExportFunction<ReadNapi>(env, exports, "bufferEventRead", state);
  ExportFunction<ReadBufferNapi>(env, exports, "bufferEventReadBuffer", state);
  ExportFunction<TriggerNapi>(env, exports, "bufferEventTrigger", state);
  ExportFunction<TriggerEventNapi>(env, exports, "bufferEventTriggerEvent", state);
  ExportFunction<FlushNapi>(env, exports, "bufferEventFlush", state);
}

void BufferEvent::Export(Napi::Env env, Napi::Object exports, Environment& state) {
  ExportFunction<SocketNewNapi>(env, exports, "bufferEventSocketNew", state);
  ExportFunction<PairNewNapi>(env, exports, "bufferEventPairNew", state);
  ExportFunction<PairSecondNapi>(env, exports, "bufferEventPairSecond", state);
  ExportFunction<FilterNewNapi>(env, exports, "bufferEventFilterNew", state);
  ExportFunction<FilterSourceNapi>(env, exports, "bufferEventFilterSource", state);
  ExportFunction<FilterResultNapi>(env, exports, "bufferEventFilterResult", state);
  ExportFunction<SetcbNapi>(env, exports, "bufferEventSetcb", state);
  ExportFunction<EnableNapi>(env, exports, "bufferEventEnable", state);
  ExportFunction<DisableNapi>(env, exports, "bufferEventDisable", state);
  ExportFunction<GetEnabledNapi>(env, exports, "bufferEventGetEnabled", state);
  ExportFunction<ConnectNapi>(env, exports, "bufferEventConnect", state);
  ExportFunction<ConnectUnixNapi>(env, exports, "bufferEventConnectUnix", state);
  ExportFunction<ConnectHostnameNapi>(env, exports, "bufferEventConnectHostname", state);
  ExportFunction<ConnectHostnameDnsNapi>(env, exports, "bufferEventConnectHostnameDns", state);
  ExportFunction<GetDnsErrorNapi>(env, exports, "bufferEventGetDnsError", state);
  ExportTransfer(env, exports, state);
  ExportSettings(env, exports, state);
}

}  // namespace bitcoin_support
