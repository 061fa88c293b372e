char base[PATH];
int32_t handed_out;
static _Thread_local uint32_t last_error;

#ifdef _WIN32
#include <windows.h>
static SRWLOCK lock = SRWLOCK_INIT;
static int enter(void) { AcquireSRWLockExclusive(&lock); return 0; }
static void leave(int *) { ReleaseSRWLockExclusive(&lock); }
#else
#include <pthread.h>
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static int enter(void) { return pthread_mutex_lock(&lock); }
static void leave(int *) { pthread_mutex_unlock(&lock); }
#endif

EXPORT uint32_t GetLastError(void) { return last_error; }

static int32_t succeeded(uint32_t code) {
  if (code) last_error = code;
  return code == 0;
}

/* HRESULTs and NTSTATUSes are above 16 bits and stay as they are. */
static int32_t hresult(uint32_t code) { return (int32_t)(code == 0 || code > 0xffff ? code : 0x80070000 | code); }

static void *hand_out(size_t length) {
  handed_out++;
  return calloc(1, length);
}

static void take_back(void *memory) {
  GUARD;
  if (memory) handed_out--;
  free(memory);
}

EXPORT void *LocalFree(void *memory) { take_back(memory); return NULL; }
EXPORT void CoTaskMemFree(void *memory) { take_back(memory); }

static size_t wide_length(const wide *text) {
  size_t units = 0;
  while (text[units]) units++;
  return units;
}

/* Surrogates without a partner are kept, as three bytes. */
static size_t to_bytes(const wide *text, size_t units, char *out, size_t room, bool is_path) {
  size_t length = 0;
  for (size_t at = 0; at < units; at++) {
    uint32_t point = text[at];
    bool is_pair = (point & 0xfc00) == 0xd800 && at + 1 < units && (text[at + 1] & 0xfc00) == 0xdc00;
    if (is_pair) point = 0x10000 + ((point & 0x3ff) << 10) + (text[++at] & 0x3ff);
    if (is_path && point == '\\') point = '/';
    int more = point < 0x80 ? 0 : point < 0x800 ? 1 : point < 0x10000 ? 2 : 3;
    if (length + (size_t)more + 2 > room) return 0;
    static const uint8_t first[] = {0, 0xc0, 0xe0, 0xf0};
    out[length++] = (char)(first[more] | point >> (6 * more));
    while (more--) out[length++] = (char)(0x80 | (point >> (6 * more) & 0x3f));
  }
  if (room) out[length] = 0;
  return length;
}

static size_t to_wide(const char *text, wide *out, size_t room) {
  size_t units = 0;
  for (const uint8_t *at = (const uint8_t *)text; *at && units + 3 < room;) {
    int more = *at < 0xc0 ? 0 : *at < 0xe0 ? 1 : *at < 0xf0 ? 2 : 3;
    uint32_t point = *at++ & (more ? 0x3fu >> more : 0x7fu);
    while (more-- && *at) point = point << 6 | (*at++ & 0x3f);
    if (point >= 0x10000) out[units++] = (wide)(0xd800 + ((point - 0x10000) >> 10));
    out[units++] = (wide)(point >= 0x10000 ? 0xdc00 + (point & 0x3ff) : point);
  }
  if (room) out[units] = 0;
  return units;
}

static bool join(char *out, const char *folder, const char *name) {
  return snprintf(out, PATH, "%s%s%s", folder, *name ? "/" : "", name) < PATH;
}

static bool in_base(char *out, const char *folder, const char *name) {
  return snprintf(out, PATH, "%s/%s/%s", base, folder, name) < PATH;
}

static bool ends_with(const char *text, const char *end) {
  size_t length = strlen(text), tail = strlen(end);
  return length >= tail && strcmp(text + length - tail, end) == 0;
}

/* FNV-1a of 64 bits. */
static void hashed(const char *path, char out[17]) {
  uint64_t hash = 0xcbf29ce484222325;
  while (*path) hash = (hash ^ (uint8_t)*path++) * 0x100000001b3;
  snprintf(out, 17, "%08x%08x", (uint32_t)(hash >> 32), (uint32_t)hash);
}

/* Steps up are no part of the names that layers have, and Windows would take them away before it looks. */
static bool is_plain(const char *path) {
  return !strchr(path, ':') && !strstr(path, "/../") && !strstr(path, "//") && !ends_with(path, "/..");
}

static uint32_t host_path(const wide *text, char *out) {
  char path[PATH];
  if (!text || !*base) return INVALID;
  if (!*text) return NO_PATH;
  size_t length = to_bytes(text, wide_length(text), path, PATH, true);
  if (length == 0) return TOO_LONG;
  while (length > 3 && path[length - 1] == '/') path[--length] = 0;
  char *at = path;
  if (strncmp(at, "//?/", 4) == 0 || strncmp(at, "/?\?/", 4) == 0) at += 4;
  char letter = (char)(*at | 0x20);
  if (strncmp(at, "Volume{", 7) == 0) {
    if (at == path || !is_plain(at)) return BAD_NAME;
    return in_base(out, "volumes", at + 6) ? 0 : TOO_LONG;
  }
  if (letter < 'a' || letter > 'z' || at[1] != ':') return strncmp(at, "//", 2) == 0 ? 53 : BAD_NAME;
  if (!is_plain(at + 2) || (at[2] && at[2] != '/')) return BAD_NAME;
  char drive[2] = {letter, 0};
  return snprintf(out, PATH, "%s/%s%s%s", base, drive, at[3] ? "/" : "", at[2] ? at + 3 : "") < PATH ? 0 : TOO_LONG;
}

/* Where everything lies: a path of Linux. */
EXPORT int32_t StandinRoot(const wide *path) {
  GUARD;
  static const char *folders[] = {"c", "meta", "disks", "volumes", "layers", "binds"};
  if (!path || !to_bytes(path, wide_length(path), base, PATH - 64, false)) return (int32_t)INVALID;
  make_folder(base);
  char folder[PATH];
  for (size_t at = 0; at < sizeof folders / sizeof *folders; at++)
    if (in_base(folder, folders[at], "")) make_folder(folder);
  facts found;
  uint32_t failed = look(base, true, &found);
  /* Without the time of birth an inode number that is used again would inherit metadata. */
  return (int32_t)(failed ? failed : found.born == 0 ? UNSUPPORTED : 0);
}
