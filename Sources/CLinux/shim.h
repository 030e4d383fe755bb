// What Swift's own import of glibc leaves out, partly because it does not set _GNU_SOURCE.
#ifndef DR_CLINUX_SHIM_H
#define DR_CLINUX_SHIM_H

#include <sys/epoll.h>
#include <fcntl.h>
#if defined(__GLIBC__)
#include <malloc.h>

// mallopt(3): blocks of at least so many bytes are mapped one by one, whatever was freed before.
static inline void dr_set_map_threshold(int bytes) { (void)mallopt(M_MMAP_THRESHOLD, bytes); }
#else
static inline void dr_set_map_threshold(int bytes) { (void)bytes; }
#endif

extern int pipe2(int descriptors[2], int flags);

// fcntl(2): sets a pipe's capacity in bytes.
static inline int dr_set_pipe_capacity(int descriptor, int bytes) { return fcntl(descriptor, 1031 /* F_SETPIPE_SZ */, bytes); }

#endif
