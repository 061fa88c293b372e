/* kernel32.dll: files, volumes, backups. */
#define INVALID_VALUE ((void *)-1)
enum { FLAG_BACKUP = 0x02000000, FLAG_REPARSE = 0x00200000, RIGHT_READ = 1, RIGHT_WRITE = 2, RIGHT_SACL = 0x1000000 };
enum { GENERIC_READING = (int)0x80000000, GENERIC_WRITING = 0x40000000, RIGHT_DAC = 0x40000, RIGHT_OWNER = 0x80000 };

static bool may_read(const handle *on) { return on->access & (GENERIC_READING | RIGHT_READ); }
static bool may_write(const handle *on) { return on->access & (GENERIC_WRITING | RIGHT_WRITE); }

/* Opens what is there. Links and folders have no file below, only their path. */
static uint32_t open_there(const char *path, uint32_t access, void **out) {
  facts found;
  uint32_t failed = look(path, false, &found);
  if (failed) return failed;
  bool writes = access & (GENERIC_WRITING | RIGHT_WRITE);
  int64_t file = found.type == REGULAR ? open_file(path, writes ? WRITES : 0) : -1;
  if (file < 0 && found.type == REGULAR) return (uint32_t)-file;
  *out = new_handle(A_FILE, path, file, access);
  handle_of(*out, A_FILE)->is_folder = found.type == FOLDER;
  return 0;
}

static uint32_t open_volume(const char *root, uint32_t access, void **out) {
  char file[PATH];
  uint32_t failed = disk_of_volume(root, file);
  if (!failed) *out = new_handle(A_VOLUME, file, -1, access);
  return failed;
}

/* Dispositions: 1 new, 2 always new, 3 there, 4 there or new, 5 there and emptied. */
static uint32_t create_file(const wide *text, uint32_t access, uint32_t disposition, uint32_t flags, void **out) {
  char path[PATH], target[PATH], above[PATH];
  facts found;
  uint32_t failed = host_path(text, path);
  if (failed || disposition < 1 || disposition > 5) return failed ? failed : INVALID;
  if (strncmp(path, base, strlen(base)) == 0 && strncmp(path + strlen(base), "/volumes/", 9) == 0 &&
      !strchr(path + strlen(base) + 9, '/') && text[wide_length(text) - 1] != '\\')
    return open_volume(path, access, out);
  if ((access & RIGHT_SACL) && !has_privilege(SECURITY_PRIVILEGE)) return NO_PRIVILEGE;
  failed = look(path, false, &found);
  /* A link in the middle is followed by Linux, one at the end here, as metadata hangs on what it leads to. */
  for (int hops = 0; !failed && found.type == LINK && !(flags & FLAG_REPARSE); hops++) {
    if (hops == 32 || read_link(path, target, PATH) < 0) return 1921;
    snprintf(above, PATH, "%.*s", (int)(strrchr(path, '/') - path), path);
    failed = join(path, target[0] == '/' ? target : above, target[0] == '/' ? "" : target) ? 0 : TOO_LONG;
    if (!failed) failed = look(path, false, &found);
  }
  if (!failed && disposition == 1) return EXISTS;
  if (!failed && found.type == FOLDER && (!(flags & FLAG_BACKUP) || disposition == 2 || disposition == 5)) return DENIED;
  bool makes = disposition != 3 && disposition != 5, empties = disposition == 2 || disposition == 5;
  if (failed == NOT_FOUND ? makes : !failed && empties && found.type == REGULAR) {
    int64_t file = open_file(path, WRITES | CREATES | EMPTIES);
    if (file < 0) failed = (uint32_t)-file;
    else failed = 0, close_file(file);
  }
  if (failed == NOT_FOUND) {
    snprintf(target, PATH, "%s", path);
    *strrchr(target, '/') = 0;
    return is_folder(target) ? NOT_FOUND : NO_PATH;
  }
  return failed ? failed : open_there(path, access, out);
}

EXPORT void *CreateFileW(const wide *path, uint32_t access, uint32_t, const void *, uint32_t disposition, uint32_t flags, const void *) {
  GUARD;
  void *made = INVALID_VALUE;
  return succeeded(create_file(path, access, disposition, flags, &made)) ? made : INVALID_VALUE;
}

EXPORT int32_t CloseHandle(const void *value) { GUARD; return succeeded(close_handle(value)); }

/* What BackupRead and BackupWrite keep between calls, until they are told to abort. */
typedef struct context {
  struct context *next;
  const void *handle;
  bool writes;
  image source;
  restore target;
} context;
static context *contexts;

/* Any other value than one handed out for this handle and this direction is refused. */
static context **find_context(const context *wanted, const void *value, bool writes) {
  for (context **at = &contexts; *at; at = &(*at)->next)
    if (*at == wanted && (*at)->handle == value && (*at)->writes == writes) return at;
  return NULL;
}

static uint32_t abort_backup(context **place, const void *value, bool writes) {
  if (!place || !*place) return 0;
  context **at = find_context(*place, value, writes), *gone;
  if (!at) return INVALID;
  gone = *at;
  *at = gone->next;
  if (writes) end_restore(&gone->target);
  else close_image(&gone->source);
  free(gone);
  open_contexts--;
  *place = NULL;
  return 0;
}

static uint32_t begin_backup(handle *on, const void *value, bool writes, bool is_secured, context **place) {
  if (*place) return find_context(*place, value, writes) ? 0 : INVALID;
  context *made = calloc(1, sizeof *made);
  uint32_t failed = writes ? 0 : open_image(on->path, is_secured, &made->source);
  if (failed) { free(made); return failed; }
  if (writes) begin_restore(&made->target, on->path, on->file, is_secured);
  made->handle = value;
  made->writes = writes;
  made->next = contexts;
  *place = contexts = made;
  open_contexts++;
  return 0;
}

EXPORT int32_t BackupRead(const void *value, uint8_t *bytes, uint32_t length, uint32_t *read, int32_t aborts, int32_t secured, context **place) {
  GUARD;
  if (aborts) return succeeded(abort_backup(place, value, false));
  handle *on = handle_of(value, A_FILE);
  if (!on) return succeeded(BAD_HANDLE);
  if (!place || !read || (!bytes && length)) return succeeded(INVALID);
  *read = 0;
  if (!may_read(on)) return succeeded(DENIED);
  uint32_t failed = begin_backup(on, value, false, secured, place);
  return succeeded(failed ? failed : read_image(&(*place)->source, bytes, length, read));
}

EXPORT int32_t BackupWrite(const void *value, const uint8_t *bytes, uint32_t length, uint32_t *written, int32_t aborts, int32_t secured,
                           context **place) {
  GUARD;
  if (aborts) return succeeded(abort_backup(place, value, true));
  handle *on = handle_of(value, A_FILE);
  if (!on) return succeeded(BAD_HANDLE);
  if (!place || !written || (!bytes && length)) return succeeded(INVALID);
  *written = 0;
  if (!may_write(on) || (secured && (!(on->access & RIGHT_DAC) || !(on->access & RIGHT_OWNER)))) return succeeded(DENIED);
  uint32_t failed = begin_backup(on, value, true, secured, place);
  if (!failed) failed = feed(&(*place)->target, bytes, length);
  if (!failed) *written = length;
  return succeeded(failed);
}

EXPORT int32_t ReadFile(const void *value, uint8_t *bytes, uint32_t length, uint32_t *read, const void *) {
  GUARD;
  handle *on = handle_of(value, A_FILE);
  if (!on || !read || !bytes) return succeeded(on ? INVALID : BAD_HANDLE);
  int64_t count = !may_read(on) || on->file < 0 ? -DENIED : read_at(on->file, bytes, length, on->position);
  *read = count < 0 ? 0 : (uint32_t)count;
  on->position += *read;
  return succeeded(count < 0 ? (uint32_t)-count : 0);
}

EXPORT int32_t WriteFile(const void *value, const uint8_t *bytes, uint32_t length, uint32_t *written, const void *) {
  GUARD;
  handle *on = handle_of(value, A_FILE);
  if (!on || !written || !bytes) return succeeded(on ? INVALID : BAD_HANDLE);
  uint32_t failed = !may_write(on) || on->file < 0 ? DENIED : write_at(on->file, bytes, length, on->position);
  *written = failed ? 0 : length;
  on->position += *written;
  return succeeded(failed);
}

EXPORT int32_t SetFilePointerEx(const void *value, int64_t distance, int64_t *position, uint32_t method) {
  GUARD;
  handle *on = handle_of(value, A_FILE);
  facts found = {0};
  if (!on) return succeeded(BAD_HANDLE);
  if (method == 2) look(on->path, false, &found);
  int64_t at = distance + (method == 1 ? (int64_t)on->position : (int64_t)found.size);
  if (at < 0 || method > 2) return succeeded(method > 2 ? INVALID : 131);
  on->position = (uint64_t)at;
  if (position) *position = at;
  return 1;
}

EXPORT int32_t SetEndOfFile(const void *value) {
  GUARD;
  handle *on = handle_of(value, A_FILE);
  return succeeded(!on ? BAD_HANDLE : may_write(on) && on->file >= 0 ? set_size(on->file, on->position) : DENIED);
}

EXPORT int32_t FlushFileBuffers(const void *value) {
  GUARD;
  handle *on = handle_of(value, A_FILE);
  return succeeded(!on ? BAD_HANDLE : on->file >= 0 ? flush_file(on->file) : 0);
}

/* Classes: 0 basic, 1 standard, 9 attributes and tag, 18 id. */
EXPORT int32_t GetFileInformationByHandleEx(const void *value, int32_t class, uint8_t *out, uint32_t length) {
  GUARD;
  static const uint32_t sizes[] = {[0] = 40, [1] = 24, [9] = 8, [18] = 24};
  handle *on = handle_of(value, A_FILE);
  basic kept = {0};
  facts found;
  if (!on || !out || class < 0 || class > 18 || !sizes[class]) return succeeded(on ? INVALID : BAD_HANDLE);
  if (length < sizes[class]) return succeeded(24);
  uint32_t failed = look(on->path, false, &found);
  if (!failed) failed = get_basic(on->path, &kept);
  if (failed) return succeeded(failed);
  memset(out, 0, sizes[class]);
  if (class == 0) memcpy(out, kept.times, 32), put32(out + 32, kept.attributes);
  if (class == 9) put32(out, kept.attributes), put32(out + 4, kept.tag);
  if (class == 18) put64(out, found.device), put64(out + 8, found.inode);
  if (class == 1) {
    put64(out, found.type == REGULAR ? found.blocks * 512 : 0);
    put64(out + 8, found.type == REGULAR ? found.size : 0);
    /* Linux counts a folder's children in. */
    put32(out + 16, found.type == FOLDER ? 1 : found.links);
    out[20] = on->removes;
    out[21] = found.type == FOLDER;
  }
  return 1;
}

static uint32_t mark_removed(handle *on, bool removes, bool ignores_read_only) {
  basic kept;
  uint32_t failed = get_basic(on->path, &kept);
  if (failed) return failed;
  if (!(on->access & 0x10000)) return DENIED;
  if (removes && (kept.attributes & IS_READ_ONLY) && !ignores_read_only) return 0xC0000121;
  if (removes && on->is_folder) {
    char **names = list_names(on->path);
    bool is_empty = names && !*names;
    free_names(names);
    if (!is_empty) return 0xC0000101;
  }
  on->removes = removes;
  return 0;
}

/* Class 0, basic. Times that were set stay while this handle writes. */
EXPORT int32_t SetFileInformationByHandle(const void *value, int32_t class, const uint8_t *asked, uint32_t length) {
  GUARD;
  handle *on = handle_of(value, A_FILE);
  int64_t times[4];
  if (!on || !asked || class != 0) return succeeded(on ? INVALID : BAD_HANDLE);
  if (length < 40) return succeeded(24);
  if (!(on->access & (GENERIC_WRITING | 0x100))) return succeeded(DENIED);
  memcpy(times, asked, 32);
  on->is_timed |= times[2] > 0;
  return succeeded(set_basic(on->path, times, get32(asked + 32)));
}

static wide file_system[32] = u"NTFS";
EXPORT int32_t StandinFileSystem(const wide *name) {
  GUARD;
  if (!name || wide_length(name) > 31) return INVALID;
  memcpy(file_system, name, (wide_length(name) + 1) * sizeof(wide));
  return 0;
}

EXPORT int32_t GetVolumeInformationW(const wide *root, wide *name, uint32_t room, uint32_t *serial, uint32_t *longest, uint32_t *flags,
                                     wide *system, uint32_t system_room) {
  GUARD;
  char path[PATH];
  if (!root || !*root || root[wide_length(root) - 1] != '\\') return succeeded(BAD_NAME);
  uint32_t failed = host_path(root, path);
  if (!failed && !is_folder(path) && exists(path)) failed = NO_PATH;
  if (!failed && system && system_room <= wide_length(file_system)) failed = 24;
  if (failed) return succeeded(failed);
  if (name && room) *name = 0;
  if (serial) *serial = 0x5a5a5a5a;
  if (longest) *longest = 255;
  if (flags) *flags = 0x03e706ff;
  if (system) memcpy(system, file_system, (wide_length(file_system) + 1) * sizeof(wide));
  return 1;
}

EXPORT int32_t GetVolumePathNameW(const wide *path, wide *out, uint32_t room) {
  char host[PATH];
  uint32_t failed = host_path(path, host);
  if (failed || !out) return succeeded(failed ? failed : INVALID);
  size_t prefix = wide_length(path) > 3 && memcmp(path, u"\\\\?\\", 8) == 0 ? 4 : 0, length = prefix;
  while (path[length] && path[length] != '\\') length++;
  if (path[prefix] != 'V') path += prefix, length -= prefix;
  if (room < length + 2) return succeeded(TOO_LONG);
  memcpy(out, path, length * sizeof(wide));
  memcpy(out + length, u"\\", 4);
  return 1;
}

/* The volume of a path below an attached disk, else a drive. */
EXPORT int32_t GetDiskFreeSpaceExW(const wide *path, uint64_t *available, uint64_t *total, uint64_t *free_bytes) {
  GUARD;
  char host[PATH], file[PATH];
  disk found = {.volume = 256ull << 30};
  uint32_t failed = host_path(path, host);
  if (!failed && strncmp(host + strlen(base), "/volumes/", 9) == 0) {
    char *end = strchr(host + strlen(base) + 9, '/');
    if (end) *end = 0;
    failed = disk_of_volume(host, file);
    if (!failed) failed = read_disk(file, &found);
    if (!failed && found.volume == 0) failed = 1005;
  }
  if (failed) return succeeded(failed);
  if (available) *available = found.volume / 2;
  if (total) *total = found.volume;
  if (free_bytes) *free_bytes = found.volume / 2;
  return 1;
}

/* On volumes: IOCTL_DISK_GET_LENGTH_INFO, FSCTL_EXTEND_VOLUME to a count of sectors. */
EXPORT int32_t DeviceIoControl(const void *value, uint32_t code, const void *in, uint32_t in_length, void *out, uint32_t out_length,
                               uint32_t *returned, const void *) {
  GUARD;
  handle *on = handle_of(value, A_VOLUME);
  disk found;
  uint32_t failed = on ? read_disk(on->path, &found) : handle_of(value, NOTHING) ? 1 : BAD_HANDLE;
  if (failed || !returned) return succeeded(failed ? failed : INVALID);
  *returned = 0;
  uint64_t partition = partition_of(&found), sectors = in && in_length >= 8 ? get64(in) : 0;
  if (code == 0x0007405C) {
    if (!out || out_length < 8) return succeeded(TOO_SMALL);
    put64(out, partition);
    *returned = 8;
    return 1;
  }
  if (code != 0x000900F0) return succeeded(1);
  if (sectors > partition / 512 || sectors * 512 < found.volume + 8192 || !may_write(on)) return succeeded(may_write(on) ? INVALID : DENIED);
  found.volume = sectors * 512 - 4096;
  return succeeded(write_disk(on->path, &found));
}

EXPORT int32_t CopyFileW(const wide *from, const wide *to, int32_t fails_if_exists) {
  GUARD;
  char source[PATH], target[PATH];
  uint32_t failed = host_path(from, source);
  if (!failed) failed = host_path(to, target);
  if (!failed && !is_file(source)) failed = is_folder(source) ? DENIED : NOT_FOUND;
  if (!failed && exists(target) == 0) failed = fails_if_exists ? EXISTS : remove_file(target);
  if (!failed) failed = copy_file(source, target);
  return succeeded(failed ? failed : share_metadata(source, target));
}

/* Flag 1: replaces a file. A layer in use, and what is open, stays where it is. */
EXPORT int32_t MoveFileExW(const wide *from, const wide *to, uint32_t flags) {
  GUARD;
  char source[PATH], target[PATH];
  facts found;
  uint32_t failed = host_path(from, source);
  if (!failed) failed = host_path(to, target);
  if (!failed) failed = look(source, false, &found);
  if (!failed && (is_in_use(source) || is_open_below(source))) failed = DENIED;
  if (!failed && strcmp(source, target) != 0 && look(target, false, &found) == 0)
    failed = !(flags & 1) ? ALREADY : found.type == FOLDER ? DENIED : 0;
  return succeeded(failed ? failed : rename_path(source, target));
}

EXPORT int32_t CreateHardLinkW(const wide *path, const wide *existing, const void *) {
  GUARD;
  char source[PATH], target[PATH];
  uint32_t failed = host_path(existing, source);
  if (!failed) failed = host_path(path, target);
  return succeeded(failed ? failed : link_path(source, target));
}
