/* Files of the Linux below, by system calls only: in a process of Wine they are the same ones. Nothing here knows Windows but for
   its error codes. */
enum { FOLDER = 0040000, REGULAR = 0100000, LINK = 0120000, TYPE = 0170000 };
enum { WRITES = 1, CREATES = 2, EMPTIES = 4, EXCLUSIVELY = 8 };

/* Times are nanoseconds since 1970. `born` tells a file from a later one that got its inode number. */
typedef struct {
  uint64_t inode, size, blocks, device;
  int64_t modified, changed, born;
  uint32_t type, links;
} facts;


#ifdef _WIN32
/* Numbers of x86-64, the only kind of Wine there is a build for. */
enum {
  SYS_close = 3, SYS_pread64 = 17, SYS_pwrite64 = 18, SYS_getpid = 39, SYS_kill = 62, SYS_fsync = 74, SYS_ftruncate = 77,
  SYS_getdents64 = 217, SYS_openat = 257, SYS_mkdirat = 258, SYS_unlinkat = 263, SYS_linkat = 265, SYS_symlinkat = 266,
  SYS_readlinkat = 267, SYS_utimensat = 280, SYS_renameat2 = 316, SYS_getrandom = 318, SYS_statx = 332,
};
enum { O_WRONLY = 1, O_RDWR = 2, O_CREAT = 0100, O_EXCL = 0200, O_TRUNC = 01000, O_DIRECTORY = 0200000, O_CLOEXEC = 02000000 };

static int64_t call(int64_t number, int64_t a, int64_t b, int64_t c, int64_t d, int64_t e) {
  int64_t answer;
  register int64_t r10 __asm__("r10") = d;
  register int64_t r8 __asm__("r8") = e;
  __asm__ volatile("syscall"
                   : "=a"(answer)
                   : "a"(number), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8)
                   : "rcx", "r11", "memory");
  return answer;
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

enum { HERE = -100, NO_FOLLOW = 0x100, REMOVE_FOLDER = 0x200, BASIC_AND_BORN = 0xfff };

/* By the numbers of Linux: those of the C library of Windows differ. */
static uint32_t code_of(int64_t error) {
  static const uint16_t codes[][2] = {{1, 5},   {2, 2},    {13, 5},   {17, 183}, {18, 17},  {20, 3},   {21, 5},
                                      {24, 4},  {28, 112}, {30, 19},  {36, 206}, {39, 145}, {40, 1921}};
  for (size_t at = 0; at < sizeof codes / sizeof *codes; at++)
    if (codes[at][0] == -error) return codes[at][1];
  return 31;
}

static int64_t value(int64_t answer) { return answer < 0 ? -(int64_t)code_of(answer) : answer; }
static uint32_t code(int64_t answer) { return answer < 0 ? code_of(answer) : 0; }

typedef struct {
  int64_t seconds;
  uint32_t nanoseconds, padding;
} statx_time;

/* The same on every architecture. */
typedef struct {
  uint32_t mask, block_size;
  uint64_t attributes;
  uint32_t links, user, group;
  uint16_t mode, padding;
  uint64_t inode, size, blocks, attributes_mask;
  statx_time accessed, born, changed, modified;
  uint32_t special_major, special_minor, major, minor;
  uint64_t rest[14];
} statx_answer;

static int64_t nanoseconds(statx_time time) { return time.seconds * 1000000000 + time.nanoseconds; }

static uint32_t look(const char *path, bool follows, facts *out) {
  statx_answer answer = {0};
  int64_t failed = call(SYS_statx, HERE, (int64_t)path, follows ? 0 : NO_FOLLOW, BASIC_AND_BORN, (int64_t)&answer);
  if (failed < 0) return code_of(failed);
  *out = (facts){.inode = answer.inode, .size = answer.size, .blocks = answer.blocks,
                 .device = (uint64_t)answer.major << 32 | answer.minor, .modified = nanoseconds(answer.modified),
                 .changed = nanoseconds(answer.changed), .born = nanoseconds(answer.born),
                 .type = answer.mode & TYPE, .links = answer.links};
  return 0;
}

static bool is_folder(const char *path) {
  facts found;
  return look(path, false, &found) == 0 && found.type == FOLDER;
}

static bool is_file(const char *path) {
  facts found;
  return look(path, false, &found) == 0 && found.type == REGULAR;
}

static int64_t open_file(const char *path, int flags) {
  int asked = O_CLOEXEC | (flags & WRITES ? O_RDWR : 0) | (flags & CREATES ? O_CREAT : 0) | (flags & EMPTIES ? O_TRUNC : 0) |
              (flags & EXCLUSIVELY ? O_EXCL : 0);
  return value(call(SYS_openat, HERE, (int64_t)path, asked, 0644, 0));
}

static void close_file(int64_t file) {
  if (file >= 0) call(SYS_close, file, 0, 0, 0, 0);
}

static int64_t read_at(int64_t file, void *bytes, size_t length, uint64_t offset) {
  size_t done = 0;
  while (done < length) {
    int64_t count = call(SYS_pread64, file, (int64_t)((char *)bytes + done), (int64_t)(length - done), (int64_t)(offset + done), 0);
    if (count < 0) return value(count);
    if (count == 0) break;
    done += (size_t)count;
  }
  return (int64_t)done;
}

static uint32_t write_at(int64_t file, const void *bytes, size_t length, uint64_t offset) {
  for (size_t done = 0; done < length;) {
    const char *from = (const char *)bytes + done;
    int64_t count = call(SYS_pwrite64, file, (int64_t)from, (int64_t)(length - done), (int64_t)(offset + done), 0);
    if (count < 0) return code_of(count);
    done += (size_t)count;
  }
  return 0;
}

static uint32_t set_size(int64_t file, uint64_t size) { return code(call(SYS_ftruncate, file, (int64_t)size, 0, 0, 0)); }
static uint32_t flush_file(int64_t file) { return code(call(SYS_fsync, file, 0, 0, 0, 0)); }
static uint32_t make_folder(const char *path) { return code(call(SYS_mkdirat, HERE, (int64_t)path, 0755, 0, 0)); }
static uint32_t remove_file(const char *path) { return code(call(SYS_unlinkat, HERE, (int64_t)path, 0, 0, 0)); }
static uint32_t remove_folder(const char *path) { return code(call(SYS_unlinkat, HERE, (int64_t)path, REMOVE_FOLDER, 0, 0)); }

static uint32_t rename_path(const char *from, const char *to) {
  return code(call(SYS_renameat2, HERE, (int64_t)from, HERE, (int64_t)to, 0));
}

static uint32_t link_path(const char *from, const char *to) {
  return code(call(SYS_linkat, HERE, (int64_t)from, HERE, (int64_t)to, 0));
}

static uint32_t make_link(const char *target, const char *at) {
  return code(call(SYS_symlinkat, (int64_t)target, HERE, (int64_t)at, 0, 0));
}

static int64_t read_link(const char *path, char *text, size_t room) {
  int64_t length = value(call(SYS_readlinkat, HERE, (int64_t)path, (int64_t)text, (int64_t)(room - 1), 0));
  text[length < 0 ? 0 : length] = 0;
  return length;
}

static uint32_t set_times(const char *path, int64_t accessed, int64_t modified) {
  int64_t asked[2] = {accessed, modified}, pairs[4];
  for (int at = 0; at < 2; at++) {
    int64_t second = asked[at] / 1000000000 - (asked[at] % 1000000000 < 0);
    pairs[at * 2] = second;
    pairs[at * 2 + 1] = asked[at] - second * 1000000000;
  }
  return code(call(SYS_utimensat, HERE, (int64_t)path, (int64_t)pairs, NO_FOLLOW, 0));
}

static int by_bytes(const void *a, const void *b) { return strcmp(*(char *const *)a, *(char *const *)b); }

/* One record of getdents64: the name begins behind inode, offset, length and type. */
static size_t add_name(char ***names, size_t *count, const char *record) {
  uint16_t length;
  memcpy(&length, record + 16, 2);
  const char *name = record + 19;
  if (strcmp(name, ".") == 0 || strcmp(name, "..") == 0) return length;
  if ((*count & 63) == 0) *names = realloc(*names, (*count + 65) * sizeof **names);
  (*names)[(*count)++] = strdup(name);
  return length;
}

static char **list_names(const char *path) {
  int64_t folder = value(call(SYS_openat, HERE, (int64_t)path, O_DIRECTORY | O_CLOEXEC, 0, 0));
  if (folder < 0) return NULL;
  char **names = malloc(sizeof *names), records[8192];
  size_t count = 0;
  for (int64_t length; (length = call(SYS_getdents64, folder, (int64_t)records, sizeof records, 0, 0)) > 0;)
    for (int64_t at = 0; at < length;) at += (int64_t)add_name(&names, &count, records + at);
  close_file(folder);
  qsort(names, count, sizeof *names, by_bytes);
  names[count] = NULL;
  return names;
}

static void free_names(char **names) {
  for (char **name = names; name && *name; name++) free(*name);
  free(names);
}

static void random_bytes(void *bytes, size_t length) { call(SYS_getrandom, (int64_t)bytes, (int64_t)length, 0, 0, 0); }
static int64_t own_process(void) { return call(SYS_getpid, 0, 0, 0, 0, 0); }
static bool is_running(int64_t process) { return call(SYS_kill, process, 0, 0, 0, 0) != -3; }

static uint32_t read_file(const char *path, uint8_t **bytes, size_t *length) {
  facts found;
  uint32_t failed = look(path, true, &found);
  int64_t file = failed ? -(int64_t)failed : open_file(path, 0);
  if (file < 0) return (uint32_t)-file;
  *bytes = malloc(found.size + 1);
  int64_t count = read_at(file, *bytes, found.size, 0);
  close_file(file);
  *length = count < 0 ? 0 : (size_t)count;
  (*bytes)[*length] = 0;
  if (count >= 0) return 0;
  free(*bytes);
  return (uint32_t)-count;
}

static uint32_t write_file(const char *path, const void *bytes, size_t length) {
  char part[PATH];
  if (snprintf(part, PATH, "%s~", path) >= PATH) return 206;
  int64_t file = open_file(part, WRITES | CREATES | EMPTIES);
  if (file < 0) return (uint32_t)-file;
  uint32_t failed = write_at(file, bytes, length, 0);
  close_file(file);
  return failed ? failed : rename_path(part, path);
}
