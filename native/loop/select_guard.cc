#include "loop/select_guard.h"

#include <sys/select.h>

#include <cerrno>
#include <climits>
#include <cstring>

#include "loop/backend_table.h"

namespace bitcoin_support {
namespace {

// libevent's own, whose add() the guarded one calls.
const BackendTable* g_select = nullptr;

int AddWithRoom(event_base* base, evutil_socket_t fd, short old, short events, void* fdinfo) {
  if (fd >= FD_SETSIZE) {
    errno = EMFILE;
    return -1;
  }
  return g_select->add(base, fd, old, events, fdinfo);
}

// There is one select in a process, so all bases share this.
const BackendTable* Guarded(const BackendTable* select) {
  static const BackendTable guarded = [select] {
    g_select = select;
    BackendTable copy = *select;
    copy.add = AddWithRoom;
    return copy;
  }();
  return &guarded;
}

}  // namespace

int GuardSelect(event_base* base) {
  if (std::strcmp(event_base_get_method(base), "select") != 0) return INT_MAX;
  if (BaseHead* const head = BaseHead::Of(base)) head->backend = Guarded(head->backend);
  return FD_SETSIZE;
}

}  // namespace bitcoin_support
