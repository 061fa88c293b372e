/* What layers are merged from, exported to and imported from. `parent`: the nearest one, NULL without parents. */
#define SIDECAR ".$wcidirs$"
/* A merged tree as it was when nobody had written to it: inode, time of change, size, path of each entry, and lines of them. */
typedef struct { char *text; size_t length; } growing;
typedef struct { char *key, *path; } listed;
typedef struct { size_t count; listed *items; uint8_t *text; } list;

static void add_text(growing *to, const char *text) {
  to->text = realloc(to->text, to->length + strlen(text) + 1);
  strcpy(to->text + to->length, text);
  to->length += strlen(text);
}

static char *key_of(const facts *found) {
  unsigned long long size = found->type == FOLDER ? 0 : found->size;
  return text_of("%llx %llx %llx", (unsigned long long)found->inode, (unsigned long long)found->changed, size);
}

typedef struct { growing lines; int64_t newest; } listing;
static uint32_t list_entry(void *context, const char *, const char *relative, const facts *found, bool leaves) {
  listing *on = context;
  TEXT key = key_of(found), *line = text_of("%s\t%s\n", key, relative);
  if (found->changed > on->newest) on->newest = found->changed;
  if (!leaves) add_text(&on->lines, line);
  return 0;
}

static int by_path(const void *a, const void *b) { return strcmp(((const listed *)a)->path, ((const listed *)b)->path); }
static void free_list(list *all) { free(all->items); free(all->text); }

static uint32_t read_list(const char *path, list *out) {
  *out = (list){.text = read_file(path, NULL)};
  if (!out->text) return NOT_FOUND;
  for (char *line = strtok((char *)out->text, "\n"); line; line = strtok(NULL, "\n")) {
    char *tab = strchr(line, '\t');
    *tab = 0;
    if ((out->count & 1023) == 0) out->items = realloc(out->items, (out->count + 1024) * sizeof *out->items);
    out->items[out->count++] = (listed){line, tab + 1};
  }
  qsort(out->items, out->count, sizeof *out->items, by_path);
  return 0;
}

/* Once in a disk's life: its tree becomes what its parents hold. One that was cut begins anew. */
static uint32_t merge(const char *disk_file, const char *parent) {
  PLACES at;
  TRY(find_places(disk_file, &at));
  if (is_file(at.list)) return 0;
  TEXT files = join(parent, "Files");
  TRY(remove_tree(at.half));
  TRY(copy_tree(files, at.half));
  TRY(remove_tree(at.tree));
  TRY(rename_path(at.half, at.tree));
  listing found = {0};
  add_text(&found.lines, "");
  uint32_t failed = walk(at.tree, list_entry, &found);
  /* The host's clock has to move on, or a change right now would look like none. */
  for (facts now = {0}; !failed && now.changed <= found.newest; failed = failed ? failed : look(at.list, false, &now))
    failed = write_file(at.list, found.lines.text, found.lines.length);
  free(found.lines.text);
  return failed;
}

typedef struct {
  const char *from, *to, *parent;
  /* Of a disk; none for the folder of a layer. */
  list merged;
  growing tombstones;
  first_names links;
} exporting;

/* A file that stands for another: its attributes, its backup stream. Its times are the other's. */
static uint32_t write_sidecar(const char *from, const char *to) {
  static uint8_t bytes[1 << 16];
  __attribute__((cleanup(close_image))) image source = {.file = -1};
  basic kept;
  TRY(get_basic(from, &kept));
  TRY(open_image(from, true, &source));
  OPENED file = open_file(to, MAKES);
  TRY(failure(file));
  TRY(write_at(file, &kept.attributes, 4, 0));
  for (uint32_t at = 4, count = 1; count > 0; at += count) {
    TRY(read_image(&source, bytes, sizeof bytes, &count));
    TRY(write_at(file, bytes, count, at));
  }
  return set_basic(to, kept.times, IS_NORMAL);
}

static uint32_t export_folder(const char *from, const char *to) {
  TEXT sidecar = text_of("%s" SIDECAR, to);
  uint32_t failed = make_folder(to);
  return failed ? failed == ALREADY ? 0 : failed : write_sidecar(from, sidecar);
}

/* An entry, and before it the folders on the way to it. */
static uint32_t export_entry(exporting *on, const char *path, const char *relative, const facts *found) {
  TEXT to = join(on->to, relative);
  basic kept;
  for (const char *end = strchr(relative, '/'); end; end = strchr(end + 1, '/')) {
    TEXT folder = text_of("%s/%.*s", on->from, (int)(end - relative), relative);
    TEXT made = text_of("%s/%.*s", on->to, (int)(end - relative), relative);
    TRY(export_folder(folder, made));
  }
  TRY(get_basic(path, &kept));
  if (kept.attributes & IS_FOLDER) return export_folder(path, to);
  const char *first = first_name(&on->links, found, to);
  return first ? link_path(first, to) : write_sidecar(path, to);
}

static uint32_t bury(void *context, const char *, const char *, const char *relative) {
  growing *to = &((exporting *)context)->tombstones;
  TEXT line = text_of("\\%s\r\n", relative);
  for (char *at = line; *at; at++) if (*at == '/') *at = '\\';
  add_text(to, line);
  return 0;
}

/* Of a disk: what is not as it was merged. */
static uint32_t export_changed(void *context, const char *path, const char *relative, const facts *found, bool leaves) {
  exporting *on = context;
  TEXT key = key_of(found);
  listed wanted = {.path = (char *)relative};
  const listed *was = bsearch(&wanted, on->merged.items, on->merged.count, sizeof wanted, by_path);
  return leaves || (was && strcmp(was->key, key) == 0) ? 0 : export_entry(on, path, relative, found);
}

/* What a folder's counterpart in the parents has and the folder hasn't. */
typedef uint32_t missing(void *context, const char *source, const char *path, const char *relative);
static uint32_t each_missing(const char *folder, const char *relative, const char *parent, missing *act, void *context) {
  TEXT files = join(parent ? parent : "", "Files"), *source = parent ? real_path(files, relative) : NULL;
  if (!source || !is_folder(source)) return 0;
  NAMES names = list_names(source);
  NAMES own = list_names(folder);
  for (char **name = names; *name; name++) {
    char **other = own;
    while (*other && strcasecmp(*other, *name) != 0) other++;
    if (*other) continue;
    TEXT path = join(folder, *name), *longer = text_of("%s%s%s", relative, *relative ? "/" : "", *name);
    TEXT real = real_path(files, longer);
    TRY(real ? act(context, real, path, longer) : NO_PATH);
  }
  return 0;
}

/* Of a layer's folder: all but the placeholders. */
static uint32_t export_own(void *context, const char *path, const char *relative, const facts *found, bool leaves) {
  exporting *on = context;
  facts same;
  METADATA kept;
  TRY(load(path, &same, &kept));
  if (kept.is_placeholder) return 0;
  return leaves ? each_missing(path, relative, on->parent, bury, on) : export_entry(on, path, relative, found);
}

static uint32_t export_files(exporting *on, const char *layer, const char *disk_file) {
  TEXT files = join(layer, "Files");
  if (!disk_file) {
    on->from = files;
    TRY(walk(files, export_own, on));
    TRY(each_missing(files, "", on->parent, bury, on));
    return share_metadata(files, on->to);
  }
  PLACES at;
  TRY(find_places(disk_file, &at));
  on->from = at.tree;
  /* A scratch that was never prepared has nothing to be compared with. */
  if (read_list(at.list, &on->merged)) return 0x80370105;
  TRY(walk(at.tree, export_changed, on));
  for (const listed *item = on->merged.items; item < on->merged.items + on->merged.count; item++) {
    facts found;
    TEXT path = join(at.tree, item->path), *folder = above(path);
    if (look(path, false, &found) != 0 && is_folder(folder)) bury(on, NULL, NULL, item->path);
  }
  return share_metadata(at.tree, on->to);
}

/* Deltas of empty hives: what is read from them is the same every time. */
static uint32_t export_hives(const char *layer, const char *folder) {
  static const char *names[] = {"DefaultUser_Delta", "Sam_Delta", "Security_Delta", "Software_Delta", "System_Delta"};
  static const int64_t times[] = {hive_time, hive_time, hive_time, hive_time};
  TEXT from = join(layer, "Hives"), *to = join(folder, "Hives");
  uint8_t hive[HIVE];
  TRY(is_folder(from) ? copy_tree(from, to) : make_folder(to));
  for (int at = 0; at < 5; at++) {
    TEXT file = join(to, names[at]);
    if (is_file(file)) continue;
    empty_hive(hive);
    TRY(write_file(file, hive, HIVE));
    TRY(set_basic(file, times, 0));
  }
  return 0;
}

/* `disk_file`: of a scratch, whose tree is exported; NULL for a layer that has only its folder. */
static uint32_t export_layer(const char *layer, const char *folder, const char *parent, const char *disk_file) {
  TEXT files = join(folder, "Files"), *tombstones = join(folder, "tombstones.txt");
  TEXT vm = join(layer, "UtilityVM/Files"), *above_vm = join(folder, "UtilityVM");
  TEXT vm_to = join(folder, "UtilityVM/Files");
  exporting on = {.to = files, .parent = parent};
  if (!is_folder(folder)) return NO_PATH;
  TRY(make_folder(files));
  add_text(&on.tombstones, "\xef\xbb\xbfVersion 1.0\r\n");
  uint32_t failed = export_files(&on, layer, disk_file);
  if (!failed) failed = write_file(tombstones, on.tombstones.text, on.tombstones.length);
  free(on.tombstones.text);
  free_first_names(&on.links);
  free_list(&on.merged);
  TRY(failed ? failed : export_hives(layer, folder));
  if (!is_folder(vm)) return 0;
  TRY(make_folder(above_vm));
  return copy_tree(vm, vm_to);
}

/* Makes what a sidecar tells of. */
static uint32_t read_sidecar(const char *from, const char *to, bool is_a_folder) {
  static uint8_t bytes[1 << 16];
  __attribute__((cleanup(end_restore))) restore on = {.path = strdup(to), .is_secured = true};
  uint32_t attributes = 0;
  basic kept;
  TRY(get_basic(from, &kept));
  OPENED source = open_file(from, 0);
  TRY(failure(source));
  OPENED file = is_a_folder ? -1 : open_file(to, MAKES);
  if (!is_a_folder) TRY(failure(file));
  on.file = file;
  if (read_at(source, &attributes, 4, 0) != 4) return BAD_DATA;
  int64_t count = 1;
  for (uint64_t at = 4; (count = read_at(source, bytes, sizeof bytes, at)) > 0; at += (uint64_t)count) TRY(feed(&on, bytes, (size_t)count));
  /* Cut off in a stream. */
  if (count < 0 || on.head_length) return BAD_DATA;
  return set_basic(to, kept.times, attributes ? attributes : is_a_folder ? IS_FOLDER : IS_NORMAL);
}

/* Holds nothing and hides nothing: what the parents have at this place is seen through it. */
static uint32_t place_holder(void *, const char *source, const char *path, const char *) {
  facts found, same;
  METADATA what = {0};
  TRY(look(source, false, &found));
  OPENED file = found.type == FOLDER ? -1 : open_file(path, MAKES);
  TRY(found.type == FOLDER ? make_folder(path) : failure(file));
  TRY(load(path, &same, &what));
  free(what.head);
  what.head = (uint8_t *)strdup(source);
  what.head_length = (uint32_t)strlen(source);
  what.is_placeholder = true;
  return save(path, &what);
}

typedef struct { const char *to, *parent; } importing;
static uint32_t import_entry(void *context, const char *path, const char *relative, const facts *found, bool leaves) {
  const importing *on = context;
  TEXT to = join(on->to, relative), *sidecar = text_of("%s" SIDECAR, path);
  if (found->type != FOLDER) return ends_with(path, SIDECAR) ? 0 : read_sidecar(path, to, false);
  if (!leaves) {
    TRY(make_folder(to));
    return is_file(sidecar) ? read_sidecar(sidecar, to, true) : 0;
  }
  if (!is_folder(to)) return 0;
  TRY(each_missing(to, relative, on->parent, place_holder, NULL));
  return settle(to);
}

static uint32_t import_layer(const char *layer, const char *folder, const char *parent) {
  TEXT from = join(folder, "Files"), *to = join(layer, "Files"), *sidecar = join(folder, "Files" SIDECAR);
  TEXT hives_from = join(folder, "Hives"), *hives_to = join(layer, "Hives");
  importing on = {.to = to, .parent = parent};
  if (!is_folder(folder)) return NO_PATH;
  make_folder(layer);
  TRY(make_folder(to));
  if (is_file(sidecar)) TRY(read_sidecar(sidecar, to, true));
  if (is_folder(from)) TRY(walk(from, import_entry, &on));
  TRY(each_missing(to, "", parent, place_holder, NULL));
  TRY(settle(to));
  if (!is_folder(hives_from)) return 0;
  TRY(remove_tree(hives_to));
  return copy_tree(hives_from, hives_to);
}
