/* One table for all that has to be closed. Values look like no small number and no pointer. */
typedef enum { NOTHING, A_FILE, A_DISK, A_VOLUME, A_TOKEN, A_HIVE } kind;
typedef struct {
  kind kind;
  bool is_folder, removes, is_timed, attaches;
  uint32_t access;
  int64_t file;
  uint64_t position;
  /* Of a volume: the file of its disk. */
  char *path;
} handle;
enum { FIRST_HANDLE = 0x5a000000 };
static handle **handles;
static size_t handle_count;

static handle *handle_of(const void *value, kind wanted) {
  size_t at = ((size_t)value - FIRST_HANDLE) / 4;
  bool is_one = (size_t)value >= FIRST_HANDLE && (size_t)value % 4 == 0 && at < handle_count && handles[at];
  return is_one && (wanted == NOTHING || handles[at]->kind == wanted) ? handles[at] : NULL;
}

static void *new_handle(kind of, const char *path, int64_t file, uint32_t access) {
  size_t at = 0;
  while (at < handle_count && handles[at]) at++;
  if (at == handle_count) {
    handles = realloc(handles, (handle_count + 64) * sizeof *handles);
    memset(handles + handle_count, 0, 64 * sizeof *handles);
    handle_count += 64;
  }
  handles[at] = calloc(1, sizeof **handles);
  *handles[at] = (handle){.kind = of, .path = strdup(path), .file = file, .access = access};
  return (void *)(FIRST_HANDLE + at * 4);
}

static uint32_t remove_at_last(const handle *what) {
  return what->is_folder ? remove_folder(what->path) : remove_file(what->path);
}

static uint32_t close_handle(const void *value) {
  handle *what = handle_of(value, NOTHING);
  if (!what) return BAD_HANDLE;
  close_file(what->file);
  if (what->is_timed) settle(what->path);
  if (what->removes) remove_at_last(what);
  if (what->attaches) detach(what->path);
  handles[((size_t)value - FIRST_HANDLE) / 4] = NULL;
  free(what->path);
  free(what);
  return 0;
}

/* Whether anything at or below a path is open: Windows then keeps it where it is. */
static bool is_open_below(const char *path) {
  size_t length = strlen(path);
  for (size_t at = 0; at < handle_count; at++) {
    const char *open = handles[at] ? handles[at]->path : "";
    if (strncmp(open, path, length) == 0 && (open[length] == 0 || open[length] == '/')) return true;
  }
  return false;
}

/* Handles, contexts of backups and pieces of memory that somebody still has to give back. */
static int32_t open_contexts;
EXPORT void StandinOutstanding(int32_t out[3]) {
  GUARD;
  out[0] = 0;
  for (size_t at = 0; at < handle_count; at++) out[0] += handles[at] != NULL;
  out[1] = open_contexts;
  out[2] = handed_out;
}
