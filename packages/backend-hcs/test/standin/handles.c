/* All that has to be closed. Values look like no small number and no address. */
typedef enum { ANY, A_FILE, A_DISK, A_VOLUME, A_TOKEN, A_HIVE } kind;
/* `path` of a volume is the file of its disk. */
typedef struct { kind kind; bool is_folder, removes, is_timed, attaches; uint32_t access; int64_t file; uint64_t position; char *path; } handle;
enum { FIRST_HANDLE = 0x5a000000 };
static handle **handles;
static size_t handle_count;
static int32_t open_contexts;

static handle *handle_of(const void *value, kind wanted) {
  size_t number = (size_t)value - FIRST_HANDLE;
  handle *found = number % 4 == 0 && number / 4 < handle_count ? handles[number / 4] : NULL;
  return found && (wanted == ANY || found->kind == wanted) ? found : NULL;
}

static void *new_handle(kind of, const char *path, int64_t file, uint32_t access) {
  size_t at = 0;
  while (at < handle_count && handles[at]) at++;
  if (at == handle_count) handles = realloc(handles, ++handle_count * sizeof *handles);
  handles[at] = malloc(sizeof **handles);
  *handles[at] = (handle){.kind = of, .path = strdup(path), .file = file, .access = access};
  return (void *)(FIRST_HANDLE + at * 4);
}

static uint32_t close_handle(const void *value) {
  handle *what = handle_of(value, ANY);
  if (!what) return BAD_HANDLE;
  close_opened(&what->file);
  if (what->is_timed) settle(what->path);
  if (what->removes) what->is_folder ? remove_folder(what->path) : remove_file(what->path);
  if (what->attaches) detach(what->path);
  handles[((size_t)value - FIRST_HANDLE) / 4] = NULL;
  free(what->path);
  free(what);
  return 0;
}

/* Whether anything at or below a path is open: Windows then leaves it where it is. */
static bool is_open_below(const char *path) {
  for (size_t at = 0; at < handle_count; at++) {
    const char *rest = handles[at] && starts_with(handles[at]->path, path) ? handles[at]->path + strlen(path) : "-";
    if (*rest == 0 || *rest == '/') return true;
  }
  return false;
}

/* Handles, contexts of backups and pieces of memory that somebody still has to give back. */
EXPORT void StandinOutstanding(int32_t out[3]) {
  GUARD;
  out[0] = 0, out[1] = open_contexts, out[2] = handed_out;
  for (size_t at = 0; at < handle_count; at++) out[0] += handles[at] != NULL;
}

/* virtdisk.dll; all answer the code itself. `asked`: version, whether for information only, whether for reading only. */
EXPORT uint32_t OpenVirtualDisk(const void *type, const wide *path, uint32_t access, uint32_t, const uint32_t *asked, void **out) {
  GUARD;
  TEXT host = NULL;
  disk found;
  if (!type || !out || !asked || asked[0] != 2 || access != 0) return INVALID;
  TRY(host_path(path, &host));
  TRY(read_disk(host, &found));
  if (!asked[1] && !asked[2] && is_attached(host)) return SHARED;
  *out = new_handle(A_DISK, host, -1, 0);
  return 0;
}

EXPORT uint32_t AttachVirtualDisk(void *value, const void *, uint32_t flags, uint32_t, const void *, const void *) {
  GUARD;
  bool stays = flags & 4;
  handle *on = handle_of(value, A_DISK);
  if (!on) return BAD_HANDLE;
  TRY(attach(on->path, stays ? 0 : own_process()));
  on->attaches = !stays;
  return 0;
}

/* Version 1: sizes. */
EXPORT uint32_t GetVirtualDiskInformation(void *value, uint32_t *size, uint64_t *out, uint32_t *used) {
  GUARD;
  handle *on = handle_of(value, A_DISK);
  disk found;
  facts file;
  if (!on || !size || !out || *size < 32) return !on ? BAD_HANDLE : size && out ? TOO_SMALL : INVALID;
  if ((uint32_t)out[0] != 1) return INVALID;
  TRY(read_disk(on->path, &found));
  TRY(look(on->path, true, &file));
  out[1] = found.size, out[2] = file.size, out[3] = MIB | 512ull << 32;
  if (used) *used = 32;
  return 0;
}
