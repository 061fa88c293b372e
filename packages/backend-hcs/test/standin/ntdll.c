/* ntdll.dll: opens below a folder that no link is followed in, links, removal. */
enum { N_NOT_FOUND = (int)0xC0000034, N_NO_PATH = (int)0xC000003A, N_COLLISION = (int)0xC0000035, N_REPARSE = (int)0xC000050B,
       N_NO_FOLDER = (int)0xC0000103, N_A_FOLDER = (int)0xC00000BA, N_INVALID = (int)0xC000000D, N_HANDLE = (int)0xC0000008,
       N_DENIED = (int)0xC0000022, N_NAME = (int)0xC0000033, N_PRIVILEGE = (int)0xC0000061, N_UNSUPPORTED = (int)0xC0000002,
       N_ERROR = (int)0xC0000001, N_CANNOT_DELETE = (int)0xC0000121, N_NOT_EMPTY = (int)0xC0000101 };
enum { DONT_REPARSE = 0x1000, WANTS_FOLDER = 1, WANTS_FILE = 0x40, OPENS_REPARSE = 0x200000 };

static const uint32_t statuses[][2] = {
  {N_NOT_FOUND, NOT_FOUND}, {N_NO_PATH, NO_PATH}, {N_COLLISION, ALREADY}, {N_REPARSE, 4395}, {N_NO_FOLDER, 267},
  {N_A_FOLDER, DENIED}, {N_INVALID, INVALID}, {N_HANDLE, BAD_HANDLE}, {N_DENIED, DENIED}, {N_NAME, BAD_NAME},
  {N_PRIVILEGE, NO_PRIVILEGE}, {N_UNSUPPORTED, 1}, {N_ERROR, GENERAL}, {N_CANNOT_DELETE, DENIED}, {N_NOT_EMPTY, NOT_EMPTY},
};

EXPORT uint32_t RtlNtStatusToDosError(uint32_t status) {
  for (size_t at = 0; at < sizeof statuses / sizeof *statuses; at++)
    if (statuses[at][0] == status) return statuses[at][1];
  return status ? 317 : 0;
}

static uint32_t status_of(uint32_t code) {
  if (code > 0xffff || code == 0) return code;
  for (size_t at = 0; at < sizeof statuses / sizeof *statuses; at++)
    if (statuses[at][1] == code) return statuses[at][0];
  return N_ERROR;
}

typedef struct {
  uint16_t length, room;
  const wide *text;
} counted;
typedef struct {
  uint32_t length;
  const void *root;
  const counted *name;
  uint32_t attributes;
  const void *security, *quality;
} object;

/* One step down; `is_last` may be a reparse point if that is asked for. */
static uint32_t step_down(char *path, const char *name, bool is_last, uint32_t attributes, uint32_t options, uint32_t *found) {
  char longer[PATH];
  basic kept;
  if (strcmp(name, ".") == 0 || strcmp(name, "..") == 0 || strpbrk(name, ":*?\"<>|/")) return N_NAME;
  if (!join(longer, path, name)) return N_NAME;
  memcpy(path, longer, PATH);
  uint32_t failed = get_basic(path, &kept);
  if (failed) return is_last ? N_NOT_FOUND : N_NO_PATH;
  *found = kept.attributes;
  bool stops = (kept.attributes & IS_REPARSE) && !(is_last && (options & OPENS_REPARSE));
  if (stops && (attributes & DONT_REPARSE)) return N_REPARSE;
  return is_last || (kept.attributes & IS_FOLDER) ? 0 : N_NO_PATH;
}

static uint32_t find_below(const object *what, uint32_t options, char *path, uint32_t *found) {
  char names[PATH], *rest = names, *name;
  const handle *root = handle_of(what->root, A_FILE);
  if (!what->name || what->length != 48 || (!what->name->text && what->name->length)) return N_INVALID;
  if (what->root && !root) return N_HANDLE;
  if (!root) {
    wide text[PATH] = {0};
    size_t units = what->name->length / 2;
    basic kept;
    if (units >= PATH) return N_NAME;
    memcpy(text, what->name->text, units * 2);
    if (host_path(text, path)) return N_NAME;
    *found = get_basic(path, &kept) ? 0 : kept.attributes;
    return *found ? 0 : N_NOT_FOUND;
  }
  snprintf(path, PATH, "%s", root->path);
  *found = IS_FOLDER;
  if (what->name->length == 0) return 0;
  if (!to_bytes(what->name->text, what->name->length / 2, names, PATH, true)) return N_NAME;
  uint32_t failed = 0;
  while (!failed && (name = strsep(&rest, "/")) != NULL)
    failed = *name ? step_down(path, name, rest == NULL, what->attributes, options, found) : (uint32_t)N_NAME;
  return failed;
}

/* Dispositions: 0 replace, 1 there, 2 new, 3 there or new, 4 emptied, 5 emptied or new. */
static uint32_t nt_create(void **out, uint32_t access, const object *what, uint32_t disposition, uint32_t options) {
  char path[PATH], above[PATH];
  uint32_t found = 0, failed = find_below(what, options, path, &found);
  if (failed && failed != (uint32_t)N_NOT_FOUND) return failed;
  if ((access & RIGHT_SACL) && !has_privilege(SECURITY_PRIVILEGE)) return N_PRIVILEGE;
  if (!failed && disposition == 2) return N_COLLISION;
  if (!failed && (options & WANTS_FOLDER) && !(found & IS_FOLDER)) return N_NO_FOLDER;
  if (!failed && (options & WANTS_FILE) && (found & IS_FOLDER)) return N_A_FOLDER;
  if (failed && (disposition == 1 || disposition == 4)) return failed;
  if (failed) {
    snprintf(above, PATH, "%.*s", (int)(strrchr(path, '/') - path), path);
    if (!is_folder(above)) return N_NO_PATH;
  }
  if (failed && (options & WANTS_FOLDER)) failed = status_of(make_folder(path));
  else if (failed || disposition == 0 || disposition >= 4) {
    int64_t file = open_file(path, WRITES | CREATES | EMPTIES);
    failed = file < 0 ? status_of((uint32_t)-file) : 0;
    close_file(file);
  }
  return failed ? failed : status_of(open_there(path, access, out));
}

EXPORT uint32_t NtCreateFile(void **out, uint32_t access, const object *what, uint64_t status[2], const void *, uint32_t, uint32_t,
                             uint32_t disposition, uint32_t options, const void *, uint32_t) {
  GUARD;
  if (!out || !what || !status || disposition > 5) return N_INVALID;
  status[0] = nt_create(out, access, what, disposition, options);
  status[1] = 0;
  return (uint32_t)status[0];
}

/* FileLinkInformation: 0 whether to replace, 8 the folder, 16 bytes of the name, 20 the name. */
static uint32_t nt_link(const handle *on, const uint8_t *asked, uint32_t length) {
  char name[PATH], path[PATH];
  facts found;
  if (length < 22 || get32(asked + 16) > length - 20) return N_INVALID;
  const handle *folder = handle_of((void *)(size_t)get64(asked + 8), A_FILE);
  if (!folder || !folder->is_folder) return N_HANDLE;
  wide units[PATH];
  if (get32(asked + 16) > sizeof units) return N_NAME;
  memcpy(units, asked + 20, get32(asked + 16));
  if (!to_bytes(units, get32(asked + 16) / 2, name, PATH, true) || strchr(name, '/') || !join(path, folder->path, name)) return N_NAME;
  if (on->is_folder) return N_A_FOLDER;
  if (look(path, false, &found) == 0 && asked[0]) remove_file(path);
  return status_of(link_path(on->path, path));
}

EXPORT uint32_t NtSetInformationFile(const void *value, uint64_t status[2], const uint8_t *asked, uint32_t length, int32_t class) {
  GUARD;
  handle *on = handle_of(value, A_FILE);
  if (!on) return N_HANDLE;
  if (!asked || !status || length == 0) return N_INVALID;
  uint32_t failed = N_UNSUPPORTED;
  if (class == 11) failed = nt_link(on, asked, length);
  if (class == 13) failed = status_of(mark_removed(on, asked[0] & 1, false));
  if (class == 64) failed = length < 4 ? (uint32_t)N_INVALID : status_of(mark_removed(on, asked[0] & 1, asked[0] & 0x10));
  status[0] = failed;
  status[1] = 0;
  return failed;
}

static uint32_t build = 20348;
EXPORT void StandinBuild(uint32_t number) { GUARD; build = number; }

EXPORT uint32_t RtlGetVersion(uint8_t *out) {
  GUARD;
  if (!out || (get32(out) != 276 && get32(out) != 284)) return N_INVALID;
  put32(out + 4, 10);
  put32(out + 8, 0);
  put32(out + 12, build);
  put32(out + 16, 2);
  return 0;
}
