/* ntdll.dll: opens below a folder that no link is followed in, links, removal. */
#define N_NOT_FOUND 0xC0000034u
#define N_NO_PATH 0xC000003Au
#define N_COLLISION 0xC0000035u
#define N_REPARSE 0xC000050Bu
#define N_NO_FOLDER 0xC0000103u
#define N_A_FOLDER 0xC00000BAu
#define N_INVALID 0xC000000Du
#define N_HANDLE 0xC0000008u
#define N_DENIED 0xC0000022u
#define N_NAME 0xC0000033u
#define N_PRIVILEGE 0xC0000061u
#define N_UNSUPPORTED 0xC0000002u
#define N_CANNOT_DELETE 0xC0000121u
#define N_NOT_EMPTY 0xC0000101u
enum { DONT_REPARSE = 0x1000, WANTS_FOLDER = 1, WANTS_FILE = 0x40 };

/* Of several statuses for one code the first is what a code becomes. */
static const uint32_t statuses[][2] = {
  {N_NOT_FOUND, NOT_FOUND}, {N_NO_PATH, NO_PATH}, {N_COLLISION, ALREADY}, {N_REPARSE, 4395}, {N_NO_FOLDER, 267}, {N_DENIED, DENIED},
  {N_A_FOLDER, DENIED}, {N_CANNOT_DELETE, DENIED}, {N_INVALID, INVALID}, {N_HANDLE, BAD_HANDLE}, {N_NAME, BAD_NAME},
  {N_PRIVILEGE, NO_PRIVILEGE}, {N_UNSUPPORTED, 1}, {N_NOT_EMPTY, NOT_EMPTY}, {0xC0000001u, GENERAL}, {0, 0},
};
EXPORT uint32_t RtlNtStatusToDosError(uint32_t status) {
  for (size_t at = 0; at < sizeof statuses / sizeof *statuses; at++) if (statuses[at][0] == status) return statuses[at][1];
  return 317;
}
static uint32_t status_of(uint32_t code) {
  for (size_t at = 0; at < sizeof statuses / sizeof *statuses; at++) if (statuses[at][1] == code) return statuses[at][0];
  return code > 0xffff ? code : 0xC0000001u;
}

typedef struct { uint16_t length, room; const wide *text; } counted;
typedef struct { uint32_t length; const void *root; const counted *name; uint32_t attributes; const void *security, *quality; } object;

/* The path of what is asked for, and its attributes. */
static uint32_t find_below(const object *what, uint32_t options, char **path, uint32_t *attributes) {
  const handle *root = handle_of(what->root, A_FILE);
  basic kept;
  if (!what->name || what->length != 48 || (!what->name->text && what->name->length)) return N_INVALID;
  if (what->root && !root) return N_HANDLE;
  TEXT names = narrow(what->name->text, what->name->length / 2);
  wide whole[1 << 15] = {0};
  memcpy(whole, what->name->text, what->name->length / 2 * 2);
  if (!root && host_path(whole, path)) return N_NAME;
  if (root) *path = strdup(root->path);
  *attributes = IS_FOLDER;
  if (!root) return get_basic(*path, &kept) ? N_NOT_FOUND : (*attributes = kept.attributes, 0);
  for (char *name = names, *end; name && *names; name = end) {
    if ((end = strchr(name, '\\')) != NULL) *end++ = 0;
    if (!*name || strcmp(name, ".") == 0 || strcmp(name, "..") == 0 || strpbrk(name, ":*?\"<>|/")) return N_NAME;
    char *longer = join(*path, name);
    free(*path);
    *path = longer;
    if (get_basic(*path, &kept)) return end ? N_NO_PATH : N_NOT_FOUND;
    *attributes = kept.attributes;
    bool stops = (kept.attributes & IS_REPARSE) && (end || !(options & AT_LINKS));
    if (stops && (what->attributes & DONT_REPARSE)) return N_REPARSE;
    if (end && !(kept.attributes & IS_FOLDER)) return N_NO_PATH;
  }
  return 0;
}

/* Dispositions: 0 replaced or new, 1 there, 2 new, 3 there or new, 4 emptied, 5 emptied or new. */
static uint32_t nt_create(void **out, uint32_t access, const object *what, uint32_t disposition, uint32_t options) {
  TEXT path = NULL;
  uint32_t attributes = 0, failed = find_below(what, options, &path, &attributes);
  if (failed && failed != N_NOT_FOUND) return failed;
  if ((access & AUDITING) && !has_privilege(SECURITY_PRIVILEGE)) return N_PRIVILEGE;
  if (!failed && disposition == 2) return N_COLLISION;
  if (!failed && (options & WANTS_FOLDER) && !(attributes & IS_FOLDER)) return N_NO_FOLDER;
  if (!failed && (options & WANTS_FILE) && (attributes & IS_FOLDER)) return N_A_FOLDER;
  if (failed && (disposition == 1 || disposition == 4)) return failed;
  if (failed && (options & WANTS_FOLDER)) failed = status_of(make_folder(path));
  else if (failed || disposition == 0 || disposition >= 4) failed = status_of(make_file(path));
  return failed ? failed : status_of(open_there(path, access, out));
}

EXPORT uint32_t NtCreateFile(void **out, uint32_t access, const object *what, uint64_t status[2], const void *, uint32_t, uint32_t, uint32_t disposition, uint32_t options, const void *, uint32_t) {
  GUARD;
  if (!out || !what || !status || disposition > 5) return N_INVALID;
  status[1] = 0;
  return (uint32_t)(status[0] = nt_create(out, access, what, disposition, options));
}

/* FileLinkInformation: at 0 whether to replace, 8 the folder, 16 bytes of the name, 20 the name. */
static uint32_t link_to(const handle *on, const uint8_t *asked, uint32_t length) {
  if (length < 22 || get32(asked + 16) > length - 20) return N_INVALID;
  const handle *folder = handle_of((void *)(size_t)get64(asked + 8), A_FILE);
  wide units[1 << 8] = {0};
  if (!folder || !folder->is_folder) return N_HANDLE;
  if (get32(asked + 16) >= sizeof units) return N_NAME;
  memcpy(units, asked + 20, get32(asked + 16));
  TEXT name = narrow(units, get32(asked + 16) / 2), *path = join(folder->path, name);
  if (!*name || strpbrk(name, "\\/:")) return N_NAME;
  if (on->is_folder) return N_A_FOLDER;
  if (asked[0]) remove_file(path);
  return status_of(link_path(on->path, path));
}

/* Removal waits until the handle is closed. */
static uint32_t mark_removed(handle *on, bool removes, bool ignores_read_only) {
  basic kept;
  TRY(status_of(get_basic(on->path, &kept)));
  NAMES names = on->is_folder ? list_names(on->path) : NULL;
  if (!(on->access & REMOVING)) return N_DENIED;
  if (removes && (kept.attributes & IS_READ_ONLY) && !ignores_read_only) return N_CANNOT_DELETE;
  if (removes && names && *names) return N_NOT_EMPTY;
  on->removes = removes;
  return 0;
}

/* Classes: 11 a link, 13 removal, 64 removal with flags: 1 to remove, 0x10 even if read-only. */
EXPORT uint32_t NtSetInformationFile(const void *value, uint64_t status[2], const uint8_t *asked, uint32_t length, int32_t class) {
  GUARD;
  handle *on = handle_of(value, A_FILE);
  if (!on) return N_HANDLE;
  if (!asked || !status || length < (class == 64 ? 4 : 1)) return N_INVALID;
  status[1] = 0;
  status[0] = class == 11 ? link_to(on, asked, length) : class == 13 || class == 64 ? mark_removed(on, asked[0] & 1, class == 64 && asked[0] & 0x10) : N_UNSUPPORTED;
  return (uint32_t)status[0];
}

static uint32_t build = 20348;
EXPORT void StandinBuild(uint32_t number) { GUARD; build = number; }
EXPORT uint32_t RtlGetVersion(uint8_t *out) {
  GUARD;
  if (!out || (get32(out) != 276 && get32(out) != 284)) return N_INVALID;
  const uint32_t version[] = {10, 0, build, 2};
  memcpy(out + 4, version, sizeof version);
  return 0;
}
