/*
 * What the C functions cost. Prints one line of JSON:
 *   new_ns            median of secure_buffer_new(1024), without the clock's own cost
 *   new_destroy_ns    mean of a pair of secure_buffer_new(1024) and secure_buffer_destroy()
 *   write_ratio       secure_buffer_write() of 64 KiB against memcpy()
 *   read_ratio        secure_buffer_read() of 64 KiB against memcpy()
 *   is_valid_p999_ns  99.9th percentile of secure_buffer_is_valid() while another thread writes
 *   overhead_bytes    memory per buffer of 32 bytes, without those 32
 *
 * The argument is the number of rounds, in thousands; default 100.
 */
#define _GNU_SOURCE
#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "secure_buffer.h"

enum { kLarge = 64 * 1024, kSmall = 32 };

static int64_t now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return (int64_t)time.tv_sec * 1000000000 + time.tv_nsec;
}

static int ascending(const void* a, const void* b) {
  const int64_t left = *(const int64_t*)a;
  const int64_t right = *(const int64_t*)b;
  return (left > right) - (left < right);
}

static int64_t quantile(int64_t* samples, size_t count, double which) {
  qsort(samples, count, sizeof *samples, ascending);
  return samples[(size_t)((double)(count - 1) * which)];
}

static void* checked(void* memory) {
  if (memory == NULL) {
    fputs("out of memory\n", stderr);
    exit(1);
  }
  return memory;
}

static void expect(int condition) {
  if (condition) return;
  fputs("a call has failed\n", stderr);
  exit(1);
}

static int64_t clock_cost(int64_t* samples, size_t count) {
  for (size_t i = 0; i < count; ++i) {
    const int64_t begin = now();
    samples[i] = now() - begin;
  }
  return quantile(samples, count, 0.5);
}

static double median_new(int64_t* samples, size_t count) {
  const int64_t cost = clock_cost(samples, count);
  for (size_t i = 0; i < count; ++i) {
    const int64_t begin = now();
    secure_buffer* const buffer = secure_buffer_new(1024);
    samples[i] = now() - begin;
    expect(secure_buffer_destroy(buffer) == 0);
  }
  return (double)(quantile(samples, count, 0.5) - cost);
}

static double mean_new_destroy(size_t count) {
  const int64_t begin = now();
  for (size_t i = 0; i < count; ++i) secure_buffer_destroy(secure_buffer_new(1024));
  return (double)(now() - begin) / (double)count;
}

/* Measures both in turn, so that other load on the machine affects both alike. */
static void copies(int64_t* samples, size_t count, double* write_ratio, double* read_ratio) {
  secure_buffer* const buffer = checked(secure_buffer_new(kLarge));
  unsigned char* const from = checked(malloc(kLarge));
  unsigned char* const into = checked(malloc(kLarge));
  memset(from, 0x5a, kLarge);
  memset(into, 0, kLarge);
  int64_t* const writes = samples;
  int64_t* const reads = samples + count;
  int64_t* const plain = samples + 2 * count;
  for (size_t i = 0; i < count; ++i) {
    int64_t begin = now();
    memcpy(into, from, kLarge);
    /* Reads the copy, so that the compiler keeps it. */
    __asm__ __volatile__("" : : "r"(into) : "memory");
    plain[i] = now() - begin;
    begin = now();
    expect(secure_buffer_write(buffer, from, kLarge) == 0);
    writes[i] = now() - begin;
    begin = now();
    expect(secure_buffer_read(buffer, into, kLarge) == kLarge);
    reads[i] = now() - begin;
  }
  const double memcpy_ns = (double)quantile(plain, count, 0.5);
  *write_ratio = (double)quantile(writes, count, 0.5) / memcpy_ns;
  *read_ratio = (double)quantile(reads, count, 0.5) / memcpy_ns;
  free(from);
  free(into);
  expect(secure_buffer_destroy(buffer) == 0);
}

struct contention {
  secure_buffer* buffer;
  atomic_bool writing;
  atomic_bool done;
};

static void* keep_writing(void* argument) {
  struct contention* const shared = argument;
  unsigned char bytes[1024] = {0};
  while (!atomic_load(&shared->done)) {
    expect(secure_buffer_write(shared->buffer, bytes, sizeof bytes) == 0);
    atomic_store(&shared->writing, 1);
  }
  return NULL;
}

static double is_valid_p999(int64_t* samples, size_t count) {
  struct contention shared = {checked(secure_buffer_new(1024)), 0, 0};
  const int64_t cost = clock_cost(samples, count);
  pthread_t writer;
  expect(pthread_create(&writer, NULL, keep_writing, &shared) == 0);
  while (!atomic_load(&shared.writing)) {
  }
  for (size_t i = 0; i < count; ++i) {
    const int64_t begin = now();
    expect(secure_buffer_is_valid(shared.buffer) == 1);
    samples[i] = now() - begin;
  }
  atomic_store(&shared.done, 1);
  pthread_join(writer, NULL);
  expect(secure_buffer_destroy(shared.buffer) == 0);
  return (double)(quantile(samples, count, 0.999) - cost);
}

static double resident_bytes(void) {
  FILE* const file = checked(fopen("/proc/self/statm", "r"));
  long size = 0;
  long resident = 0;
  expect(fscanf(file, "%ld %ld", &size, &resident) == 2);
  fclose(file);
  return (double)resident * (double)sysconf(_SC_PAGESIZE);
}

static double overhead(size_t count) {
  secure_buffer** const buffers = checked(malloc(count * sizeof *buffers));
  memset(buffers, 0, count * sizeof *buffers);
  const double before = resident_bytes();
  for (size_t i = 0; i < count; ++i) {
    buffers[i] = checked(secure_buffer_new(kSmall));
    expect(secure_buffer_write(buffers[i], "0123456789abcdef0123456789abcdef", kSmall) == 0);
  }
  const double each = (resident_bytes() - before) / (double)count;
  for (size_t i = 0; i < count; ++i) expect(secure_buffer_destroy(buffers[i]) == 0);
  free(buffers);
  return each - kSmall;
}

int main(int count, char** arguments) {
  const size_t rounds = 1000 * (size_t)(count > 1 ? atol(arguments[1]) : 100);
  int64_t* const samples = checked(malloc(3 * rounds * sizeof *samples));
  /* Measure this first, while no memory is mapped yet. */
  const double bytes = overhead(rounds);
  const double new_ns = median_new(samples, rounds);
  const double pair_ns = mean_new_destroy(rounds);
  double write_ratio = 0;
  double read_ratio = 0;
  copies(samples, rounds / 10, &write_ratio, &read_ratio);
  const double p999 = is_valid_p999(samples, rounds);
  printf(
      "{\"new_ns\":%.0f,\"new_destroy_ns\":%.0f,\"write_ratio\":%.2f,\"read_ratio\":%.2f,\"is_valid_p999_"
      "ns\":%.0f,"
      "\"overhead_bytes\":%.0f}\n",
      new_ns, pair_ns, write_ratio, read_ratio, p999, bytes);
  free(samples);
  return 0;
}
