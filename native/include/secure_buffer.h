/*
 * Buffers for secrets: locked in memory, out of core dumps and forked children, followed by a canary, wiped
 * twice when destroyed. Link with -lsecurebuffer.
 *
 * A handle is a number in the shape of a pointer. It is never dereferenced: a function that is given NULL, a
 * handle that has been destroyed (also when its place has been taken by a newer buffer), or a value that was
 * never a handle, returns -1 and does nothing. All failures return the same, so that none tells of a content
 * or a length.
 *
 * dlclose() wipes and frees everything: no thread may be in a function then, and no handle is good
 * afterwards.
 *
 * All functions may be called by any thread at any time. Those that change a buffer's bytes wait for those
 * that read them, and the other way around. None throws, and none but secure_buffer_new() allocates.
 */
#ifndef SECURE_BUFFER_H
#define SECURE_BUFFER_H

#include <stddef.h>
#include <stdint.h>

#if defined(_WIN32)
#define SECURE_BUFFER_API
#else
#define SECURE_BUFFER_API __attribute__((visibility("default")))
#endif

#ifdef __cplusplus
extern "C" {
#endif

/* Never complete: there is nothing behind a handle for a program to look at. */
typedef struct secure_buffer secure_buffer;

/*
 * Makes an empty buffer of `capacity` zero bytes, from 1 to INT32_MAX, aligned to 32. Returns NULL for any
 * other capacity and when there is no memory. When pages cannot be locked, a warning is written to stderr
 * once, and secure_buffer_is_locked() says 0. The caller destroys it.
 */
SECURE_BUFFER_API secure_buffer* secure_buffer_new(size_t capacity);

/*
 * Replaces the content with `size` bytes; nothing of the old one is left. `size` 0 clears. Returns 0, or -1
 * when `data` is NULL or `size` is more than the capacity: the old content stays then.
 */
SECURE_BUFFER_API int secure_buffer_write(secure_buffer* buffer, const void* data, size_t size);

/*
 * Copies the content to `into`, at most `size` bytes, and leaves the rest of `into` alone. Returns the number
 * of bytes copied, or -1, also when `into` is NULL.
 */
SECURE_BUFFER_API int64_t secure_buffer_read(const secure_buffer* buffer, void* into, size_t size);

/*
 * Copies all of the content to `into`, or nothing. Returns the content's length, or -1: when that is more
 * than `size`, nothing has been copied. So length and content are those of one moment, which they are not
 * when secure_buffer_len() and secure_buffer_read() are called one after the other while another thread
 * writes. `into` may be NULL when `size` is 0.
 */
SECURE_BUFFER_API int64_t secure_buffer_read_whole(const secure_buffer* buffer, void* into, size_t size);

/*
 * Waits for the functions that use the buffer, wipes it twice and gives its memory back. Returns 0, or -1, so
 * that of two calls one says 0. Ends the process with abort() when someone has written past the buffer's end.
 */
SECURE_BUFFER_API int secure_buffer_destroy(secure_buffer* buffer);

/* The same without an answer, as free() has none: NULL, and what is no buffer any more, do no harm. */
SECURE_BUFFER_API void secure_buffer_free(secure_buffer* buffer);

/* The number of bytes written, or -1. */
SECURE_BUFFER_API int64_t secure_buffer_len(const secure_buffer* buffer);

/* The number of bytes there is room for, or -1. */
SECURE_BUFFER_API int64_t secure_buffer_capacity(const secure_buffer* buffer);

/* 1 when the handle is that of a buffer that lives, otherwise 0. Never waits. */
SECURE_BUFFER_API int secure_buffer_is_valid(const secure_buffer* buffer);

/* 1 when the buffer's pages are locked in memory and secure_buffer_unlock() has not been called, 0 when not,
 * or -1. */
SECURE_BUFFER_API int secure_buffer_is_locked(const secure_buffer* buffer);

/* Takes secure_buffer_unlock() back. Returns 0, or -1, also when the pages are not locked. */
SECURE_BUFFER_API int secure_buffer_lock(secure_buffer* buffer);

/*
 * Marks the buffer as one that need not be locked. Its pages are shared with other buffers and stay locked.
 * Returns 0 or -1.
 */
SECURE_BUFFER_API int secure_buffer_unlock(secure_buffer* buffer);

/* Wipes the content, once; the buffer is empty then and can be used. Returns 0 or -1. */
SECURE_BUFFER_API int secure_buffer_clear(secure_buffer* buffer);

/* Wipes the content, twice; the buffer is empty then and can be used. Returns 0 or -1. */
SECURE_BUFFER_API int secure_buffer_zeroize(secure_buffer* buffer);

/* 1 when the contents are equal, 0 when not, or -1. Takes a time that depends on the capacities alone. */
SECURE_BUFFER_API int secure_buffer_equals(const secure_buffer* left, const secure_buffer* right);

/* 1 when all bytes are 0, 0 when not, or -1. Takes a time that depends on the capacity alone. */
SECURE_BUFFER_API int secure_buffer_is_zero(const secure_buffer* buffer);

/* 1 when nobody has written past the buffer's end, 0 when someone has, or -1. */
SECURE_BUFFER_API int secure_buffer_integrity_check(const secure_buffer* buffer);

/*
 * Overwrites `size` bytes of any memory with zeros, by stores that no compiler removes. NULL is ignored.
 */
SECURE_BUFFER_API void memory_cleanse(void* data, size_t size);

#ifdef __cplusplus
}
#endif

#endif
