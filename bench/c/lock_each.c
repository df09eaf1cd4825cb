/*
 * What it costs to lock memory for each secret: maps pages, locks them, wipes them, unlocks and unmaps them.
 * Prints the mean of a round in ns. The arguments are the numbers of bytes and of rounds.
 */
#define _GNU_SOURCE
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>

static int64_t now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return (int64_t)time.tv_sec * 1000000000 + time.tv_nsec;
}

static void expect(int condition) {
  if (condition) return;
  perror("a call has failed");
  exit(1);
}

int main(int count, char** arguments) {
  expect(count == 3);
  const size_t size = (size_t)atol(arguments[1]);
  const long rounds = atol(arguments[2]);
  const int64_t begin = now();
  for (long i = 0; i < rounds; ++i) {
    void* const memory = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    expect(memory != MAP_FAILED && mlock(memory, size) == 0);
    explicit_bzero(memory, size);
    expect(munlock(memory, size) == 0 && munmap(memory, size) == 0);
  }
  printf("%.0f\n", (double)(now() - begin) / (double)rounds);
  return 0;
}
