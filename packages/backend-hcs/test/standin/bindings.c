/* bindfltapi.dll, computestorage.dll, offreg.dll. */
static bool bind_place(const char *path, const char *what, char *out) {
  char name[32];
  hashed(path, name);
  return in_base(out, "binds", strcat(name, what));
}

/* A binding is a link. Nothing makes Linux refuse writes through it, so a read-only one leads to a copy that is dropped later. */
static uint32_t bind(const char *path, const char *target, bool is_read_only) {
  char above[PATH], copy[PATH], hidden[PATH], root[PATH];
  facts found;
  snprintf(above, PATH, "%.*s", (int)(strrchr(path, '/') - path), path);
  if (!is_folder(above)) return NO_PATH;
  if (look(target, true, &found) || found.type != FOLDER) return NOT_FOUND;
  bool is_there = look(path, false, &found) == 0;
  if (is_there && found.type != FOLDER) return ALREADY;
  if (!bind_place(path, "", copy) || !bind_place(path, "-hidden", hidden)) return TOO_LONG;
  uint32_t failed = remove_tree(copy);
  /* The root of a volume is a link itself. */
  if (!failed && is_read_only && read_link(target, root, PATH) > 0) target = root;
  if (!failed && is_read_only) failed = copy_tree(target, copy);
  if (!failed && is_there) failed = rename_path(path, hidden);
  return failed ? failed : make_link(is_read_only ? copy : target, path);
}

EXPORT int32_t BfSetupFilter(const void *job, uint32_t flags, const wide *root, const wide *target, const void *exceptions, uint32_t count) {
  GUARD;
  char path[PATH], source[PATH];
  uint32_t failed = job || (flags & ~0x47u) || (count && !exceptions) ? INVALID : host_path(root, path);
  if (!failed) failed = host_path(target, source);
  bool is_volume = !failed && strncmp(source + strlen(base), "/volumes/", 9) == 0;
  if (is_volume && target[wide_length(target) - 1] != '\\') failed = NOT_FOUND;
  return hresult(failed ? failed : bind(path, source, flags & 1));
}

EXPORT int32_t BfRemoveMapping(const void *job, const wide *root) {
  GUARD;
  char path[PATH], copy[PATH], hidden[PATH];
  facts found;
  uint32_t failed = job ? INVALID : host_path(root, path);
  if (failed) return hresult(failed);
  if (look(path, false, &found) || found.type != LINK) return hresult(NO_ELEMENT);
  if (!bind_place(path, "", copy) || !bind_place(path, "-hidden", hidden)) return hresult(TOO_LONG);
  failed = remove_file(path);
  if (!failed) failed = remove_tree(copy);
  return hresult(failed || !is_folder(hidden) ? failed : rename_path(hidden, path));
}

/* JSON, loosely: an object whose brackets match, outside its texts. */
static bool is_json(const wide *text) {
  int depth = 0;
  bool quoted = false;
  if (!text || *text != '{') return false;
  for (const wide *at = text; *at; at++) {
    if (quoted && *at == '\\' && at[1]) at++;
    else if (*at == '"') quoted = !quoted;
    else if (!quoted && (*at == '{' || *at == '[')) depth++;
    else if (!quoted && (*at == '}' || *at == ']') && --depth <= 0) return depth == 0 && !at[1];
  }
  return false;
}

/* What no flow calls does no more than look at its arguments. */
static int32_t not_done(const wide *path, const wide *json) {
  if (!path || !*path) return hresult(INVALID);
  return is_json(json) ? (int32_t)0x80004001 : (int32_t)BAD_JSON;
}
#define W const wide *
EXPORT int32_t HcsImportLayer(W path, W, W json) { return not_done(path, json); }
EXPORT int32_t HcsExportLayer(W path, W, W json, W) { return not_done(path, json); }
EXPORT int32_t HcsExportLegacyWritableLayer(W path, W, W, W json) { return not_done(path, json); }
EXPORT int32_t HcsSetupBaseOSVolume(W path, W, W json) { return not_done(path, json); }
EXPORT int32_t HcsInitializeWritableLayer(W path, W json, W) { return not_done(path, json); }
EXPORT int32_t HcsInitializeLegacyWritableLayer(W path, W, W json, W) { return not_done(path, json); }
EXPORT int32_t HcsAttachLayerStorageFilter(W path, W json) { return not_done(path, json); }
EXPORT int32_t HcsDetachLayerStorageFilter(W path) { return not_done(path, u"{}"); }
EXPORT int32_t HcsAttachOverlayFilter(W path, W json) { return not_done(path, json); }
EXPORT int32_t HcsDetachOverlayFilter(W path, W json) { return not_done(path, json); }

static uint32_t destroy_path(const char *path) {
  layer on = {0};
  snprintf(on.path, PATH, "%s", path);
  return destroy(&on);
}
static uint32_t process_plain(const char *path) { return process_base(path, false); }
EXPORT int32_t HcsDestroyLayer(W path) { return on_path(path, destroy_path); }
EXPORT int32_t HcsSetupBaseOSLayer(W path, const void *disk_handle, W json) {
  if (!is_json(json)) return (int32_t)BAD_JSON;
  return on_path(path, disk_handle ? process_utility : process_plain);
}

EXPORT int32_t HcsFormatWritableLayerVhd(const void *value) {
  GUARD;
  handle *on = handle_of(value, A_DISK);
  disk found;
  uint32_t failed = on ? read_disk(on->path, &found) : BAD_HANDLE;
  if (failed) return hresult(failed);
  found.volume = partition_of(&found) - 4096;
  return hresult(write_disk(on->path, &found));
}

EXPORT int32_t HcsGetLayerVhdMountPath(const void *value, wide **out) {
  GUARD;
  handle *on = handle_of(value, A_DISK);
  char name[64];
  uint32_t failed = on ? volume_name(on->path, name) : BAD_HANDLE;
  return failed ? hresult(failed) : hand_text(name, out);
}

EXPORT uint32_t ORCreateHive(void **out) {
  GUARD;
  if (!out) return INVALID;
  *out = new_handle(A_HIVE, "", -1, 0);
  return 0;
}

EXPORT uint32_t ORSaveHive(const void *value, const wide *path, uint32_t, uint32_t) {
  GUARD;
  char host[PATH];
  uint8_t bytes[8192];
  uint32_t failed = handle_of(value, A_HIVE) ? host_path(path, host) : BAD_HANDLE;
  if (!failed && exists(host) == 0) failed = ALREADY;
  if (failed) return failed;
  empty_hive(bytes);
  return write_file(host, bytes, sizeof bytes);
}

EXPORT uint32_t ORCloseHive(const void *value) {
  GUARD;
  return handle_of(value, A_HIVE) ? close_handle(value) : BAD_HANDLE;
}
