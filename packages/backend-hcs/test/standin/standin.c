/* A stand-in for the DLLs of Windows that layers are made with: the same exports, arguments and codes over the files of Linux.
   One unit of translation, its parts in the order in which they use one another.

   `C:\a` is `<base>/c/a`, `\\?\Volume{guid}\a` is `<base>/volumes/{guid}/a`. Beside them in <base>, and no business of callers:
     meta/    what Linux can't hold of a file, by inode and time of birth, so that all its names share it
     disks/   by the id of a VHDX file: `tree` (its volume), `list` (that content as it was merged), `attached` (by whom)
     layers/  by the hash of a layer's path: A when activated, P when prepared
     binds/   by the hash of a bound path: the copy that a read-only binding shows, the folder that a binding hides
   All state is in files: a process that was killed leaves what Windows would have kept. One lock is around every export. */
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <uchar.h>

#ifdef _WIN32
#define EXPORT __declspec(dllexport)
#else
#define EXPORT __attribute__((visibility("default")))
#endif
#define GUARD __attribute__((cleanup(leave), unused)) int guard = enter()
/* A function here that answers uint32_t answers a code of Win32, 0 for success; one that answers int64_t a value or a code negated. */
#define TRY(step) do { uint32_t failed_ = (step); if (failed_) return failed_; } while (0)
#define TEXT __attribute__((cleanup(free_text))) char *
#define BYTES __attribute__((cleanup(free_bytes))) uint8_t *
#define OPENED __attribute__((cleanup(close_opened))) int64_t

typedef char16_t wide;
/* What Linux takes of a path in one call. */
enum { PATH = 4096 };
enum {
  NOT_FOUND = 2, NO_PATH = 3, DENIED = 5, BAD_HANDLE = 6, BAD_DATA = 13, BAD_LENGTH = 24, GENERAL = 31, SHARED = 32, AT_END = 38,
  UNSUPPORTED = 50, NO_NETWORK = 53, NO_DEVICE = 55, EXISTS = 80, INVALID = 87, TOO_SMALL = 122, BAD_NAME = 123, NOT_EMPTY = 145,
  ALREADY = 183, TOO_LONG = 206, NOT_A_HIVE = 1017, NO_ELEMENT = 1168, NOT_ALL = 1300, NO_SUCH_PRIVILEGE = 1313, NO_PRIVILEGE = 1314,
  NO_DESCRIPTOR = 1336, NO_REPARSE = 4392,
};

static void free_text(char **text) { free(*text); }
static void free_bytes(uint8_t **bytes) { free(*bytes); }

enum { SECURITY_PRIVILEGE = 8, BACKUP_PRIVILEGE = 17, RESTORE_PRIVILEGE = 18, SYMLINK_PRIVILEGE = 35 };
/* A bit for each privilege of the process that is on. */
static uint64_t enabled;
static bool has_privilege(uint32_t id) { return enabled >> id & 1; }
#include "host.c"
#include "paths.c"
#include "meta.c"
#include "trees.c"
#include "backup.c"
#include "ids.c"
#include "disks.c"
#include "transport.c"
#include "handles.c"
#include "tokens.c"
#include "layers.c"
#include "kernel32.c"
#include "ntdll.c"
#include "bindings.c"
#include "wine.c"
