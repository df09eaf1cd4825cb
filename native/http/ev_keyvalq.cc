#include "http/ev_keyvalq.h"

#include <event2/http.h>

#include "http/ev_http_request.h"
#include "http/http_text.h"
#include "napi/arguments.h"
#include "napi/environment.h"
#include "napi/errors.h"
#include "napi/exports.h"
#include "napi/handle_exports.h"
#include "napi/list.h"

namespace bitcoin_support {
namespace {

// The second argument: whose list the first one means.
enum class ListOwner : int {
#define LIST_OWNER(owner, name) owner,
#include "napi/tables.def"
};

evkeyvalq* ListArg(const Napi::CallbackInfo& info) {
  switch (static_cast<ListOwner>(IntArg(info, 1))) {
    case ListOwner::kItself:
      return Environment::From(info).Get<EvKeyvalq>(info[0]).list();
    case ListOwner::kInputOfRequest:
      return EvHttpRequest::HeadersArg(info, true);
    case ListOwner::kOutputOfRequest:
      return EvHttpRequest::HeadersArg(info, false);
  }
  ThrowRangeError(info.Env(), "no such list");
}

// ()
Napi::Value NewNapi(const Napi::CallbackInfo& info) {
  return Napi::Number::New(info.Env(), (new EvKeyvalq(Environment::From(info)))->number());
}

// (list or request, owner, name) -> value of the first one, or undefined
Napi::Value FindHeaderNapi(const Napi::CallbackInfo& info) {
  evkeyvalq* const list = ListArg(info);
  const HttpText name(info.Env(), info[2], "header name");
  return Latin1OrUndefined(info.Env(), evhttp_find_header(list, name.c_str()));
}

// (list or request, owner, name, value)
Napi::Value AddHeaderNapi(const Napi::CallbackInfo& info) {
  evkeyvalq* const list = ListArg(info);
  const HttpHeaderName name(info.Env(), info[2]);
  const HttpText value(info.Env(), info[3], "header value");
  if (evhttp_add_header(list, name.c_str(), value.c_str()) != 0) {
    ThrowEventError(Environment::From(info), code::kLibevent, "evhttp_add_header failed");
  }
  return info.Env().Undefined();
}

// (list or request, owner, name) -> whether there was one
Napi::Value RemoveHeaderNapi(const Napi::CallbackInfo& info) {
  evkeyvalq* const list = ListArg(info);
  const HttpText name(info.Env(), info[2], "header name");
  return Napi::Boolean::New(info.Env(), evhttp_remove_header(list, name.c_str()) == 0);
}

// (list or request, owner)
Napi::Value ClearHeadersNapi(const Napi::CallbackInfo& info) {
  evhttp_clear_headers(ListArg(info));
  return info.Env().Undefined();
}

// (list or request, owner) -> a flat list: name, value, name, value …
Napi::Value ListHeadersNapi(const Napi::CallbackInfo& info) {
  const evkeyvalq* const list = ListArg(info);
  std::vector<napi_value> flat;
  for (const evkeyval* header = list->tqh_first; header != nullptr; header = header->next.tqe_next) {
    flat.push_back(Latin1OrUndefined(info.Env(), header->key));
    flat.push_back(Latin1OrUndefined(info.Env(), header->value));
  }
  return NewList(info.Env(), flat);
}

// (list, text, whether it is a whole URI): replaces what was in the list
Napi::Value ParseQueryNapi(const Napi::CallbackInfo& info) {
  Environment& env = Environment::From(info);
  evkeyvalq* const list = env.Get<EvKeyvalq>(info[0]).list();
  const HttpText text(info.Env(), info[1], "query");
  const bool whole = BoolArg(info, 2);
  // libevent would leak what is in the list.
  evhttp_clear_headers(list);
  if ((whole ? evhttp_parse_query(text.c_str(), list) : evhttp_parse_query_str(text.c_str(), list)) != 0) {
    ThrowEventError(env, code::kParse,
                    whole ? "no URI with a query of names and values" : "no query of names and values");
  }
  return info.Env().Undefined();
}

}  // namespace

EvKeyvalq::EvKeyvalq(Environment& env) : Handle(env, env.type_for(kKind), kKind) {}

void EvKeyvalq::Export(Napi::Env env, Napi::Object exports, Environment& state) {
  ExportFunction<NewNapi>(env, exports, "keyvalqNew", state);
  ExportFunction<FindHeaderNapi>(env, exports, "keyvalqFindHeader", state);
  ExportFunction<AddHeaderNapi>(env, exports, "keyvalqAddHeader", state);
  ExportFunction<RemoveHeaderNapi>(env, exports, "keyvalqRemoveHeader", state);
  ExportFunction<ClearHeadersNapi>(env, exports, "keyvalqClearHeaders", state);
  ExportFunction<ListHeadersNapi>(env, exports, "keyvalqListHeaders", state);
  ExportFunction<ParseQueryNapi>(env, exports, "keyvalqParseQuery", state);
}

template void ExportHandleType<EvKeyvalq>(Napi::Env, Napi::Object, Environment&);

}  // namespace bitcoin_support
