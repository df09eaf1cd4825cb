/* `unload <library>`: loads the library again and again, leaves buffers alive in it, and unloads it. Prints
 * the state of the process after the first time and after the last. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ROUNDS 12

typedef void* (*new_function)(size_t);
typedef int (*write_function)(void*, const void*, size_t);

static long locked_kilobytes(void) {
  FILE* const file = fopen("/proc/self/status", "r");
  char line[256];
  long value = -1;
  while (file != NULL && fgets(line, sizeof line, file) != NULL) {
    if (sscanf(line, "VmLck: %ld", &value) == 1) break;
  }
  if (file != NULL) fclose(file);
  return value;
}

static int mappings(void) {
  FILE* const file = fopen("/proc/self/maps", "r");
  int count = 0;
  for (int c = 0; file != NULL && (c = fgetc(file)) != EOF;) count += c == '\n';
  if (file != NULL) fclose(file);
  return count;
}

static void load_and_unload(const char* path) {
  void* const library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
  if (library == NULL) {
    fprintf(stderr, "%s\n", dlerror());
    exit(1);
  }
  /* ISO C knows no conversion between objects and functions. */
  new_function make;
  write_function put;
  void* symbol = dlsym(library, "secure_buffer_new");
  memcpy(&make, &symbol, sizeof symbol);
  symbol = dlsym(library, "secure_buffer_write");
  memcpy(&put, &symbol, sizeof symbol);
  for (int i = 0; i < 20; ++i) {
    void* const buffer = make(i % 2 == 0 ? 32 : 300000);
    if (buffer == NULL || put(buffer, "secret", 6) != 0) exit(2);
  }
  if (dlclose(library) != 0) exit(3);
  if (dlopen(path, RTLD_NOW | RTLD_NOLOAD) != NULL) exit(4);
}

static void print_state(char after) {
  printf("{\"mappings\":%d,\"locked\":%ld,\"heap\":%zu}%c", mappings(), locked_kilobytes(),
         mallinfo2().uordblks, after);
}

int main(int count, char** arguments) {
  if (count != 2) return 5;
  setvbuf(stdout, NULL, _IOFBF, 4096);
  putchar('[');
  load_and_unload(arguments[1]);
  print_state(',');
  for (int i = 1; i < ROUNDS; ++i) load_and_unload(arguments[1]);
  print_state(']');
  return 0;
}
