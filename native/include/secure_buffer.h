/*
 * Buffers for secrets. Their memory is locked, is not in core dumps or forked children, has a canary after
 * its end, and is wiped twice when it is destroyed. Link with -lsecurebuffer.
 *
 * A handle is a number in the shape of a pointer, and is never dereferenced. A function that gets NULL, a
 * handle that has been destroyed (also when a newer buffer has taken its place), or a value that was never a
 * handle, returns -1 and does nothing. All failures return the same value, so that none reveals a content or
 * a length.
 *
 * dlclose() wipes and frees everything. No thread may be in a function then, and no handle is valid
 * afterwards.
 *
 * Any thread may call any function at any time. Functions that change a buffer's bytes wait for those that
 * read them, and the other way around. None throws, and only secure_buffer_new() allocates.
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

/* Never defined: a handle points to nothing. */
typedef struct secure_buffer secure_buffer;

/*
 * Makes an empty buffer of `capacity` zero bytes, from 1 to INT32_MAX, aligned to 32. Returns NULL for any
 * other capacity, and when there is no memory. When pages cannot be locked, a warning is written to stderr
 * once, and secure_buffer_is_locked() returns 0. The caller owns the buffer and destroys it.
 */
SECURE_BUFFER_API secure_buffer* secure_buffer_new(size_t capacity);

/*
 * Replaces the content with `size` bytes, and wipes the rest of the old content. With `size` 0 the buffer is
 * empty afterwards. Returns 0, or -1 when `data` is NULL or `size` is more than the capacity; then the old
 * content stays.
 */
SECURE_BUFFER_API int secure_buffer_write(secure_buffer* buffer, const void* data, size_t size);

/*
 * Copies at most `size` bytes of the content to `into`, and leaves the rest of `into` alone. Returns the
 * number of bytes copied, or -1, also when `into` is NULL.
 */
SECURE_BUFFER_API int64_t secure_buffer_read(const secure_buffer* buffer, void* into, size_t size);

/*
 * Copies the whole content to `into`, or nothing. Returns the content's length, or -1. When the length is
 * more than `size`, nothing was copied. Length and content are of the same moment; with secure_buffer_len()
 * and then secure_buffer_read(), another thread may write in between. `into` may be NULL when `size` is 0.
 */
SECURE_BUFFER_API int64_t secure_buffer_read_whole(const secure_buffer* buffer, void* into, size_t size);

/*
 * Waits until no function uses the buffer, wipes it twice and frees its memory. Returns 0, or -1 when the
 * handle is not valid: of two calls only one returns 0. Calls abort() when something has written past the
 * buffer's end.
 */
SECURE_BUFFER_API int secure_buffer_destroy(secure_buffer* buffer);

/* The same without a result, like free(). Does nothing for NULL and for a handle that is not valid. */
SECURE_BUFFER_API void secure_buffer_free(secure_buffer* buffer);

/* Returns the content's length in bytes, or -1. */
SECURE_BUFFER_API int64_t secure_buffer_len(const secure_buffer* buffer);

/* Returns the capacity in bytes, or -1. */
SECURE_BUFFER_API int64_t secure_buffer_capacity(const secure_buffer* buffer);

/* Returns 1 when the handle is valid, otherwise 0. Never waits. */
SECURE_BUFFER_API int secure_buffer_is_valid(const secure_buffer* buffer);

/*
 * Returns 1 when the buffer's pages are locked in memory and secure_buffer_unlock() has not been called, 0
 * when not, or -1.
 */
SECURE_BUFFER_API int secure_buffer_is_locked(const secure_buffer* buffer);

/* Reverses secure_buffer_unlock(). Returns 0, or -1, also when the pages are not locked. */
SECURE_BUFFER_API int secure_buffer_lock(secure_buffer* buffer);

/*
 * Marks the buffer as one that need not be locked. Its pages stay locked, since other buffers share them.
 * Returns 0 or -1.
 */
SECURE_BUFFER_API int secure_buffer_unlock(secure_buffer* buffer);

/* Wipes the content once. The buffer is empty then, and can be used again. Returns 0 or -1. */
SECURE_BUFFER_API int secure_buffer_clear(secure_buffer* buffer);

/* Wipes the content twice. The buffer is empty then, and can be used again. Returns 0 or -1. */
SECURE_BUFFER_API int secure_buffer_zeroize(secure_buffer* buffer);

/* Returns 1 when the contents are equal, 0 when not, or -1. The time depends only on the capacities. */
SECURE_BUFFER_API int secure_buffer_equals(const secure_buffer* left, const secure_buffer* right);

/* Returns 1 when all bytes are 0, 0 when not, or -1. The time depends only on the capacity. */
SECURE_BUFFER_API int secure_buffer_is_zero(const secure_buffer* buffer);

/* Returns 1 when nothing has written past the buffer's end, 0 when something has, or -1. */
SECURE_BUFFER_API int secure_buffer_integrity_check(const secure_buffer* buffer);

/*
 * Overwrites `size` bytes of any memory with zeros; the compiler does not remove the stores. NULL is ignored.
 */
SECURE_BUFFER_API void memory_cleanse(void* data, size_t size);

#ifdef __cplusplus
}
#endif

#endif
