#include "loop/loop_waker.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>
#include <utility>

#include "libevent/unique_fd.h"

namespace bitcoin_support {
namespace {

void SetFlags(int fd) {
  fcntl(fd, F_SETFD, FD_CLOEXEC);
  fcntl(fd, F_SETFL, O_NONBLOCK);
}

}  // namespace

LoopWaker::LoopWaker(event_base* base) : m_base(base) { Open(); }

LoopWaker::~LoopWaker() { Close(); }

void LoopWaker::Open() {
  int fds[2];
  if (pipe(fds) != 0) throw std::system_error(errno, std::generic_category(), "pipe");
  UniqueFd read(fds[0]);
  UniqueFd write(fds[1]);
  SetFlags(fds[0]);
  SetFlags(fds[1]);
  m_event = std::make_unique<InternalEvent>(m_base, fds[0], EV_READ | EV_PERSIST, OnWake, this);
  errno = 0;
  if (!m_event->Add()) {
    m_event.reset();
    throw std::system_error(errno == 0 ? ENOMEM : errno, std::generic_category(), "event_add");
  }
  m_read = read.Release();
  m_write = write.Release();
  m_forks = ForkCount();
}

void LoopWaker::Close() {
  m_event.reset();
  for (int* const fd : {&m_read, &m_write}) {
    if (*fd >= 0) close(std::exchange(*fd, -1));
  }
}

void LoopWaker::Renew() {
  Close();
  Open();
}

void LoopWaker::Post(std::function<void()> task) {
  const std::lock_guard lock(m_mutex);
  m_posted.push_back(std::move(task));
  // When other tasks wait already, the loop is awake or about to be. A full pipe wakes it too.
  if (m_posted.size() > 1) return;
  [[maybe_unused]] const ssize_t written = write(m_write, "", 1);
}

bool LoopWaker::HasPosted() {
  const std::lock_guard lock(m_mutex);
  return !m_posted.empty();
}

void LoopWaker::RunPosted() {
  std::vector<std::function<void()>> posted;
  {
    const std::lock_guard lock(m_mutex);
    posted.swap(m_posted);
  }
  for (const auto& task : posted) task();
}

void LoopWaker::OnWake(evutil_socket_t fd, short, void* arg) {
  char bytes[1024];
  while (read(fd, bytes, sizeof bytes) == static_cast<ssize_t>(sizeof bytes)) {
  }
  static_cast<LoopWaker*>(arg)->RunPosted();
}

}  // namespace bitcoin_support
