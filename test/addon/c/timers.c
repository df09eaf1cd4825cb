/* Programs of timers that are due at the same microsecond, like those of test/support/timer-program.ts. */
#include <event2/event.h>
#include <stdint.h>
#include <stdlib.h>

#define EXPORT __attribute__((visibility("default")))

enum { kTimers = 12, kAtFirst = 20, kSteps = 90 };

static const int64_t kModulus = 2147483647;

struct program {
  int64_t state;
  int64_t order; /* a hash of which timers ran, in their order */
  int64_t looks; /* how often the loop has read the clock */
  struct timeval last;
  int steps;
  struct event* timers[kTimers];
};

struct timer {
  struct program* program;
  int number;
};

static int64_t draw(struct program* program, int64_t below) {
  program->state = program->state * 48271 % kModulus;
  return program->state % below;
}

static void step(struct program* program) {
  const struct timeval after = {0, 1000};
  struct event* const timer = program->timers[draw(program, kTimers)];
  if (draw(program, 4) == 0) {
    event_del(timer);
  } else {
    event_add(timer, &after);
  }
  program->steps--;
}

static void on_timer(evutil_socket_t fd, short what, void* arg) {
  const struct timer* const timer = arg;
  struct program* const program = timer->program;
  (void)fd;
  (void)what;
  struct timeval now;
  event_base_gettimeofday_cached(event_get_base(program->timers[0]), &now);
  if (now.tv_sec != program->last.tv_sec || now.tv_usec != program->last.tv_usec) program->looks++;
  program->last = now;
  program->order = (program->order * 31 + timer->number + 1) % kModulus;
  for (int64_t i = draw(program, 4); i > 0 && program->steps > 0; i--) step(program);
}

static void on_start(evutil_socket_t fd, short what, void* arg) {
  struct program* const program = arg;
  (void)fd;
  (void)what;
  for (int i = 0; i < kAtFirst; i++) step(program);
}

/* Runs the program of a seed in a base of its own. Returns the hash of its order, and how often it read the
 * clock. */
EXPORT intptr_t run_timers(intptr_t seed) {
  struct program program = {.state = seed, .steps = kSteps};
  struct timer timers[kTimers];
  const struct timeval at_once = {0, 0};
  struct event_config* const config = event_config_new();
  event_config_set_flag(config, EVENT_BASE_FLAG_PRECISE_TIMER);
  struct event_base* const base = event_base_new_with_config(config);
  event_config_free(config);
  for (int i = 0; i < kTimers; i++) {
    timers[i].program = &program;
    timers[i].number = i;
    program.timers[i] = evtimer_new(base, on_timer, &timers[i]);
  }
  event_base_once(base, -1, EV_TIMEOUT, on_start, &program, &at_once);
  event_base_dispatch(base);
  for (int i = 0; i < kTimers; i++) event_free(program.timers[i]);
  event_base_free(base);
  return (intptr_t)(program.order * 1000 + program.looks);
}
