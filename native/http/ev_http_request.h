// struct evhttp_request behind the EvHttpRequest handle.
#pragma once

#include <event2/http.h>
#include <napi.h>

#include <memory>
#include <string_view>

#include "buffers/ev_buffer.h"
#include "loop/base_child.h"

namespace bitcoin_support {

class IncomingRequest;
class OutgoingRequest;

struct OwnRequestDeleter {
  void operator()(evhttp_request* request) const { evhttp_request_free(request); }
};
using OwnRequest = std::unique_ptr<evhttp_request, OwnRequestDeleter>;

/// What a request of a server and one of a client have in common. Both are behind the same kind of handle.
class EvHttpRequest : public BaseChild {
 public:
  static constexpr HandleKind kKind = HandleKind::kEvHttpRequest;

  /// The request as one that a server has received; null for a client's.
  virtual IncomingRequest* incoming() { return nullptr; }
  /// The request as one that a client makes; null for a server's.
  virtual OutgoingRequest* outgoing() { return nullptr; }

  evhttp_request* request() const { return m_request; }

  /// The headers of the request that is the first argument: those received, or those to be sent.
  /// @throws EventError
  static evkeyvalq* HeadersArg(const Napi::CallbackInfo& info, bool input);

  static void Export(Napi::Env env, Napi::Object exports, Environment& state);

 protected:
  /// Incoming.
  EvHttpRequest(EventBase& base, evhttp_request* request);
  /// Outgoing: it joins its base later, and owns `request`.
  EvHttpRequest(Environment& env, OwnRequest request);
  ~EvHttpRequest() override;

  /// @throws EventError
  static EvHttpRequest& At(const Napi::CallbackInfo& info, size_t index);
  static EvHttpRequest& This(const Napi::CallbackInfo& info) { return At(info, 0); }

  /// @throws EventError unless libevent's request is there.
  virtual void CheckThere() const {}
  /// @throws EventError unless the output buffer is JavaScript's to fill.
  virtual void CheckOutputIsOurs() const = 0;
  /// EVHTTP_REQ_*, 0 for a method that libevent does not know.
  virtual unsigned Command() const = 0;
  /// The name of a method that libevent does not know.
  virtual std::string_view ExtensionMethod() const { return {}; }
  /// The request target; null when there is none yet.
  virtual const char* Uri() const = 0;
  /// The number of the connection's handle, which is made when there is none yet; 0 without a connection.
  virtual double ObtainConnection() = 0;
  /// The request's base; null as long as it has none.
  virtual EventBase* BaseOrNull() const = 0;

  /// From here on this object owns libevent's request.
  void TakeOver() { m_own.reset(m_request); }
  /// Forgets libevent's request, which must not be used any more.
  void ForgetRequest();
  void InvalidateOutput() { m_output_view.Invalidate(); }
  void InvalidateViews();

  evhttp_request* m_request;

 private:
  /// A native function over the evhttp_request behind the first argument.
  template <auto kFunction>
  static Napi::Value OnRequestNapi(const Napi::CallbackInfo& info);

  static Napi::Value CheckUsableNapi(const Napi::CallbackInfo& info);
  static Napi::Value GetCommandNapi(const Napi::CallbackInfo& info);
  static Napi::Value GetMethodNapi(const Napi::CallbackInfo& info);
  static Napi::Value GetUriNapi(const Napi::CallbackInfo& info);
  static Napi::Value GetBufferNapi(const Napi::CallbackInfo& info);
  static Napi::Value GetConnectionNapi(const Napi::CallbackInfo& info);
  static Napi::Value HeaderIntoNapi(const Napi::CallbackInfo& info);
  static Napi::Value BodyIntoNapi(const Napi::CallbackInfo& info);

  OwnRequest m_own;  // m_request, when this object owns it
  BufferView m_input_view;
  BufferView m_output_view;
};

}  // namespace bitcoin_support
