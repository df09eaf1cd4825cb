/* A malloc that fails now and then, instead of the addon's. */
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>

#define EXPORT __attribute__((visibility("default")))

static intptr_t one_in;
static uint64_t state;
static intptr_t failed;

static void* failing_malloc(size_t size) {
  state ^= state << 13;
  state ^= state >> 7;
  state ^= state << 17;
  if (one_in == 0 || state % (uint64_t)one_in != 0) return malloc(size);
  failed++;
  errno = ENOMEM;
  return NULL;
}

/* Stores it at `where`. One call in `n` fails, by a sequence that depends on the seed; all for 1, none for 0.
 */
EXPORT void fail_one_in(void* (**where)(size_t), intptr_t n, intptr_t seed) {
  state = UINT64_C(0x9e3779b97f4a7c15) * ((uint64_t)seed + 1);
  one_in = n;
  *where = failing_malloc;
}

/* How many calls have failed. */
EXPORT intptr_t failed_mallocs(void) { return failed; }
