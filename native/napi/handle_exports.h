// How addon.cc exports the handle types of tables.def without including them.
#pragma once

#include <napi.h>

namespace bitcoin_support {

class Environment;

/// Exports the functions of a handle's class. The class's own .cc file instantiates this, so that a new type
/// takes no line in addon.cc.
template <typename Type>
void ExportHandleType(Napi::Env env, Napi::Object exports, Environment& state) {
  Type::Export(env, exports, state);
}

}  // namespace bitcoin_support
