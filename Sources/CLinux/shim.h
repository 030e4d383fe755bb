// What Swift's own import of glibc leaves out, partly because it does not set _GNU_SOURCE.
#ifndef DR_CLINUX_SHIM_H
#define DR_CLINUX_SHIM_H

#include <sys/epoll.h>
#include <fcntl.h>
#if defined(__GLIBC__)
#include <malloc.h>

// mallopt(3): blocks of at least `map` bytes are mapped one by one, whatever was freed before; freed memory at the end of an
// arena is kept up to `trim` bytes; there are `arenas` at most.
static inline void dr_set_allocator(int map, int trim, int arenas) {
  (void)mallopt(M_MMAP_THRESHOLD, map);
  (void)mallopt(M_TRIM_THRESHOLD, trim);
  (void)mallopt(M_ARENA_MAX, arenas);
}
#else
static inline void dr_set_allocator(int map, int trim, int arenas) { (void)map; (void)trim; (void)arenas; }
#endif

extern int pipe2(int descriptors[2], int flags);

// fcntl(2): sets a pipe's capacity in bytes.
static inline int dr_set_pipe_capacity(int descriptor, int bytes) { return fcntl(descriptor, 1031 /* F_SETPIPE_SZ */, bytes); }

#endif
