/*
 * A session key that is kept in a secure buffer, checked against what a peer has sent, and destroyed.
 *
 *   cc -I native/include examples/c/session_key.c -L build/Release -lsecurebuffer -Wl,-rpath,build/Release
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "secure_buffer.h"

enum { kKeySize = 32 };

static void require(int condition, const char* what) {
  if (condition) return;
  fprintf(stderr, "failed: %s\n", what);
  exit(1);
}

/* Fills a buffer from the system's random generator, through a block that is wiped afterwards. */
static secure_buffer* random_key(void) {
  unsigned char bytes[kKeySize];
  secure_buffer* const key = secure_buffer_new(sizeof bytes);
  require(key != NULL, "a buffer");
  FILE* const random = fopen("/dev/urandom", "rb");
  require(random != NULL && setvbuf(random, NULL, _IONBF, 0) == 0, "the system's generator");
  require(fread(bytes, 1, sizeof bytes, random) == sizeof bytes, "random bytes");
  fclose(random);
  require(secure_buffer_write(key, bytes, sizeof bytes) == 0, "a write");
  /* volatile, so that the compiler keeps the wipe: nobody reads the zeros. */
  for (volatile unsigned char* byte = bytes; byte < bytes + sizeof bytes; ++byte) *byte = 0;
  return key;
}

int main(void) {
  secure_buffer* const key = random_key();
  printf("key of %d bytes, locked: %s\n", (int)secure_buffer_len(key),
         secure_buffer_is_locked(key) == 1 ? "yes" : "no");

  /* Another copy, as a peer might have sent it. */
  unsigned char bytes[kKeySize];
  secure_buffer* const sent = secure_buffer_new(kKeySize);
  require(sent != NULL, "a second buffer");
  require(secure_buffer_read(key, bytes, sizeof bytes) == kKeySize, "a read");
  require(secure_buffer_write(sent, bytes, sizeof bytes) == 0, "a write");
  printf("the same key: %s\n", secure_buffer_equals(key, sent) == 1 ? "equal" : "different");
  bytes[0] ^= 1;
  require(secure_buffer_write(sent, bytes, sizeof bytes) == 0, "a write");
  printf("one bit off: %s\n", secure_buffer_equals(key, sent) == 1 ? "equal" : "different");
  for (volatile unsigned char* byte = bytes; byte < bytes + sizeof bytes; ++byte) *byte = 0;

  require(secure_buffer_write(key, "longer than the buffer is, by a word", 36) == -1,
          "a write that is refused");
  require(secure_buffer_len(key) == kKeySize, "the content it had");
  require(secure_buffer_integrity_check(key) == 1, "an intact canary");

  require(secure_buffer_destroy(sent) == 0, "a destroy");
  require(secure_buffer_destroy(key) == 0, "a destroy");
  printf("a second destroy: %d\n", secure_buffer_destroy(key));
  printf("a read of a destroyed buffer: %d\n", (int)secure_buffer_read(key, bytes, sizeof bytes));
  puts("session key destroyed");
  return 0;
}
