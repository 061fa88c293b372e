/* kernel32.dll: files, volumes, backups. */
#define INVALID_VALUE ((void *)-1)
#define READING (0x80000000u | 1)
#define WRITING (0x40000000u | 2)
enum { OWNING = 0x40000 | 0x80000, REMOVING = 0x10000, SETTING = 0x100, AUDITING = 0x1000000, FOR_BACKUP = 0x02000000, AT_LINKS = 0x00200000 };
#define REFUSE(when, code) do { if (when) return succeeded(code); } while (0)

/* Links and folders have no file below, only their path. */
static uint32_t open_there(const char *path, uint32_t access, void **out) {
  facts found;
  TRY(look(path, false, &found));
  int64_t file = found.type == REGULAR ? open_file(path, access & WRITING ? WRITES : 0) : -1;
  if (found.type == REGULAR) TRY(failure(file));
  *out = new_handle(A_FILE, path, file, access);
  handle_of(*out, A_FILE)->is_folder = found.type == FOLDER;
  return 0;
}

static uint32_t make_file(const char *path) {
  OPENED file = open_file(path, EMPTIES);
  return failure(file);
}

/* Dispositions: 1 new, 2 new or emptied, 3 there, 4 there or new, 5 there and emptied. */
static uint32_t create_file(const wide *name, uint32_t access, uint32_t disposition, uint32_t flags, void **out) {
  TEXT path = NULL;
  facts found = {0};
  if (name && wide_length(name) == 6 && memcmp(name, u"\\\\.\\", 8) == 0 && name[5] == ':') {
    TRY(host_path(name + 4, &path));
    TRY(is_folder(path) ? 0 : NOT_FOUND);
    *out = new_handle(A_VOLUME, path, -1, access);
    return 0;
  }
  TRY(host_path(name, &path));
  if (disposition < 1 || disposition > 5) return INVALID;
  if ((access & AUDITING) && !has_privilege(SECURITY_PRIVILEGE)) return NO_PRIVILEGE;
  if (is_volume(path) && strrchr(path, '/') == path + strlen(base) + strlen("/volumes") && !ends_with_separator(name)) {
    TEXT file = NULL;
    TRY(disk_of_volume(path, &file));
    *out = new_handle(A_VOLUME, file, -1, access);
    return 0;
  }
  uint32_t failed = look(path, false, &found);
  /* Linux follows a link in the middle. One at the end is followed here, as metadata hangs on what it leads to. */
  for (int hops = 0; !failed && found.type == LINK && !(flags & AT_LINKS); hops++) {
    TEXT target = read_link(path), *folder = above(path);
    if (hops == 32) return 1921;
    free(path);
    path = *target == '/' ? strdup(target) : join(folder, target);
    failed = look(path, false, &found);
  }
  if (!failed && disposition == 1) return EXISTS;
  bool empties = disposition == 2 || disposition == 5, makes = disposition != 3 && disposition != 5;
  if (!failed && found.type == FOLDER && (!(flags & FOR_BACKUP) || empties)) return DENIED;
  TEXT folder = above(path);
  if (failed == NOT_FOUND && exists(folder) != 0) return NO_PATH;
  if (failed == NOT_FOUND ? makes : !failed && empties) failed = make_file(path);
  return failed ? failed : open_there(path, access, out);
}

EXPORT void *CreateFileW(const wide *path, uint32_t access, uint32_t, const void *, uint32_t disposition, uint32_t flags, const void *) {
  GUARD;
  void *made = INVALID_VALUE;
  succeeded(create_file(path, access, disposition, flags, &made));
  return made;
}

EXPORT int32_t CloseHandle(const void *value) { GUARD; return succeeded(close_handle(value)); }

/* What BackupRead and BackupWrite keep between calls, until they are told to abort. */
typedef struct context { struct context *next; const void *handle; bool writes; image source; restore target; } context;
static context *contexts;

/* Nothing but what was handed out for this handle and this direction. */
static context **find_context(const context *wanted, const void *value, bool writes) {
  context **at = &contexts;
  while (*at && (*at != wanted || (*at)->handle != value || (*at)->writes != writes)) at = &(*at)->next;
  return *at ? at : NULL;
}

static uint32_t abort_backup(context **place, const void *value, bool writes) {
  context **at = place && *place ? find_context(*place, value, writes) : NULL, *gone = at ? *at : NULL;
  if (!gone) return place && *place ? INVALID : 0;
  *at = gone->next;
  *place = NULL;
  open_contexts--;
  writes ? end_restore(&gone->target) : close_image(&gone->source);
  free(gone);
  return 0;
}

static uint32_t begin_backup(handle *on, const void *value, bool writes, bool is_secured, context **place) {
  if (*place) return find_context(*place, value, writes) ? 0 : INVALID;
  image source = {.file = -1};
  if (!writes) TRY(open_image(on->path, is_secured, &source));
  *place = calloc(1, sizeof **place);
  (*place)->source = source;
  (*place)->handle = value;
  (*place)->next = contexts;
  (*place)->target = (restore){.path = writes ? strdup(on->path) : NULL, .file = on->file, .is_secured = is_secured};
  (*place)->writes = writes;
  contexts = *place;
  open_contexts++;
  return 0;
}

EXPORT int32_t BackupRead(const void *value, uint8_t *bytes, uint32_t length, uint32_t *read, int32_t aborts, int32_t secured, context **place) {
  GUARD;
  if (aborts) return succeeded(abort_backup(place, value, false));
  handle *on = handle_of(value, A_FILE);
  REFUSE(!on, BAD_HANDLE);
  REFUSE(!place || !read || (!bytes && length), INVALID);
  REFUSE(!(on->access & READING), DENIED);
  uint32_t failed = begin_backup(on, value, false, secured, place);
  return succeeded(failed ? failed : read_image(&(*place)->source, bytes, length, read));
}

EXPORT int32_t BackupWrite(const void *value, const uint8_t *bytes, uint32_t length, uint32_t *written, int32_t aborts, int32_t secured, context **place) {
  GUARD;
  if (aborts) return succeeded(abort_backup(place, value, true));
  handle *on = handle_of(value, A_FILE);
  REFUSE(!on, BAD_HANDLE);
  REFUSE(!place || !written || (!bytes && length), INVALID);
  REFUSE(!(on->access & WRITING) || (secured && (on->access & OWNING) != OWNING), DENIED);
  uint32_t failed = begin_backup(on, value, true, secured, place);
  if (!failed) failed = feed(&(*place)->target, bytes, length);
  *written = failed ? 0 : length;
  return succeeded(failed);
}

EXPORT int32_t ReadFile(const void *value, uint8_t *bytes, uint32_t length, uint32_t *read, const void *) {
  GUARD;
  handle *on = handle_of(value, A_FILE);
  REFUSE(!on || !read || !bytes, on ? INVALID : BAD_HANDLE);
  int64_t count = on->access & READING && on->file >= 0 ? read_at(on->file, bytes, length, on->position) : -DENIED;
  on->position += *read = count < 0 ? 0 : (uint32_t)count;
  return succeeded(failure(count));
}

EXPORT int32_t WriteFile(const void *value, const uint8_t *bytes, uint32_t length, uint32_t *written, const void *) {
  GUARD;
  handle *on = handle_of(value, A_FILE);
  REFUSE(!on || !written || !bytes, on ? INVALID : BAD_HANDLE);
  uint32_t failed = on->access & WRITING && on->file >= 0 ? write_at(on->file, bytes, length, on->position) : DENIED;
  on->position += *written = failed ? 0 : length;
  return succeeded(failed);
}

/* Of a volume: Linux keeps what this process has written as long as Linux lives. */
EXPORT int32_t FlushFileBuffers(const void *value) {
  GUARD;
  handle *on = handle_of(value, ANY);
  REFUSE(!on || (on->kind != A_FILE && on->kind != A_VOLUME), BAD_HANDLE);
  return succeeded(on->access & WRITING ? 0 : DENIED);
}

/* From the beginning. */
EXPORT int32_t SetFilePointerEx(const void *value, int64_t distance, int64_t *position, uint32_t method) {
  GUARD;
  handle *on = handle_of(value, A_FILE);
  REFUSE(!on || method != 0, on ? INVALID : BAD_HANDLE);
  REFUSE(distance < 0, 131);
  on->position = (uint64_t)distance;
  if (position) *position = distance;
  return 1;
}

/* Classes: 0 basic, 1 standard, 9 attributes and tag, 18 id. */
EXPORT int32_t GetFileInformationByHandleEx(const void *value, int32_t class, uint8_t *out, uint32_t length) {
  GUARD;
  static const uint32_t sizes[19] = {[0] = 40, [1] = 24, [9] = 8, [18] = 24};
  handle *on = handle_of(value, A_FILE);
  basic kept = {0};
  facts found;
  REFUSE(!on || !out || class < 0 || class > 18 || !sizes[class], on ? INVALID : BAD_HANDLE);
  REFUSE(length < sizes[class], BAD_LENGTH);
  uint32_t failed = look(on->path, false, &found);
  REFUSE(failed || (failed = get_basic(on->path, &kept)), failed);
  bool is_regular = found.type == REGULAR;
  memset(out, 0, sizes[class]);
  if (class == 0) memcpy(out, kept.times, 32), put32(out + 32, kept.attributes);
  if (class == 9) put32(out, kept.attributes), put32(out + 4, kept.tag);
  if (class == 18) put64(out, found.device), put64(out + 8, found.inode);
  /* Linux counts a folder's children in. */
  if (class == 1) {
    put64(out, is_regular ? found.blocks * 512 : 0);
    put64(out + 8, is_regular ? found.size : 0);
    put32(out + 16, found.type == FOLDER ? 1 : found.links);
    out[20] = on->removes, out[21] = found.type == FOLDER;
  }
  return 1;
}

/* Class 0, basic. Times that were set outlast what this handle writes. */
EXPORT int32_t SetFileInformationByHandle(const void *value, int32_t class, const uint8_t *asked, uint32_t length) {
  GUARD;
  handle *on = handle_of(value, A_FILE);
  int64_t times[4];
  REFUSE(!on || !asked || class != 0, on ? INVALID : BAD_HANDLE);
  REFUSE(length < 40, BAD_LENGTH);
  REFUSE(!(on->access & (WRITING | SETTING)), DENIED);
  memcpy(times, asked, 32);
  on->is_timed |= times[2] > 0;
  return succeeded(set_basic(on->path, times, get32(asked + 32)));
}

EXPORT int32_t GetVolumeInformationW(const wide *root, wide *, uint32_t, uint32_t *, uint32_t *, uint32_t *, wide *system, uint32_t units) {
  GUARD;
  static const wide name[] = u"NTFS";
  TEXT path = NULL;
  REFUSE(!root || !ends_with_separator(root), BAD_NAME);
  uint32_t failed = host_path(root, &path);
  REFUSE(failed || exists(path), failed ? failed : NO_PATH);
  REFUSE(!system || units < sizeof name / sizeof *name, BAD_LENGTH);
  memcpy(system, name, sizeof name);
  return 1;
}

EXPORT int32_t GetVolumePathNameW(const wide *path, wide *out, uint32_t room) {
  GUARD;
  TEXT host = NULL;
  uint32_t failed = host_path(path, &host);
  REFUSE(failed || !out, failed ? failed : INVALID);
  if (!is_volume(host) && path[0] == '\\') path += 4;
  size_t length = is_volume(host) ? 4 : 0;
  while (path[length] && path[length] != '\\') length++;
  REFUSE(room < length + 2, TOO_LONG);
  memcpy(out, path, length * sizeof(wide));
  memcpy(out + length, u"\\", 2 * sizeof(wide));
  return 1;
}

/* Of the volume of an attached disk, else of a drive. 1005: not formatted. */
EXPORT int32_t GetDiskFreeSpaceExW(const wide *path, uint64_t *available, uint64_t *total, uint64_t *unused) {
  GUARD;
  TEXT host = NULL, *file = NULL;
  disk found = {.volume = 256ull << 30};
  uint32_t failed = host_path(path, &host);
  if (!failed && is_volume(host) && (failed = disk_of_volume(host, &file)) == 0) failed = read_disk(file, &found);
  REFUSE(failed || found.volume == 0, failed ? failed : 1005);
  if (available) *available = found.volume / 2;
  if (unused) *unused = found.volume / 2;
  if (total) *total = found.volume;
  return 1;
}

/* Of a volume: IOCTL_DISK_GET_LENGTH_INFO, its partition's; FSCTL_EXTEND_VOLUME, to a count of sectors. */
EXPORT int32_t DeviceIoControl(const void *value, uint32_t code, const uint64_t *in, uint32_t in_length, uint64_t *out, uint32_t out_length, uint32_t *returned, const void *) {
  GUARD;
  handle *on = handle_of(value, A_VOLUME);
  disk found;
  REFUSE(!on || !returned, on ? INVALID : handle_of(value, ANY) ? 1 : BAD_HANDLE);
  uint32_t failed = read_disk(on->path, &found);
  REFUSE(failed || (code != 0x0007405C && code != 0x000900F0), failed ? failed : 1);
  uint64_t size = in && in_length >= 8 ? *in * 512 : 0;
  *returned = code == 0x0007405C ? 8 : 0;
  if (code == 0x0007405C) {
    REFUSE(!out || out_length < 8, TOO_SMALL);
    *out = partition_of(&found);
    return 1;
  }
  REFUSE(!(on->access & WRITING), DENIED);
  REFUSE(size > partition_of(&found) || size < found.volume + 8192, INVALID);
  found.volume = size - 4096;
  return succeeded(write_disk(on->path, &found));
}

static uint32_t copy_of(const wide *from, const wide *to) {
  TEXT source = NULL, *target = NULL;
  TRY(host_path(from, &source));
  TRY(host_path(to, &target));
  if (!is_file(source)) return is_folder(source) ? DENIED : NOT_FOUND;
  if (exists(target) == 0) return EXISTS;
  TRY(copy_file(source, target));
  return share_metadata(source, target);
}

/* Flag 1: replaces a file. A layer in use, and what is open, stays where it is. */
static uint32_t move(const wide *from, const wide *to, uint32_t flags) {
  TEXT source = NULL, *target = NULL;
  facts found;
  TRY(host_path(from, &source));
  TRY(host_path(to, &target));
  TRY(look(source, false, &found));
  if (is_in_use(source) || is_open_below(source)) return DENIED;
  if (strcmp(source, target) != 0 && look(target, false, &found) == 0) TRY(!(flags & 1) ? ALREADY : found.type == FOLDER ? DENIED : 0);
  return rename_path(source, target);
}
EXPORT int32_t CopyFileW(const wide *from, const wide *to, int32_t fails_if_exists) { GUARD; return succeeded(fails_if_exists ? copy_of(from, to) : UNSUPPORTED); }
EXPORT int32_t MoveFileExW(const wide *from, const wide *to, uint32_t flags) { GUARD; return succeeded(move(from, to, flags)); }
