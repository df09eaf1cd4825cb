/* Calls the C functions with all kinds of values that are no handle, and with bad arguments. Prints "ok" when
 * they behave as documented. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "secure_buffer.h"

#define CHECK(condition)                                              \
  do {                                                                \
    if (!(condition)) {                                               \
      fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #condition); \
      exit(1);                                                        \
    }                                                                 \
  } while (0)

/* Every function reports that this is no buffer, and touches nothing. */
static void check_gone(secure_buffer* handle) {
  unsigned char bytes[4] = {1, 2, 3, 4};
  secure_buffer* const live = secure_buffer_new(4);
  CHECK(secure_buffer_is_valid(handle) == 0);
  CHECK(secure_buffer_write(handle, bytes, 4) == -1);
  CHECK(secure_buffer_write(handle, bytes, 0) == -1);
  CHECK(secure_buffer_read(handle, bytes, 4) == -1);
  CHECK(bytes[0] == 1 && bytes[3] == 4);
  CHECK(secure_buffer_read_whole(handle, bytes, 4) == -1);
  CHECK(bytes[0] == 1 && bytes[3] == 4);
  secure_buffer_free(handle);
  CHECK(secure_buffer_len(handle) == -1);
  CHECK(secure_buffer_capacity(handle) == -1);
  CHECK(secure_buffer_is_locked(handle) == -1);
  CHECK(secure_buffer_lock(handle) == -1);
  CHECK(secure_buffer_unlock(handle) == -1);
  CHECK(secure_buffer_clear(handle) == -1);
  CHECK(secure_buffer_zeroize(handle) == -1);
  CHECK(secure_buffer_equals(handle, handle) == -1);
  CHECK(secure_buffer_equals(handle, live) == -1);
  CHECK(secure_buffer_equals(live, handle) == -1);
  CHECK(secure_buffer_is_zero(handle) == -1);
  CHECK(secure_buffer_integrity_check(handle) == -1);
  CHECK(secure_buffer_destroy(handle) == -1);
  CHECK(secure_buffer_destroy(live) == 0);
}

static secure_buffer* at(uintptr_t bits) { return (secure_buffer*)bits; }

int main(void) {
  check_gone(NULL);
  int local = 0;
  check_gone((secure_buffer*)&local);
  void* const heap = malloc(64);
  check_gone(heap);
  free(heap);

  CHECK(secure_buffer_new(0) == NULL);
  CHECK(secure_buffer_new((size_t)INT32_MAX + 1) == NULL);
  CHECK(secure_buffer_new((size_t)-1) == NULL);

  secure_buffer* const buffer = secure_buffer_new(8);
  const uintptr_t bits = (uintptr_t)buffer;
  CHECK(secure_buffer_is_valid(buffer) == 1);
  CHECK(secure_buffer_len(buffer) == 0);
  CHECK(secure_buffer_capacity(buffer) == 8);
  CHECK(secure_buffer_is_zero(buffer) == 1);
  CHECK(secure_buffer_integrity_check(buffer) == 1);
  CHECK(secure_buffer_write(buffer, "secret", 6) == 0);
  CHECK(secure_buffer_write(buffer, "too long!", 9) == -1);
  CHECK(secure_buffer_write(buffer, NULL, 6) == -1);
  CHECK(secure_buffer_write(buffer, NULL, 0) == -1);
  char into[8] = "~~~~~~~";
  CHECK(secure_buffer_read(buffer, NULL, 8) == -1);
  CHECK(secure_buffer_read(buffer, into, 0) == 0);
  CHECK(secure_buffer_read(buffer, into, sizeof into) == 6);
  CHECK(memcmp(into, "secret~", 8) == 0);
  CHECK(secure_buffer_read_whole(buffer, NULL, 0) == 6);
  CHECK(secure_buffer_read_whole(buffer, NULL, 1) == -1);
  char whole[8] = "~~~~~~~";
  CHECK(secure_buffer_read_whole(buffer, whole, 5) == 6);
  CHECK(memcmp(whole, "~~~~~~~", 8) == 0);
  CHECK(secure_buffer_read_whole(buffer, whole, 8) == 6);
  CHECK(memcmp(whole, "secret~", 8) == 0);
  memory_cleanse(whole, 3);
  CHECK(memcmp(whole, "\0\0\0ret~", 8) == 0);
  memory_cleanse(whole, 0);
  CHECK(whole[3] == 'r');
  memory_cleanse(NULL, 8);
  CHECK(secure_buffer_is_zero(buffer) == 0);
  CHECK(secure_buffer_equals(buffer, buffer) == 1);
  CHECK(secure_buffer_unlock(buffer) == 0);
  CHECK(secure_buffer_is_locked(buffer) == 0);
  CHECK(secure_buffer_lock(buffer) == 0);
  CHECK(secure_buffer_is_locked(buffer) == 1);

  /* Forged: each bit of a good handle flipped. */
  for (int bit = 0; bit < 64; ++bit) check_gone(at(bits ^ (uintptr_t)1 << bit));
  CHECK(secure_buffer_len(buffer) == 6);

  CHECK(secure_buffer_write(buffer, "", 0) == 0);
  CHECK(secure_buffer_len(buffer) == 0);
  CHECK(secure_buffer_write(buffer, "x", 1) == 0);
  CHECK(secure_buffer_clear(buffer) == 0);
  CHECK(secure_buffer_is_zero(buffer) == 1);
  CHECK(secure_buffer_write(buffer, "x", 1) == 0);
  CHECK(secure_buffer_zeroize(buffer) == 0);
  CHECK(secure_buffer_len(buffer) == 0);

  /* Stale: also when a newer buffer has taken the place. */
  CHECK(secure_buffer_destroy(buffer) == 0);
  check_gone(buffer);
  secure_buffer* const next = secure_buffer_new(8);
  CHECK(next != buffer);
  check_gone(buffer);
  CHECK(secure_buffer_is_valid(next) == 1);
  secure_buffer_free(next);
  check_gone(next);
  puts("ok");
  return 0;
}
