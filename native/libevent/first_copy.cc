#include "libevent/first_copy.h"

#include <dlfcn.h>

#include <cstring>
#include <string>
#include <vector>

#if defined(__linux__)
#include <link.h>
#endif

/// By which another copy knows this one.
extern "C" __attribute__((visibility("default"))) const char bitcoin_support_version[] =
    BITCOIN_SUPPORT_VERSION;

namespace bitcoin_support {

#if defined(__linux__)

namespace {

// In the order in which they were loaded.
std::vector<std::string> LoadedCopies() {
  std::vector<std::string> paths;
  dl_iterate_phdr(
      [](dl_phdr_info* info, size_t, void* found) {
        constexpr char kName[] = "/bitcoin_support.node";
        const std::string path = info->dlpi_name;
        if (path.ends_with(kName)) static_cast<std::vector<std::string>*>(found)->push_back(path);
        return 0;
      },
      &paths);
  return paths;
}

}  // namespace

napi_addon_register_func RegisterOfFirstCopy() {
  for (const std::string& path : LoadedCopies()) {
    // Not closed again: it is used from now on.
    void* const copy = dlopen(path.c_str(), RTLD_LAZY | RTLD_NOLOAD);
    if (copy == nullptr) continue;
    const void* const version = dlsym(copy, "bitcoin_support_version");
    if (version == bitcoin_support_version) return nullptr;
    if (version == nullptr || std::strcmp(static_cast<const char*>(version), bitcoin_support_version) != 0)
      continue;
    void* const init = dlsym(copy, "napi_register_module_v1");
    if (init != nullptr) return reinterpret_cast<napi_addon_register_func>(init);
  }
  return nullptr;
}

#else

napi_addon_register_func RegisterOfFirstCopy() { return nullptr; }

#endif

}  // namespace bitcoin_support
