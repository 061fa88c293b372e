/* vmcompute.dll, and what computestorage.dll does alike. A layer with `sandbox.vhdx` is a scratch, another one its folder. */
typedef struct {
  int32_t flavour;
  const wide *home;
} driver;
typedef struct {
  uint8_t id[16];
  uint32_t flags;
  const wide *path;
} descriptor;
_Static_assert(sizeof(driver) == 16 && sizeof(descriptor) == 32, "as on Windows of 64 bits");

/* Hive by hive: in the folder of hives, and as the base layer keeps it. */
static const char *hives[][2] = {{"DEFAULT", "DEFAULTUSER_BASE"}, {"SAM", "SAM_BASE"}, {"SECURITY", "SECURITY_BASE"},
                                 {"SOFTWARE", "SOFTWARE_BASE"}, {"SYSTEM", "SYSTEM_BASE"}};
enum { INVALID_STATE = (int)0x80370105, NO_FILTER = (int)0x801F0015, FILTERED = (int)0x801F0012, BAD_JSON = (int)0xC037010D };

static bool state_place(const char *layer, char *out) {
  char name[17];
  hashed(layer, name);
  return in_base(out, "layers", name);
}

/* 0, 'A' or 'P'. */
static char state_of(const char *layer) {
  char place[PATH];
  uint8_t *text;
  size_t length;
  if (!state_place(layer, place) || read_file(place, &text, &length)) return 0;
  char state = (char)text[0];
  free(text);
  return state;
}

static uint32_t set_state(const char *layer, char state) {
  char place[PATH];
  if (!state_place(layer, place)) return TOO_LONG;
  return state ? write_file(place, &state, 1) : remove_file(place);
}

/* The file of a scratch's disk; false for other layers. */
static bool disk_of(const char *layer, char *out) { return join(out, layer, "sandbox.vhdx") && is_file(out); }

static bool is_in_use(const char *layer) {
  char file[PATH];
  return state_of(layer) || (disk_of(layer, file) && is_attached(file));
}

/* Nearest parent first; `nearest` and `base_layer` become NULL-terminated paths, empty without parents. */
typedef struct {
  char path[PATH], nearest[PATH], base[PATH];
  const char *parent;
} layer;

static uint32_t read_parents(const descriptor *parents, size_t count, layer *out) {
  if ((count == 0) != (parents == NULL) || count > 256) return INVALID;
  for (size_t at = 0; at < count; at++) {
    const wide *path = parents[at].path;
    uint8_t id[16];
    if (!path || parents[at].flags) return INVALID;
    size_t end = wide_length(path), start = end;
    while (start > 0 && path[start - 1] != '\\') start--;
    layer_id(path + start, end - start, id);
    if (memcmp(id, parents[at].id, 16) != 0) return INVALID;
    uint32_t failed = host_path(path, at ? out->base : out->nearest);
    if (!failed && !is_folder(at ? out->base : out->nearest)) failed = NO_PATH;
    if (failed) return failed;
  }
  if (count == 1) memcpy(out->base, out->nearest, PATH);
  out->parent = count ? out->nearest : NULL;
  return 0;
}

static uint32_t read_layer(const driver *info, const wide *path, const descriptor *parents, size_t count, layer *out) {
  if (!info || info->flavour != 1 || !info->home || info->home[0]) return INVALID;
  uint32_t failed = host_path(path, out->path);
  return failed ? failed : read_parents(parents, count, out);
}

static uint32_t activate(const layer *on) {
  char file[PATH], files[PATH];
  bool is_scratch = disk_of(on->path, file);
  if (!is_folder(on->path)) return NO_PATH;
  if (!is_scratch && (!join(files, on->path, "Files") || !is_folder(files))) return NOT_FOUND;
  if (is_in_use(on->path)) return SHARED;
  /* In this order, a process that dies between the two leaves what Deactivate can undo. */
  uint32_t failed = set_state(on->path, 'A');
  if (!failed && is_scratch && (failed = attach(file, 0)) != 0) set_state(on->path, 0);
  return failed;
}

static uint32_t deactivate(const layer *on) {
  char file[PATH], state = state_of(on->path);
  if (!state) return is_folder(on->path) ? 0 : NO_PATH;
  if (state == 'P') return SHARED;
  if (disk_of(on->path, file)) detach(file);
  return set_state(on->path, 0);
}

static uint32_t prepare(const layer *on) {
  char file[PATH], state = state_of(on->path);
  if (state != 'A') return state ? FILTERED : INVALID_STATE;
  if (disk_of(on->path, file)) {
    uint32_t failed = on->parent ? merge(file, on->parent) : INVALID;
    if (failed) return failed;
  }
  return set_state(on->path, 'P');
}

static uint32_t unprepare(const layer *on) {
  char state = state_of(on->path);
  return state == 'P' ? set_state(on->path, 'A') : state ? (uint32_t)NO_FILTER : NO_DEVICE;
}

static uint32_t destroy(const layer *on) {
  char file[PATH], beside[PATH];
  if (!is_folder(on->path)) return NO_PATH;
  if (is_in_use(on->path)) return SHARED;
  if (disk_of(on->path, file) && beside_disk(file, "", beside) == 0) remove_tree(beside);
  return remove_tree(on->path);
}

/* Two calls: one for the length in units with the NUL, one for the text. */
static uint32_t mount_path(const wide *path, const layer *on, size_t *units, wide *buffer) {
  char file[PATH], name[64];
  wide volume[64];
  bool is_scratch = disk_of(on->path, file);
  uint32_t failed = is_scratch ? volume_name(file, name) : is_folder(on->path) ? 0 : NO_PATH;
  if (failed || !units) return failed ? failed : INVALID;
  to_wide(is_scratch ? name : "", volume, 64);
  const wide *answer = is_scratch ? volume : path;
  size_t needed = wide_length(answer) + 1, room = *units;
  *units = needed;
  if (!buffer) return 0;
  if (room < needed) return TOO_SMALL;
  memcpy(buffer, answer, needed * sizeof(wide));
  return 0;
}

static uint32_t export_of(const layer *on, const wide *folder) {
  char to[PATH], file[PATH];
  bool is_scratch = disk_of(on->path, file);
  uint32_t failed = host_path(folder, to);
  if (failed) return failed;
  if (!has_privilege(BACKUP_PRIVILEGE)) return NO_PRIVILEGE;
  if (is_scratch && state_of(on->path) != 'A') return INVALID_STATE;
  return export_layer(on->path, to, on->parent, is_scratch ? file : NULL);
}

static uint32_t import_to(const layer *on, const wide *folder) {
  char from[PATH];
  uint32_t failed = host_path(folder, from);
  if (failed) return failed;
  if (!has_privilege(BACKUP_PRIVILEGE) || !has_privilege(RESTORE_PRIVILEGE)) return NO_PRIVILEGE;
  return is_in_use(on->path) ? SHARED : import_layer(on->path, from, on->parent);
}

static uint32_t make_disks(const char *folder, const char *first, const char *second, uint64_t size) {
  char path[PATH];
  uint32_t failed = 0;
  for (int at = 0; at < 2 && !failed; at++)
    failed = join(path, folder, at ? second : first) ? new_disk(path, size, true) : TOO_LONG;
  return failed;
}

/* The disks come last: a layer that can be a parent of a scratch is complete. */
static uint32_t process_base(const char *path, bool with_disks) {
  char folder[PATH], from[PATH], to[PATH];
  if (!join(from, path, "Files/Windows/System32/config") || !join(folder, path, "Hives") || !join(to, path, "layout")) return TOO_LONG;
  if (!is_folder(from)) return NO_PATH;
  if (is_folder(folder) || is_file(to)) return ALREADY;
  uint32_t failed = 0;
  for (int at = 0; at < 5 && !failed; at++)
    failed = snprintf(from, PATH, "%s/Files/Windows/System32/config/%s", path, hives[at][0]) < PATH ? check_hive(from) : TOO_LONG;
  if (!failed) failed = make_folder(folder);
  for (int at = 0; at < 5 && !failed; at++) {
    snprintf(from, PATH, "%s/Files/Windows/System32/config/%s", path, hives[at][0]);
    failed = join(to, folder, hives[at][1]) ? copy_file(from, to) : TOO_LONG;
  }
  if (!failed) failed = join(to, path, "layout") ? write_file(to, "vhd-with-hives\n", 15) : TOO_LONG;
  return failed || !with_disks ? failed : make_disks(path, "blank-base.vhdx", "blank.vhdx", CONTAINER_DISK);
}

/* Edits the BCD where it lies, so that a file that shares its inode changes with it. */
static uint32_t process_utility(const char *path) {
  char bcd[PATH], disk_file[PATH];
  uint8_t head[512];
  if (!join(bcd, path, "Files/EFI/Microsoft/Boot/BCD") || !join(disk_file, path, "SystemTemplate.vhdx")) return TOO_LONG;
  uint32_t failed = is_file(disk_file) ? ALREADY : check_hive(bcd);
  if (failed) return failed;
  int64_t file = open_file(bcd, WRITES);
  read_at(file, head, 512, 0);
  put32(head + 4, get32(head + 4) + 1);
  put32(head + 8, get32(head + 8) + 1);
  sum_hive(head);
  failed = write_at(file, head, 512, 0);
  close_file(file);
  return failed ? failed : make_disks(path, "SystemTemplateBase.vhdx", "SystemTemplate.vhdx", UTILITY_DISK);
}

static uint32_t create_scratch(const layer *on) {
  char from[PATH], to[PATH];
  if (!on->parent) return INVALID;
  if (!join(from, on->base, "blank.vhdx") || !join(to, on->path, "sandbox.vhdx")) return TOO_LONG;
  make_folder(on->path);
  return copy_file(from, to);
}

static uint32_t expand_scratch(const layer *on, uint64_t size) {
  char file[PATH];
  if (!disk_of(on->path, file)) return is_folder(on->path) ? NOT_FOUND : NO_PATH;
  return is_in_use(on->path) ? SHARED : size ? expand(file, size) : 0;
}

static uint32_t layer_exists(const layer *on, uint32_t *exists) {
  if (exists) *exists = is_folder(on->path);
  return exists ? 0 : INVALID;
}

/* A call on one layer; `on` is the layer, `failed` whether the arguments were wrong. */
#define LAYER_CALL(name, parameters, info, path, parents, count, act) \
  EXPORT int32_t name parameters { \
    GUARD; \
    layer on = {0}; \
    uint32_t failed = read_layer(info, path, parents, count, &on); \
    return hresult(failed ? failed : (act)); \
  }
#define ONE const driver *info, const wide *path
#define MANY const descriptor *parents, size_t count
LAYER_CALL(ActivateLayer, (ONE), info, path, NULL, 0, activate(&on))
LAYER_CALL(DeactivateLayer, (ONE), info, path, NULL, 0, deactivate(&on))
LAYER_CALL(PrepareLayer, (ONE, MANY), info, path, parents, count, prepare(&on))
LAYER_CALL(UnprepareLayer, (ONE), info, path, NULL, 0, unprepare(&on))
LAYER_CALL(DestroyLayer, (ONE), info, path, NULL, 0, destroy(&on))
LAYER_CALL(ExpandSandboxSize, (ONE, uint64_t size), info, path, NULL, 0, expand_scratch(&on, size))
LAYER_CALL(ExportLayer, (ONE, const wide *folder, MANY), info, path, parents, count, export_of(&on, folder))
LAYER_CALL(ImportLayer, (ONE, const wide *folder, MANY), info, path, parents, count, import_to(&on, folder))
LAYER_CALL(CreateLayer, (ONE, const wide *), info, path, NULL, 0, make_folder(on.path))
LAYER_CALL(CreateSandboxLayer, (ONE, const wide *, MANY), info, path, parents, count, create_scratch(&on))
LAYER_CALL(LayerExists, (ONE, uint32_t *exists), info, path, NULL, 0, layer_exists(&on, exists))
LAYER_CALL(GetLayerMountPath, (ONE, size_t *units, wide *text), info, path, NULL, 0, mount_path(path, &on, units, text))

EXPORT int32_t NameToGuid(const wide *name, uint8_t *id) {
  if (!name || !id) return hresult(INVALID);
  layer_id(name, wide_length(name), id);
  return 0;
}

static int32_t on_path(const wide *path, uint32_t (*act)(const char *)) {
  GUARD;
  char host[PATH];
  uint32_t failed = host_path(path, host);
  return hresult(failed ? failed : act(host));
}

static uint32_t process_whole(const char *path) { return process_base(path, true); }
static uint32_t exists(const char *path) { facts found; return look(path, true, &found); }
EXPORT int32_t ProcessBaseImage(const wide *path) { return on_path(path, process_whole); }
EXPORT int32_t ProcessUtilityImage(const wide *path) { return on_path(path, process_utility); }
EXPORT int32_t GrantVmAccess(const wide *vm, const wide *path) { return vm ? on_path(path, exists) : hresult(INVALID); }

/* A text that the caller frees. */
static int32_t hand_text(const char *text, wide **out) {
  if (!out) return hresult(INVALID);
  *out = hand_out((strlen(text) + 1) * sizeof(wide));
  to_wide(text, *out, strlen(text) + 4);
  return 0;
}

EXPORT int32_t GetBaseImages(wide **out) { GUARD; return hand_text("{\"Images\":[]}", out); }
