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

EXPORT int32_t BfSetupFilter(const void *job, uint32_t flags, const wide *root, const wide *target, const void *exceptions, uint32_t count) {
  GUARD;
  return hresult(set_up(job, flags, root, target, exceptions, count));
}
EXPORT int32_t BfRemoveMapping(const void *job, const wide *root) { return job ? hresult(INVALID) : on_path(root, unbind); }

/* offreg.dll. */
EXPORT uint32_t ORCreateHive(void **out) {
  GUARD;
  if (out) *out = new_handle(A_HIVE, "", -1, 0);
  return out ? 0 : INVALID;
}

EXPORT uint32_t ORSaveHive(const void *value, const wide *path, uint32_t, uint32_t) {
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
