#include "http/ev_http_uri.h"

#include <event2/http.h>

#include <array>
#include <cstring>
#include <memory>
#include <new>

#include "http/http_text.h"
#include "libevent/scrubbing_heap.h"
#include "napi/arguments.h"
#include "napi/byte_source.h"
#include "napi/environment.h"
#include "napi/errors.h"
#include "napi/exports.h"
#include "napi/handle_exports.h"
#include "secure/memory_cleanse.h"

namespace bitcoin_support {
namespace {

struct Part {
  const char* name;
  const char* (*get)(const evhttp_uri*);
  int (*set)(evhttp_uri*, const char*);
};

constexpr std::array kParts{
#define URI_PART(name) Part{#name, evhttp_uri_get_##name, evhttp_uri_set_##name},
#include "napi/tables.def"
};

constexpr int kMaxPort = 65535;

// More than all that stands between the parts of a URI, the port and the final NUL.
constexpr size_t kBetweenParts = 32;

// What libevent returns for its caller to free. It is on libevent's heap.
struct HeapDeleter {
  void operator()(char* text) const { ScrubbingFree(text); }
};
using HeapText = std::unique_ptr<char, HeapDeleter>;

HeapText OrBadAlloc(char* text) {
  if (text == nullptr) throw std::bad_alloc();
  return HeapText(text);
}

// Bytes that are wiped in the end.
class WipedText {
 public:
  explicit WipedText(size_t size) : m_size(size), m_bytes(std::make_unique<char[]>(size)) {}
  ~WipedText() { MemoryCleanse(m_bytes.get(), m_size); }
  WipedText(const WipedText&) = delete;
  WipedText& operator=(const WipedText&) = delete;
  char* data() { return m_bytes.get(); }
  size_t size() const { return m_size; }

 private:
  const size_t m_size;
  const std::unique_ptr<char[]> m_bytes;
};

evhttp_uri* UriArg(const Napi::CallbackInfo& info) {
  return Environment::From(info).Get<EvHttpUri>(info[0]).uri();
}

const Part& PartArg(const Napi::CallbackInfo& info) {
  const int part = IntArg(info, 1);
  if (part < 0 || static_cast<size_t>(part) >= kParts.size()) ThrowRangeError(info.Env(), "no part of a URI");
  return kParts[static_cast<size_t>(part)];
}

// (text | undefined, EVHTTP_URI_* flags)
Napi::Value NewNapi(const Napi::CallbackInfo& info) {
  Environment& env = Environment::From(info);
  const auto flags = static_cast<unsigned>(IntArg(info, 1));
  evhttp_uri* uri = nullptr;
  if (info[0].IsUndefined()) {
    uri = evhttp_uri_new();
    if (uri == nullptr) throw std::bad_alloc();
    evhttp_uri_set_flags(uri, flags);
  } else {
    const HttpText text(info.Env(), info[0], "uri");
    uri = evhttp_uri_parse_with_flags(text.c_str(), flags);
    if (uri == nullptr) ThrowEventError(env, code::kParse, "evhttp_uri_parse_with_flags failed: no URI");
  }
  return Napi::Number::New(info.Env(), (new EvHttpUri(env, uri))->number());
}

// (uri, part) -> text | undefined
Napi::Value GetNapi(const Napi::CallbackInfo& info) {
  const evhttp_uri* const uri = UriArg(info);
  return Latin1OrUndefined(info.Env(), PartArg(info).get(uri));
}

// (uri, part, text | undefined)
Napi::Value SetNapi(const Napi::CallbackInfo& info) {
  evhttp_uri* const uri = UriArg(info);
  const Part& part = PartArg(info);
  int result = 0;
  if (info[2].IsUndefined()) {
    result = part.set(uri, nullptr);
  } else {
    const HttpText text(info.Env(), info[2], part.name);
    result = part.set(uri, text.c_str());
  }
  if (result != 0) {
    ThrowEventError(Environment::From(info), code::kParse, std::string("not a URI's ") + part.name);
  }
  return info.Env().Undefined();
}

// (uri) -> port | -1
Napi::Value GetPortNapi(const Napi::CallbackInfo& info) {
  return Napi::Number::New(info.Env(), evhttp_uri_get_port(UriArg(info)));
}

// (uri, port | -1)
Napi::Value SetPortNapi(const Napi::CallbackInfo& info) {
  evhttp_uri* const uri = UriArg(info);
  const int port = IntArg(info, 1);
  if (port < -1 || port > kMaxPort) ThrowRangeError(info.Env(), "no port");
  evhttp_uri_set_port(uri, port);
  return info.Env().Undefined();
}

// (uri, EVHTTP_URI_* flags)
Napi::Value SetFlagsNapi(const Napi::CallbackInfo& info) {
  evhttp_uri* const uri = UriArg(info);
  evhttp_uri_set_flags(uri, static_cast<unsigned>(IntArg(info, 1)));
  return info.Env().Undefined();
}

// (uri) -> text
Napi::Value JoinNapi(const Napi::CallbackInfo& info) {
  evhttp_uri* const uri = UriArg(info);
  size_t size = kBetweenParts;
  for (const Part& part : kParts) {
    const char* const text = part.get(uri);
    if (text != nullptr) size += std::strlen(text);
  }
  WipedText joined(size);
  if (evhttp_uri_join(uri, joined.data(), joined.size()) == nullptr) {
    ThrowEventError(Environment::From(info), code::kParse,
                    "evhttp_uri_join failed: with a host the path must be empty or begin with /");
  }
  return Latin1OrUndefined(info.Env(), joined.data());
}

// --- text without a handle -------------------------------------------------------------------------

// (string | Uint8Array, space as plus) -> text
Napi::Value UriEncodeNapi(const Napi::CallbackInfo& info) {
  const ByteSource bytes(info.Env(), info[0]);
  const bool space_as_plus = BoolArg(info, 1);
  WipedText plain(bytes.size() + 1);
  if (bytes.size() > 0) bytes.CopyTo(plain.data());
  const HeapText encoded = OrBadAlloc(
      evhttp_uriencode(plain.data(), static_cast<ev_ssize_t>(bytes.size()), space_as_plus ? 1 : 0));
  return Latin1OrUndefined(info.Env(), encoded.get());
}

// (text, decode plus) -> Buffer
Napi::Value UriDecodeNapi(const Napi::CallbackInfo& info) {
  const HttpText text(info.Env(), info[0], "text");
  const bool decode_plus = BoolArg(info, 1);
  size_t size = 0;
  const HeapText decoded = OrBadAlloc(evhttp_uridecode(text.c_str(), decode_plus ? 1 : 0, &size));
  return Napi::Buffer<char>::Copy(info.Env(), decoded.get(), size);
}

// (text) -> text
Napi::Value HtmlEscapeNapi(const Napi::CallbackInfo& info) {
  if (!info[0].IsString()) ThrowTypeError(info.Env(), "text must be a string");
  const ByteSource bytes(info.Env(), info[0]);
  WipedText plain(bytes.size() + 1);
  if (bytes.size() > 0) bytes.CopyTo(plain.data());
  plain.data()[bytes.size()] = '\0';
  if (std::strlen(plain.data()) != bytes.size()) ThrowRangeError(info.Env(), "text holds NUL");
  const HeapText escaped = OrBadAlloc(evhttp_htmlescape(plain.data()));
  return Napi::String::New(info.Env(), escaped.get());
}

}  // namespace

EvHttpUri::EvHttpUri(Environment& env, evhttp_uri* uri)
    : Handle(env, env.type_for(kKind), kKind), m_uri(uri) {}

EvHttpUri::~EvHttpUri() { evhttp_uri_free(m_uri); }

void EvHttpUri::Export(Napi::Env env, Napi::Object exports, Environment& state) {
  ExportFunction<NewNapi>(env, exports, "uriNew", state);
  ExportFunction<GetNapi>(env, exports, "uriGet", state);
  ExportFunction<SetNapi>(env, exports, "uriSet", state);
  ExportFunction<GetPortNapi>(env, exports, "uriGetPort", state);
  ExportFunction<SetPortNapi>(env, exports, "uriSetPort", state);
  ExportFunction<SetFlagsNapi>(env, exports, "uriSetFlags", state);
  ExportFunction<JoinNapi>(env, exports, "uriJoin", state);
  ExportFunction<UriEncodeNapi>(env, exports, "uriEncode", state);
  ExportFunction<UriDecodeNapi>(env, exports, "uriDecode", state);
  ExportFunction<HtmlEscapeNapi>(env, exports, "htmlEscape", state);
}

template void ExportHandleType<EvHttpUri>(Napi::Env, Napi::Object, Environment&);

}  // namespace bitcoin_support
