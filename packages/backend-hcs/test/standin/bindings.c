/* bindfltapi.dll. A binding is a link. Nothing makes Linux refuse writes through it, so a read-only one leads to a copy, dropped later. */
static uint32_t bind_at(const char *path, const char *target, bool is_read_only) {
  TEXT folder = above(path), *copy = place_for("binds", path, ""), *hidden = place_for("binds", path, "-hidden");
  facts found;
  if (!is_folder(folder)) return NO_PATH;
  if (look(target, true, &found) || found.type != FOLDER) return NOT_FOUND;
  /* The root of a volume is a link itself. */
  TEXT tree = read_link(target);
  if (!tree) tree = strdup(target);
  bool is_there = look(path, false, &found) == 0;
  if (is_there && found.type != FOLDER) return ALREADY;
  TRY(remove_tree(copy));
  if (is_read_only) TRY(copy_tree(tree, copy));
  if (is_there) TRY(rename_path(path, hidden));
  return make_link(is_read_only ? copy : target, path);
}

static uint32_t set_up(const void *job, uint32_t flags, const wide *root, const wide *target, const void *exceptions, uint32_t count) {
  TEXT path = NULL, *source = NULL;
  if (job || (flags & ~0x47u) || (count && !exceptions)) return INVALID;
  TRY(host_path(root, &path));
  TRY(host_path(target, &source));
  return is_volume(source) && !ends_with_separator(target) ? NOT_FOUND : bind_at(path, source, flags & 1);
}

static uint32_t unbind(const char *path) {
  TEXT copy = place_for("binds", path, ""), *hidden = place_for("binds", path, "-hidden");
  if (!is_type(path, LINK)) return NO_ELEMENT;
  TRY(remove_file(path));
  TRY(remove_tree(copy));
  return is_folder(hidden) ? rename_path(hidden, path) : 0;
}

#define W const wide *
EXPORT int32_t BfSetupFilter(const void *job, uint32_t flags, W root, W target, const void *exceptions, uint32_t count) {
  GUARD;
  return hresult(set_up(job, flags, root, target, exceptions, count));
}
EXPORT int32_t BfRemoveMapping(const void *job, W root) { return job ? hresult(INVALID) : on_path(root, unbind); }

/* computestorage.dll. JSON, loosely: an object whose brackets match outside its texts. */
static bool is_json(W text) {
  int depth = 0;
  bool quoted = false;
  for (W at = text && *text == '{' ? text : u""; *at; at++) {
    if (quoted && *at == '\\' && at[1]) at++;
    else if (*at == '"') quoted = !quoted;
    else if (!quoted && (*at == '{' || *at == '[')) depth++;
    else if (!quoted && (*at == '}' || *at == ']') && --depth <= 0) return depth == 0 && !at[1];
  }
  return false;
}

/* What no flow calls only looks at its arguments. */
static int32_t looked_at(W path, W json) { return !path || !*path ? hresult(INVALID) : is_json(json) ? (int32_t)0x80004001 : (int32_t)0xC037010D; }
EXPORT int32_t HcsImportLayer(W path, W, W json) { return looked_at(path, json); }
EXPORT int32_t HcsExportLayer(W path, W, W json, W) { return looked_at(path, json); }
EXPORT int32_t HcsExportLegacyWritableLayer(W path, W, W, W json) { return looked_at(path, json); }
EXPORT int32_t HcsSetupBaseOSVolume(W path, W, W json) { return looked_at(path, json); }
EXPORT int32_t HcsInitializeWritableLayer(W path, W json, W) { return looked_at(path, json); }
EXPORT int32_t HcsInitializeLegacyWritableLayer(W path, W, W json, W) { return looked_at(path, json); }
EXPORT int32_t HcsAttachLayerStorageFilter(W path, W json) { return looked_at(path, json); }
EXPORT int32_t HcsDetachLayerStorageFilter(W path) { return looked_at(path, u"{}"); }
EXPORT int32_t HcsAttachOverlayFilter(W path, W json) { return looked_at(path, json); }
EXPORT int32_t HcsDetachOverlayFilter(W path, W json) { return looked_at(path, json); }

static uint32_t destroy_path(const char *path) {
  TEXT file = join(path, "sandbox.vhdx");
  return destroy(&(layer){.path = (char *)path, .disk = is_file(file) ? file : NULL});
}
EXPORT int32_t HcsDestroyLayer(W path) { return on_path(path, destroy_path); }
EXPORT int32_t HcsSetupBaseOSLayer(W path, const void *vhd, W json) { return is_json(json) ? on_path(path, vhd ? process_utility : process_base) : (int32_t)0xC037010D; }

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
  wide name[64];
  uint32_t failed = on ? volume_name(on->path, name) : BAD_HANDLE;
  return failed ? hresult(failed) : hand_text(name, out);
}

/* offreg.dll. */
EXPORT uint32_t ORCreateHive(void **out) {
  GUARD;
  if (out) *out = new_handle(A_HIVE, "", -1, 0);
  return out ? 0 : INVALID;
}

EXPORT uint32_t ORSaveHive(const void *value, W path, uint32_t, uint32_t) {
  GUARD;
  TEXT host = NULL;
  uint8_t bytes[HIVE];
  if (!handle_of(value, A_HIVE)) return BAD_HANDLE;
  TRY(host_path(path, &host));
  if (exists(host) == 0) return ALREADY;
  empty_hive(bytes);
  return write_file(host, bytes, HIVE);
}
EXPORT uint32_t ORCloseHive(const void *value) { GUARD; return handle_of(value, A_HIVE) ? close_handle(value) : BAD_HANDLE; }
