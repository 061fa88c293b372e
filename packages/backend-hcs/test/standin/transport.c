/* What layers are merged from, exported to and imported from. `parent`: the nearest one, NULL without parents. */
#define SIDECAR ".$wcidirs$"

/* One entry of a merged tree as it was when nobody had written to it. */
typedef struct {
  uint64_t inode, size;
  int64_t changed;
  char *path;
} listed;
typedef struct {
  size_t count;
  listed *items;
} list;

static void free_list(list *all) {
  while (all->count) free(all->items[--all->count].path);
  free(all->items);
}

static int by_path(const void *a, const void *b) { return strcmp(((const listed *)a)->path, ((const listed *)b)->path); }

static uint32_t read_list(const char *path, list *out) {
  uint8_t *text;
  size_t length;
  *out = (list){0};
  uint32_t failed = read_file(path, &text, &length);
  if (failed) return failed;
  size_t lines = 0;
  for (size_t at = 0; at < length; at++) lines += text[at] == '\n';
  out->items = calloc(lines + 1, sizeof *out->items);
  for (char *at = (char *)text, *end; (end = strchr(at, '\n')) != NULL; at = end + 1) {
    listed *item = &out->items[out->count++];
    *end = 0;
    item->inode = strtoull(at, &at, 16);
    item->changed = strtoll(at, &at, 16);
    item->size = strtoull(at, &at, 16);
    item->path = strdup(at + 1);
  }
  free(text);
  qsort(out->items, out->count, sizeof *out->items, by_path);
  return 0;
}

typedef struct {
  char *text;
  size_t length;
} growing;

static void add_text(growing *to, const char *text) {
  to->text = realloc(to->text, to->length + strlen(text) + 1);
  strcpy(to->text + to->length, text);
  to->length += strlen(text);
}

static uint32_t list_entry(void *context, const char *, const char *relative, const facts *found, bool leaves) {
  char line[PATH + 64];
  unsigned long long size = found->type == FOLDER ? 0 : found->size;
  snprintf(line, sizeof line, "%llx %llx %llx %s\n", (unsigned long long)found->inode, (long long)found->changed, size, relative);
  if (!leaves) add_text(context, line);
  return 0;
}

/* Once in a disk's life: its tree becomes what its parents hold. A merge that was cut begins anew. */
static uint32_t merge(const char *disk_file, const char *parent) {
  char tree[PATH], half[PATH], place[PATH], files[PATH];
  growing text = {0};
  uint32_t failed = beside_disk(disk_file, "list", place);
  if (failed || is_file(place)) return failed;
  beside_disk(disk_file, "tree", tree);
  beside_disk(disk_file, "half", half);
  failed = remove_tree(half);
  if (!failed) failed = join(files, parent, "Files") ? copy_tree(files, half) : TOO_LONG;
  if (!failed) failed = remove_tree(tree);
  if (!failed) failed = rename_path(half, tree);
  add_text(&text, "");
  if (!failed) failed = walk(tree, list_entry, &text);
  if (!failed) failed = write_file(place, text.text, text.length);
  free(text.text);
  return failed;
}

typedef struct {
  const char *from, *to, *parent;
  /* Of a disk; NULL for the folder of a layer. */
  list *merged;
  growing tombstones;
  first_names links;
} exporting;

/* A file that stands for another: its attributes, then its backup stream; its times are the other's. */
static uint32_t write_sidecar(const char *from, const char *to) {
  static uint8_t bytes[1 << 16];
  image source;
  basic kept;
  uint32_t failed = get_basic(from, &kept), count;
  if (!failed) failed = open_image(from, true, &source);
  if (failed) return failed;
  int64_t file = open_file(to, WRITES | CREATES | EXCLUSIVELY);
  failed = file < 0 ? (uint32_t)-file : write_at(file, &kept.attributes, 4, 0);
  for (uint64_t at = 4; !failed; at += count) {
    failed = read_image(&source, bytes, sizeof bytes, &count);
    if (failed || count == 0) break;
    failed = write_at(file, bytes, count, at);
  }
  close_file(file);
  close_image(&source);
  return failed ? failed : set_basic(to, kept.times, IS_NORMAL);
}

static uint32_t export_folder(const char *from, const char *to) {
  char sidecar[PATH];
  uint32_t failed = make_folder(to);
  if (failed) return failed == ALREADY ? 0 : failed;
  return snprintf(sidecar, PATH, "%s" SIDECAR, to) < PATH ? write_sidecar(from, sidecar) : TOO_LONG;
}

/* An entry, and the folders on the way to it. */
static uint32_t export_entry(exporting *on, const char *path, const char *relative, const facts *found) {
  char from[PATH], to[PATH], part[PATH];
  basic kept;
  uint32_t failed = 0;
  for (const char *end = strchr(relative, '/'); end && !failed; end = strchr(end + 1, '/')) {
    snprintf(part, PATH, "%.*s", (int)(end - relative), relative);
    failed = join(from, on->from, part) && join(to, on->to, part) ? export_folder(from, to) : TOO_LONG;
  }
  if (!failed) failed = join(to, on->to, relative) ? get_basic(path, &kept) : TOO_LONG;
  if (failed) return failed;
  if (kept.attributes & IS_FOLDER) return export_folder(path, to);
  const char *first = found->type == REGULAR ? first_name(&on->links, found, to) : NULL;
  return first ? link_path(first, to) : write_sidecar(path, to);
}

static void add_tombstone(exporting *on, const char *relative) {
  size_t at = on->tombstones.length;
  add_text(&on->tombstones, "\\");
  add_text(&on->tombstones, relative);
  add_text(&on->tombstones, "\r\n");
  for (; on->tombstones.text[at]; at++)
    if (on->tombstones.text[at] == '/') on->tombstones.text[at] = '\\';
}

/* Of a disk: what is not as it was merged. */
static uint32_t export_changed(void *context, const char *path, const char *relative, const facts *found, bool leaves) {
  exporting *on = context;
  listed wanted = {.path = (char *)relative};
  const listed *was = bsearch(&wanted, on->merged->items, on->merged->count, sizeof wanted, by_path);
  bool is_same = was && was->inode == found->inode && was->changed == found->changed &&
                 (found->type == FOLDER || was->size == found->size);
  return leaves || is_same ? 0 : export_entry(on, path, relative, found);
}

static uint32_t export_deleted(exporting *on) {
  char path[PATH], folder[PATH];
  facts found;
  for (size_t at = 0; at < on->merged->count; at++) {
    const char *relative = on->merged->items[at].path;
    if (!join(path, on->from, relative)) return TOO_LONG;
    snprintf(folder, PATH, "%.*s", (int)(strrchr(path, '/') - path), path);
    if (look(path, false, &found) != 0 && is_folder(folder)) add_tombstone(on, relative);
  }
  return 0;
}

/* The children of a folder's counterpart in the parents that the folder has no entry for. */
typedef uint32_t missing(void *context, const char *source, const char *path, const char *relative);
static uint32_t each_missing(const char *folder, const char *relative, const char *parent, missing *act, void *context) {
  char files[PATH], source[PATH], theirs[PATH], path[PATH], longer[PATH];
  if (!parent || !join(files, parent, "Files") || real_path(files, relative, source) || !is_folder(source)) return 0;
  char **names = list_names(source), **own = list_names(folder);
  uint32_t failed = names && own ? 0 : NO_PATH;
  for (char **name = names; !failed && *name; name++) {
    bool is_there = false;
    for (char **other = own; *other && !is_there; other++) is_there = strcasecmp(*other, *name) == 0;
    if (is_there) continue;
    snprintf(longer, PATH, "%s%s%s", relative, *relative ? "/" : "", *name);
    failed = join(path, folder, *name) && !real_path(files, longer, theirs) ? act(context, theirs, path, longer) : TOO_LONG;
  }
  free_names(names);
  free_names(own);
  return failed;
}

static uint32_t bury(void *context, const char *, const char *, const char *relative) {
  add_tombstone(context, relative);
  return 0;
}

/* Of a layer's folder: all but the placeholders. */
static uint32_t export_own(void *context, const char *path, const char *relative, const facts *found, bool leaves) {
  exporting *on = context;
  facts same;
  metadata kept;
  uint32_t failed = load(path, &same, &kept);
  bool is_placeholder = kept.is_placeholder;
  free_metadata(&kept);
  if (failed || is_placeholder) return failed;
  if (leaves) return each_missing(path, relative, on->parent, bury, on);
  return export_entry(on, path, relative, found);
}

/* The deltas of five empty hives: whatever is read from them is the same every time. */
static uint32_t export_hives(const char *layer, const char *folder) {
  static const char *names[] = {"DefaultUser", "Sam", "Security", "Software", "System"};
  static const int64_t times[] = {132854688000000000, 132854688000000000, 132854688000000000, 132854688000000000};
  char from[PATH], to[PATH], file[PATH], name[32];
  uint8_t hive[8192];
  if (!join(from, layer, "Hives") || !join(to, folder, "Hives")) return TOO_LONG;
  uint32_t failed = is_folder(from) ? copy_tree(from, to) : make_folder(to);
  for (int at = 0; at < 5 && !failed; at++) {
    snprintf(name, sizeof name, "%s_Delta", names[at]);
    if (!join(file, to, name)) return TOO_LONG;
    if (is_file(file)) continue;
    empty_hive(hive);
    failed = write_file(file, hive, sizeof hive);
    if (!failed) failed = set_basic(file, times, 0);
  }
  return failed;
}

static uint32_t export_files(exporting *on, const char *layer, const char *disk_file) {
  char place[PATH], from[PATH];
  list merged = {0};
  uint32_t failed = 0;
  on->from = from;
  if (disk_file) {
    failed = beside_disk(disk_file, "list", place);
    /* The tree of a scratch that was never prepared is not there yet. */
    if (!failed) failed = read_list(place, &merged) ? 0x80370105 : 0;
    if (!failed) failed = beside_disk(disk_file, "tree", from);
    on->merged = &merged;
    if (!failed) failed = walk(from, export_changed, on);
    if (!failed) failed = export_deleted(on);
    free_list(&merged);
  } else if (join(from, layer, "Files") && is_folder(from)) {
    failed = walk(from, export_own, on);
    if (!failed) failed = each_missing(from, "", on->parent, bury, on);
  }
  return failed ? failed : share_metadata(from, on->to);
}

/* `disk_file`: of a scratch, whose tree is exported; NULL for a layer that has only its folder. */
static uint32_t export_layer(const char *layer, const char *folder, const char *parent, const char *disk_file) {
  char files[PATH], place[PATH], from[PATH];
  exporting on = {.to = files, .parent = parent};
  if (!join(files, folder, "Files") || !join(place, folder, "tombstones.txt")) return TOO_LONG;
  uint32_t failed = is_folder(folder) ? make_folder(files) : NO_PATH;
  add_text(&on.tombstones, "\xef\xbb\xbfVersion 1.0\r\n");
  if (!failed) failed = export_files(&on, layer, disk_file);
  if (!failed) failed = write_file(place, on.tombstones.text, on.tombstones.length);
  if (!failed) failed = export_hives(layer, folder);
  free(on.tombstones.text);
  free_first_names(&on.links);
  if (failed || !join(from, layer, "UtilityVM/Files") || !is_folder(from)) return failed;
  if (!join(place, folder, "UtilityVM")) return TOO_LONG;
  failed = make_folder(place);
  return failed || !join(place, folder, "UtilityVM/Files") ? failed : copy_tree(from, place);
}

/* Makes a file, folder or link of what a sidecar says. */
static uint32_t read_sidecar(const char *from, const char *to, bool is_a_folder) {
  static uint8_t bytes[1 << 16];
  basic kept;
  uint32_t failed = get_basic(from, &kept), attributes = 0;
  int64_t source = open_file(from, 0), file = is_a_folder ? -1 : open_file(to, WRITES | CREATES | EXCLUSIVELY), count;
  restore on;
  if (source < 0 || (file < 0 && !is_a_folder)) failed = source < 0 ? (uint32_t)-source : (uint32_t)-file;
  if (!failed && read_at(source, &attributes, 4, 0) != 4) failed = 13;
  begin_restore(&on, to, file, true);
  for (uint64_t at = 4; !failed && (count = read_at(source, bytes, sizeof bytes, at)) > 0; at += (uint64_t)count)
    failed = feed(&on, bytes, (size_t)count);
  /* A stream that was cut off. */
  if (!failed && on.head_length) failed = 13;
  end_restore(&on);
  close_file(source);
  close_file(file);
  return failed ? failed : set_basic(to, kept.times, attributes ? attributes : is_a_folder ? IS_FOLDER : IS_NORMAL);
}

/* Hides nothing and holds nothing: what a parent has at this place is seen through it. */
static uint32_t place_holder(void *, const char *source, const char *path, const char *) {
  facts found, same;
  metadata what;
  uint32_t failed = look(source, false, &found);
  if (failed) return failed;
  int64_t file = found.type == FOLDER ? 0 : open_file(path, WRITES | CREATES | EXCLUSIVELY);
  failed = found.type == FOLDER ? make_folder(path) : file < 0 ? (uint32_t)-file : 0;
  if (found.type != FOLDER) close_file(file);
  if (!failed) failed = load(path, &same, &what);
  if (failed) return failed;
  free(what.head);
  what.head = (uint8_t *)strdup(source);
  what.head_length = (uint32_t)strlen(source);
  what.is_placeholder = true;
  failed = save(path, &what);
  free_metadata(&what);
  return failed;
}

typedef struct {
  const char *to, *parent;
} importing;

static uint32_t import_entry(void *context, const char *path, const char *relative, const facts *found, bool leaves) {
  const importing *on = context;
  char to[PATH], sidecar[PATH];
  if (!join(to, on->to, relative) || snprintf(sidecar, PATH, "%s" SIDECAR, path) >= PATH) return TOO_LONG;
  if (found->type != FOLDER) return ends_with(path, SIDECAR) ? 0 : read_sidecar(path, to, false);
  if (leaves) {
    if (!is_folder(to)) return 0;
    uint32_t failed = each_missing(to, relative, on->parent, place_holder, NULL);
    return failed ? failed : settle(to);
  }
  uint32_t failed = make_folder(to);
  return failed || !is_file(sidecar) ? failed : read_sidecar(sidecar, to, true);
}

static uint32_t import_layer(const char *layer, const char *folder, const char *parent) {
  char from[PATH], to[PATH], place[PATH];
  importing on = {.to = to, .parent = parent};
  if (!is_folder(folder)) return NO_PATH;
  if (!join(from, folder, "Files") || !join(to, layer, "Files") || !join(place, folder, "Files" SIDECAR)) return TOO_LONG;
  make_folder(layer);
  uint32_t failed = make_folder(to);
  if (!failed && is_file(place)) failed = read_sidecar(place, to, true);
  if (!failed && is_folder(from)) failed = walk(from, import_entry, &on);
  if (!failed) failed = each_missing(to, "", parent, place_holder, NULL);
  if (!failed) failed = settle(to);
  /* The hives of the layer itself, plain. */
  if (failed || !join(from, folder, "Hives") || !is_folder(from) || !join(to, layer, "Hives")) return failed;
  failed = remove_tree(to);
  return failed ? failed : copy_tree(from, to);
}
