/* vmcompute.dll. A layer with `sandbox.vhdx` is a scratch, another one its folder. */
typedef struct { int32_t flavour; const wide *home; } driver;
typedef struct { uint8_t id[16]; uint32_t flags; const wide *path; } descriptor;
_Static_assert(sizeof(driver) == 16 && sizeof(descriptor) == 32, "as on Windows of 64 bits");
#define INVALID_STATE 0x80370105u
#define NO_FILTER 0x801F0015u
#define FILTERED 0x801F0012u

/* `disk`: the file of a scratch's disk, NULL of other layers. `parent` is the nearest, `root` the base; NULL without parents. */
typedef struct { const wide *name; char *path, *disk, *parent, *root; } layer;
#define LAYER __attribute__((cleanup(free_layer))) layer
static void free_layer(layer *on) {
  free(on->path), free(on->disk), free(on->root);
  if (on->parent != on->root) free(on->parent);
}

/* 0, 'A' or 'P'. */
static char state_of(const char *layer) {
  TEXT place = place_for("layers", layer, "");
  BYTES text = read_file(place, NULL);
  return text ? (char)*text : 0;
}
static uint32_t set_state(const char *layer, char state) {
  TEXT place = place_for("layers", layer, "");
  return state ? write_file(place, &state, 1) : remove_file(place);
}
static bool is_in_use(const char *layer) {
  TEXT file = join(layer, "sandbox.vhdx");
  return state_of(layer) || (is_file(file) && is_attached(file));
}

/* Nearest parent first. Ids are those of the names that the folders have. */
static uint32_t read_parents(const descriptor *parents, size_t count, layer *out) {
  if ((count == 0) != (parents == NULL) || count > 256) return INVALID;
  for (const descriptor *at = parents; at < parents + count; at++) {
    if (!at->path || at->flags) return INVALID;
    uint8_t id[16];
    size_t end = wide_length(at->path), start = end;
    while (start > 0 && at->path[start - 1] != '\\') start--;
    layer_id(at->path + start, end - start, id);
    if (memcmp(id, at->id, 16) != 0) return INVALID;
    if (out->root != out->parent) free(out->root);
    TRY(host_path(at->path, &out->root));
    if (!out->parent) out->parent = out->root;
    if (!is_folder(out->root)) return NO_PATH;
  }
  return 0;
}

static uint32_t read_layer(const driver *info, const wide *path, layer *out) {
  if (!info || info->flavour != 1 || !info->home || info->home[0]) return INVALID;
  TRY(host_path(path, &out->path));
  out->name = path;
  out->disk = join(out->path, "sandbox.vhdx");
  if (!is_file(out->disk)) free(out->disk), out->disk = NULL;
  return 0;
}

static uint32_t activate(const layer *on) {
  TEXT files = join(on->path, "Files");
  if (!is_folder(on->path)) return NO_PATH;
  if (!on->disk && !is_folder(files)) return NOT_FOUND;
  if (is_in_use(on->path)) return SHARED;
  /* In this order, a process that dies between the two leaves what Deactivate undoes. */
  TRY(set_state(on->path, 'A'));
  uint32_t failed = on->disk ? attach(on->disk, 0) : 0;
  if (failed) set_state(on->path, 0);
  return failed;
}

static uint32_t deactivate(const layer *on) {
  char state = state_of(on->path);
  if (state != 'A') return state ? SHARED : is_folder(on->path) ? 0 : NO_PATH;
  if (on->disk) detach(on->disk);
  return set_state(on->path, 0);
}

static uint32_t prepare(const layer *on) {
  char state = state_of(on->path);
  if (state != 'A') return state ? FILTERED : INVALID_STATE;
  if (on->disk) TRY(on->parent ? merge(on->disk, on->parent) : INVALID);
  return set_state(on->path, 'P');
}

static uint32_t unprepare(const layer *on) {
  char state = state_of(on->path);
  return state == 'P' ? set_state(on->path, 'A') : state ? NO_FILTER : NO_DEVICE;
}

static uint32_t destroy(const layer *on) {
  PLACES at = {0};
  if (!is_folder(on->path)) return NO_PATH;
  if (is_in_use(on->path)) return SHARED;
  if (on->disk && find_places(on->disk, &at) == 0) remove_tree(at.folder);
  return remove_tree(on->path);
}

/* Two calls: for the length in units, the NUL counted, and for the text. */
static uint32_t mount_path(const layer *on, size_t *units, wide *out) {
  wide volume[64];
  TRY(on->disk ? volume_name(on->disk, volume) : is_folder(on->path) ? 0 : NO_PATH);
  if (!units) return INVALID;
  const wide *answer = on->disk ? volume : on->name;
  size_t needed = wide_length(answer) + 1, room = *units;
  *units = needed;
  if (out && room < needed) return TOO_SMALL;
  if (out) memcpy(out, answer, needed * sizeof(wide));
  return 0;
}

static uint32_t export_of(const layer *on, const wide *folder) {
  TEXT to = NULL;
  TRY(host_path(folder, &to));
  if (!has_privilege(BACKUP_PRIVILEGE)) return NO_PRIVILEGE;
  return on->disk && state_of(on->path) != 'A' ? INVALID_STATE : export_layer(on->path, to, on->parent, on->disk);
}

static uint32_t import_to(const layer *on, const wide *folder) {
  TEXT from = NULL;
  TRY(host_path(folder, &from));
  if (!has_privilege(BACKUP_PRIVILEGE) || !has_privilege(RESTORE_PRIVILEGE)) return NO_PRIVILEGE;
  return is_in_use(on->path) ? SHARED : import_layer(on->path, from, on->parent);
}

static uint32_t create_scratch(const layer *on) {
  if (!on->parent) return INVALID;
  TEXT from = join(on->root, "blank.vhdx"), *to = join(on->path, "sandbox.vhdx");
  make_folder(on->path);
  return copy_file(from, to);
}

static uint32_t expand_scratch(const layer *on, uint64_t size) {
  if (!on->disk) return is_folder(on->path) ? NOT_FOUND : NO_PATH;
  return is_in_use(on->path) ? SHARED : size ? expand(on->disk, size) : 0;
}

#define LAYER_CALL(name, parameters, parents, count, act) \
  EXPORT int32_t name parameters { \
    GUARD; \
    LAYER on = {0}; \
    uint32_t failed = read_layer(info, path, &on); \
    if (!failed) failed = read_parents(parents, count, &on); \
    return hresult(failed ? failed : act); \
  }
#define ONE const driver *info, const wide *path
#define MANY const descriptor *parents, size_t count
LAYER_CALL(ActivateLayer, (ONE), NULL, 0, activate(&on))
LAYER_CALL(DeactivateLayer, (ONE), NULL, 0, deactivate(&on))
LAYER_CALL(PrepareLayer, (ONE, MANY), parents, count, prepare(&on))
LAYER_CALL(UnprepareLayer, (ONE), NULL, 0, unprepare(&on))
LAYER_CALL(DestroyLayer, (ONE), NULL, 0, destroy(&on))
LAYER_CALL(ExpandSandboxSize, (ONE, uint64_t size), NULL, 0, expand_scratch(&on, size))
LAYER_CALL(ExportLayer, (ONE, const wide *folder, MANY), parents, count, export_of(&on, folder))
LAYER_CALL(ImportLayer, (ONE, const wide *folder, MANY), parents, count, import_to(&on, folder))
LAYER_CALL(CreateSandboxLayer, (ONE, const wide *, MANY), parents, count, create_scratch(&on))
LAYER_CALL(GetLayerMountPath, (ONE, size_t *units, wide *text), NULL, 0, mount_path(&on, units, text))

static uint32_t make_disks(const char *first, const char *second, uint64_t size) {
  TRY(new_disk(first, size));
  return new_disk(second, size);
}

/* The disks come last: a layer that scratches can be made of is complete. */
static uint32_t process_base(const char *path) {
  static const char *names[][2] = {{"DEFAULT", "DEFAULTUSER_BASE"}, {"SAM", "SAM_BASE"}, {"SECURITY", "SECURITY_BASE"},
                                   {"SOFTWARE", "SOFTWARE_BASE"}, {"SYSTEM", "SYSTEM_BASE"}};
  TEXT config = join(path, "Files/Windows/System32/config"), *hives = join(path, "Hives");
  TEXT layout = join(path, "layout"), *first = join(path, "blank-base.vhdx"), *template = join(path, "blank.vhdx");
  if (!is_folder(config)) return NO_PATH;
  if (is_folder(hives) || is_file(layout)) return ALREADY;
  for (int at = 0; at < 10; at++) {
    TEXT from = join(config, names[at % 5][0]), *to = join(hives, names[at % 5][1]);
    if (at == 5) TRY(make_folder(hives));
    TRY(at < 5 ? check_hive(from) : copy_file(from, to));
  }
  TRY(write_file(layout, "vhd-with-hives\n", 15));
  return make_disks(first, template, container_disk);
}

/* Edits the BCD where it lies, so that a file that shares its inode changes with it. */
static uint32_t process_utility(const char *path) {
  TEXT bcd = join(path, "Files/EFI/Microsoft/Boot/BCD"), *first = join(path, "SystemTemplateBase.vhdx");
  TEXT template = join(path, "SystemTemplate.vhdx");
  uint8_t head[512];
  TRY(is_file(template) ? ALREADY : check_hive(bcd));
  OPENED file = open_file(bcd, WRITES);
  TRY(failure(file));
  read_at(file, head, 512, 0);
  put32(head + 4, get32(head + 4) + 1);
  put32(head + 8, get32(head + 8) + 1);
  sum_hive(head);
  TRY(write_at(file, head, 512, 0));
  return make_disks(first, template, utility_disk);
}

static int32_t on_path(const wide *path, uint32_t (*act)(const char *)) {
  GUARD;
  TEXT host = NULL;
  uint32_t failed = host_path(path, &host);
  return hresult(failed ? failed : act(host));
}
EXPORT int32_t ProcessBaseImage(const wide *path) { return on_path(path, process_base); }
EXPORT int32_t ProcessUtilityImage(const wide *path) { return on_path(path, process_utility); }

EXPORT int32_t NameToGuid(const wide *name, uint8_t *id) {
  if (!name || !id) return hresult(INVALID);
  layer_id(name, wide_length(name), id);
  return 0;
}
