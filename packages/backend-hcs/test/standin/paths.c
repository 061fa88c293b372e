/* Texts and paths of Windows and of Linux; the lock; what is handed out and has to come back. */
static char base[PATH];
static int32_t handed_out;

#ifdef _WIN32
/* Not from <windows.h>, which declares what is defined here. GetLastError is the real one: the last error is the thread's. */
__declspec(dllimport) void AcquireSRWLockExclusive(void **);
__declspec(dllimport) void ReleaseSRWLockExclusive(void **);
__declspec(dllimport) void SetLastError(uint32_t);
__declspec(dllimport) void *GetModuleHandleW(const wide *);
__declspec(dllimport) void *GetProcAddress(void *, const char *);
static void *lock;
static int enter(void) { AcquireSRWLockExclusive(&lock); return 0; }
static void leave(int *) { ReleaseSRWLockExclusive(&lock); }
static void set_last_error(uint32_t code) { SetLastError(code); }
#else
#include <pthread.h>
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static int enter(void) { return pthread_mutex_lock(&lock); }
static void leave(int *) { pthread_mutex_unlock(&lock); }
static _Thread_local uint32_t last_error;
static void set_last_error(uint32_t code) { last_error = code; }
EXPORT uint32_t GetLastError(void) { return last_error; }
#endif

/* The result of a BOOL function. */
static int32_t succeeded(uint32_t code) {
  if (code) set_last_error(code);
  return code == 0;
}
/* What is above 16 bits is an HRESULT already. */
static int32_t hresult(uint32_t code) { return (int32_t)(code == 0 || code > 0xffff ? code : 0x80070000 | code); }

static void *hand_out(size_t length) { handed_out++; return calloc(1, length); }
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

/* Surrogates without a partner stay, as three bytes. */
static char *narrow(const wide *text, size_t units) {
  static const uint8_t first[] = {0, 0xc0, 0xe0, 0xf0};
  char *out = calloc(3, units + 1), *to = out;
  for (size_t at = 0; at < units; at++) {
    uint32_t point = text[at];
    bool is_pair = (point & 0xfc00) == 0xd800 && at + 1 < units && (text[at + 1] & 0xfc00) == 0xdc00;
    if (is_pair) point = 0x10000 + ((point & 0x3ff) << 10) + (text[++at] & 0x3ff);
    int more = point < 0x80 ? 0 : point < 0x800 ? 1 : point < 0x10000 ? 2 : 3;
    *to++ = (char)(first[more] | point >> (6 * more));
    while (more--) *to++ = (char)(0x80 | (point >> (6 * more) & 0x3f));
  }
  return out;
}

/* `out` has room for as many units as there are bytes, and a NUL. */
static size_t widen(const char *text, wide *out) {
  size_t units = 0;
  for (const uint8_t *at = (const uint8_t *)text; *at;) {
    int more = *at < 0xc0 ? 0 : *at < 0xe0 ? 1 : *at < 0xf0 ? 2 : 3;
    uint32_t point = *at++ & (more ? 0x3fu >> more : 0x7fu);
    while (more-- && *at) point = point << 6 | (*at++ & 0x3f);
    if (point >= 0x10000) out[units++] = (wide)(0xd800 + ((point - 0x10000) >> 10));
    out[units++] = (wide)(point >= 0x10000 ? 0xdc00 + (point & 0x3ff) : point);
  }
  out[units] = 0;
  return units;
}

static char *text_of(const char *format, ...) {
  char text[3 * PATH];
  va_list values;
  va_start(values, format);
  vsnprintf(text, sizeof text, format, values);
  va_end(values);
  return strdup(text);
}
static char *join(const char *folder, const char *name) { return text_of("%s%s%s", folder, *name ? "/" : "", name); }
static char *in_base(const char *folder, const char *name) { return text_of("%s/%s/%s", base, folder, name); }
/* The folder that a path is in. */
static char *above(const char *path) { return text_of("%.*s", (int)(strrchr(path, '/') - path), path); }
static bool starts_with(const char *text, const char *start) { return strncmp(text, start, strlen(start)) == 0; }
static bool ends_with(const char *text, const char *end) {
  return strlen(text) >= strlen(end) && strcmp(text + strlen(text) - strlen(end), end) == 0;
}
static bool is_volume(const char *path) { return starts_with(path, base) && starts_with(path + strlen(base), "/volumes/"); }
static bool ends_with_separator(const wide *text) { return *text && text[wide_length(text) - 1] == '\\'; }

/* A place in <base> for what belongs to a path: its hash, FNV-1a of 64 bits. */
static char *place_for(const char *folder, const char *path, const char *end) {
  uint64_t hash = 0xcbf29ce484222325;
  while (*path) hash = (hash ^ (uint8_t)*path++) * 0x100000001b3;
  return text_of("%s/%s/%08x%08x%s", base, folder, (uint32_t)(hash >> 32), (uint32_t)hash, end);
}

/* A complete file appears. */
static uint32_t write_file(const char *path, const void *bytes, size_t length) {
  TEXT part = text_of("%s~", path);
  OPENED file = open_file(part, EMPTIES);
  TRY(failure(file));
  TRY(write_at(file, bytes, length, 0));
  return rename_path(part, path);
}

/* Where a drive is: below <base>, or where Wine has it. */
static char *drive_root(char letter) {
#ifdef _WIN32
  static char *roots[26];
  const wide name[] = {(wide)letter, ':', '\\', 0};
  char **root = roots + letter - 'a', *(*ask)(const wide *) = GetProcAddress(GetModuleHandleW(u"kernel32"), "wine_get_unix_file_name");
  if (!*root && ask) *root = ask(name);
  return strdup(*root ? *root : "/nowhere");
#else
  return text_of("%s/%c", base, letter);
#endif
}

/* Steps up are in no path that layers have, and Windows would take them away before it looks. */
static bool is_plain(const char *path) {
  return !strchr(path, ':') && !strstr(path, "/../") && !strstr(path, "//") && !ends_with(path, "/..");
}

/* The path on Linux of an absolute Windows path. Callers free `out` in any case. */
static uint32_t host_path(const wide *text, char **out) {
  *out = NULL;
  if (!text) return INVALID;
  if (!*text) return NO_PATH;
  if (wide_length(text) >= PATH) return TOO_LONG;
  TEXT path = narrow(text, wide_length(text));
  for (char *at = path; *at; at++) if (*at == '\\') *at = '/';
  for (size_t length = strlen(path); length > 3 && path[length - 1] == '/';) path[--length] = 0;
  bool is_literal = starts_with(path, "//?/") || starts_with(path, "/?\?/");
  const char *at = path + (is_literal ? 4 : 0);
  char letter = (char)(*at | 0x20);
  if (is_literal && starts_with(at, "Volume{")) return is_plain(at) ? *out = in_base("volumes", at + 6), 0 : BAD_NAME;
  if (letter < 'a' || letter > 'z' || at[1] != ':') return starts_with(at, "//") ? NO_NETWORK : BAD_NAME;
  if (!is_plain(at + 2) || (at[2] && at[2] != '/')) return BAD_NAME;
  TEXT root = drive_root(letter);
  *out = join(root, at[2] ? at + 3 : "");
  return 0;
}

/* Where everything lies: a path of Linux, or of a drive of Wine. */
EXPORT uint32_t StandinRoot(const wide *path) {
  GUARD;
  static const char *folders[] = {"c", "meta", "disks", "volumes", "layers", "binds"};
  facts found;
  TEXT root = NULL;
  if (!path || !*path || wide_length(path) > PATH / 2) return INVALID;
  if (*path == '/') root = narrow(path, wide_length(path));
  else TRY(host_path(path, &root));
  snprintf(base, sizeof base, "%s", root);
  make_folder(base);
  TRY(look(base, true, &found));
  for (size_t at = 0; at < sizeof folders / sizeof *folders; at++) {
    TEXT folder = join(base, folders[at]);
    make_folder(folder);
  }
  /* Without times of birth an inode number that is used again would inherit metadata. */
  return found.born ? 0 : UNSUPPORTED;
}
