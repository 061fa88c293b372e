/* Files of Linux, by system calls only: in a process of Wine they are the same ones. */
#ifdef _WIN32
/* Numbers and flags of x86-64, the only kind of Wine that there is a build for. */
enum {
  SYS_close = 3, SYS_pread64 = 17, SYS_pwrite64 = 18, SYS_getpid = 39, SYS_kill = 62, SYS_ftruncate = 77, SYS_getdents64 = 217,
  SYS_openat = 257, SYS_mkdirat = 258, SYS_unlinkat = 263, SYS_linkat = 265, SYS_symlinkat = 266, SYS_readlinkat = 267,
  SYS_utimensat = 280, SYS_renameat2 = 316, SYS_getrandom = 318, SYS_statx = 332,
  O_RDWR = 2, O_CREAT = 0100, O_EXCL = 0200, O_TRUNC = 01000, O_DIRECTORY = 0200000, O_CLOEXEC = 02000000,
};
static int64_t call(int64_t number, int64_t a, int64_t b, int64_t c, int64_t d, int64_t e) {
  register int64_t fourth __asm__("r10") = d, fifth __asm__("r8") = e;
  __asm__ volatile("syscall" : "+a"(number) : "D"(a), "S"(b), "d"(c), "r"(fourth), "r"(fifth) : "rcx", "r11", "memory");
  return number;
}
#else
#include <errno.h>
#include <fcntl.h>
#include <sys/syscall.h>
#include <unistd.h>
static int64_t call(int64_t number, int64_t a, int64_t b, int64_t c, int64_t d, int64_t e) {
  int64_t answer = syscall(number, a, b, c, d, e);
  return answer < 0 ? -errno : answer;
}
#endif
#define SYS(name, a, b, c, d, e) \
  checked(call(SYS_##name, (int64_t)(a), (int64_t)(b), (int64_t)(c), (int64_t)(d), (int64_t)(e)))

enum { HERE = -100, NO_FOLLOW = 0x100, REMOVE_FOLDER = 0x200, BASIC_AND_BORN = 0xfff };
enum { FOLDER = 0040000, REGULAR = 0100000, LINK = 0120000, TYPE = 0170000 };
enum { WRITES = O_RDWR, CREATES = O_RDWR | O_CREAT, EMPTIES = O_RDWR | O_CREAT | O_TRUNC, MAKES = O_RDWR | O_CREAT | O_EXCL };
static const int64_t second = 1000000000;

/* By the numbers of Linux: those of the C library of Windows differ. */
static int64_t checked(int64_t answer) {
  static const uint16_t codes[][2] = {{1, 5},  {2, 2},    {3, 87},  {13, 5},   {17, 183}, {18, 17},  {20, 3},
                                      {21, 5}, {24, 4},   {28, 112}, {30, 19}, {36, 206}, {39, 145}, {40, 1921}};
  for (size_t at = 0; answer < 0 && at < sizeof codes / sizeof *codes; at++)
    if (codes[at][0] == -answer) return -(int64_t)codes[at][1];
  return answer < 0 ? -GENERAL : answer;
}
static uint32_t failure(int64_t answer) { return answer < 0 ? (uint32_t)-answer : 0; }

/* Times are nanoseconds since 1970. `born` tells a file from a later one that got its inode number. */
typedef struct {
  uint64_t inode, size, blocks, device;
  int64_t modified, changed, born;
  uint32_t type, links;
} facts;
typedef struct { int64_t seconds; uint32_t nanoseconds, padding; } statx_time;
/* The same on every architecture. */
typedef struct {
  uint32_t mask, block_size;
  uint64_t attributes;
  uint32_t links, user, group;
  uint16_t mode, padding;
  uint64_t inode, size, blocks, attributes_mask;
  statx_time accessed, born, changed, modified;
  uint32_t special[2], device[2];
  uint64_t rest[14];
} statx_answer;
static int64_t nanoseconds(statx_time time) { return time.seconds * second + time.nanoseconds; }

static uint32_t look(const char *path, bool follows, facts *out) {
  statx_answer got = {0};
  TRY(failure(SYS(statx, HERE, path, follows ? 0 : NO_FOLLOW, BASIC_AND_BORN, &got)));
  uint64_t device = (uint64_t)got.device[0] << 32 | got.device[1];
  *out = (facts){.inode = got.inode, .size = got.size, .blocks = got.blocks, .device = device, .modified = nanoseconds(got.modified),
                 .changed = nanoseconds(got.changed), .born = nanoseconds(got.born), .type = got.mode & TYPE, .links = got.links};
  return 0;
}
static bool is_type(const char *path, uint32_t type) { facts found; return look(path, false, &found) == 0 && found.type == type; }
static bool is_folder(const char *path) { return is_type(path, FOLDER); }
static bool is_file(const char *path) { return is_type(path, REGULAR); }
static uint32_t exists(const char *path) { facts found; return look(path, true, &found); }

static int64_t open_file(const char *path, int flags) { return SYS(openat, HERE, path, flags | O_CLOEXEC, 0644, 0); }
static void close_opened(int64_t *file) { if (*file >= 0) SYS(close, *file, 0, 0, 0, 0); }

/* Fewer than `length` only at the end. */
static int64_t read_at(int64_t file, void *bytes, size_t length, uint64_t offset) {
  size_t done = 0;
  for (int64_t count = 1; done < length && count > 0; done += (size_t)count)
    if ((count = SYS(pread64, file, (char *)bytes + done, length - done, offset + done, 0)) < 0) return count;
  return (int64_t)done;
}

static uint32_t write_at(int64_t file, const void *bytes, size_t length, uint64_t offset) {
  for (size_t done = 0; done < length;) {
    int64_t count = SYS(pwrite64, file, (const char *)bytes + done, length - done, offset + done, 0);
    TRY(failure(count));
    done += (size_t)count;
  }
  return 0;
}

static uint32_t set_size(int64_t file, uint64_t size) { return failure(SYS(ftruncate, file, size, 0, 0, 0)); }
static uint32_t make_folder(const char *path) { return failure(SYS(mkdirat, HERE, path, 0755, 0, 0)); }
static uint32_t remove_file(const char *path) { return failure(SYS(unlinkat, HERE, path, 0, 0, 0)); }
static uint32_t remove_folder(const char *path) { return failure(SYS(unlinkat, HERE, path, REMOVE_FOLDER, 0, 0)); }
static uint32_t rename_path(const char *from, const char *to) { return failure(SYS(renameat2, HERE, from, HERE, to, 0)); }
static uint32_t link_path(const char *from, const char *to) { return failure(SYS(linkat, HERE, from, HERE, to, 0)); }
static uint32_t make_link(const char *target, const char *at) { return failure(SYS(symlinkat, target, HERE, at, 0, 0)); }

/* The text of a link; NULL of anything else. */
static char *read_link(const char *path) {
  char *text = calloc(1, PATH + 1);
  if (SYS(readlinkat, HERE, path, text, PATH, 0) >= 0) return text;
  free(text);
  return NULL;
}

static uint32_t set_times(const char *path, int64_t accessed, int64_t modified) {
  int64_t asked[2] = {accessed, modified}, pairs[4];
  for (int at = 0; at < 2; at++) {
    pairs[at * 2] = asked[at] / second - (asked[at] % second < 0);
    pairs[at * 2 + 1] = asked[at] - pairs[at * 2] * second;
  }
  return failure(SYS(utimensat, HERE, path, pairs, NO_FOLLOW, 0));
}

static void free_names(char ***names) {
  for (char **name = *names; name && *name; name++) free(*name);
  free(*names);
}
#define NAMES __attribute__((cleanup(free_names))) char **
static int by_bytes(const void *a, const void *b) { return strcmp(*(char *const *)a, *(char *const *)b); }

/* Sorted, a NULL behind; NULL when there is no such folder. A record holds inode, offset, length (at 16), type, name (at 19). */
static char **list_names(const char *path) {
  OPENED folder = open_file(path, O_DIRECTORY);
  if (folder < 0) return NULL;
  char **names = malloc(sizeof *names), records[8192];
  size_t count = 0;
  for (int64_t length; (length = SYS(getdents64, folder, records, sizeof records, 0, 0)) > 0;)
    for (int64_t at = 0; at < length; at += *(uint16_t *)(records + at + 16)) {
      const char *name = records + at + 19;
      if (strcmp(name, ".") == 0 || strcmp(name, "..") == 0) continue;
      names = realloc(names, (count + 2) * sizeof *names);
      names[count++] = strdup(name);
    }
  qsort(names, count, sizeof *names, by_bytes);
  names[count] = NULL;
  return names;
}

static void random_bytes(void *bytes, size_t length) { SYS(getrandom, bytes, length, 0, 0, 0); }
static int64_t own_process(void) { return SYS(getpid, 0, 0, 0, 0, 0); }
static bool is_running(int64_t process) { return SYS(kill, process, 0, 0, 0, 0) != -INVALID; }

/* Whole small files: with a NUL behind, `length` may be NULL; NULL when it can't be read. */
static uint8_t *read_file(const char *path, size_t *length) {
  facts found;
  OPENED file = open_file(path, 0);
  if (file < 0 || look(path, true, &found)) return NULL;
  uint8_t *bytes = calloc(1, found.size + 1);
  int64_t count = read_at(file, bytes, found.size, 0);
  if (length) *length = count < 0 ? 0 : (size_t)count;
  return bytes;
}
