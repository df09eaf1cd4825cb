#include <napi.h>

#include <event2/event.h>
#include <uv.h>

static Napi::Object Init(Napi::Env env, Napi::Object exports) {
  exports.Set("libeventVersion", Napi::String::New(env, event_get_version()));
  exports.Set("uvVersion", Napi::String::New(env, uv_version_string()));
  return exports;
}

NODE_API_MODULE(bitcoin_support, Init)
