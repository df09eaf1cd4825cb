/* Ends the process while other threads make, write, read and destroy buffers. */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

#include "secure_buffer.h"

static void* work(void* unused) {
  (void)unused;
  for (;;) {
    secure_buffer* const buffer = secure_buffer_new(100);
    char into[8];
    secure_buffer_write(buffer, "secret", 6);
    secure_buffer_read(buffer, into, sizeof into);
    secure_buffer_free(buffer);
  }
  return NULL;
}

int main(void) {
  for (int i = 0; i < 4; ++i) {
    pthread_t thread;
    if (pthread_create(&thread, NULL, work, NULL) != 0) return 1;
  }
  for (int i = 0; i < 2000; ++i) secure_buffer_free(secure_buffer_new(32));
  puts("ok");
  fflush(stdout);
  exit(0);
}
