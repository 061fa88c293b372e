/* What is done at every entry of a tree; folders are visited before their children and, leaving, after them. */
typedef uint32_t visitor(void *context, const char *path, const char *relative, const facts *found, bool leaves);
typedef struct {
  char path[PATH];
  size_t root;
  visitor *visit;
  void *context;
} walking;

static uint32_t walk_folder(walking *on, size_t length) {
  char **names = list_names(on->path);
  uint32_t failed = names ? 0 : NO_PATH;
  for (char **name = names; !failed && *name; name++) {
    size_t longer = length + 1 + strlen(*name);
    facts found;
    if (longer >= PATH) { failed = TOO_LONG; break; }
    snprintf(on->path + length, PATH - length, "/%s", *name);
    const char *relative = on->path + on->root;
    failed = look(on->path, false, &found);
    if (!failed) failed = on->visit(on->context, on->path, relative, &found, false);
    if (failed || found.type != FOLDER) continue;
    failed = walk_folder(on, longer);
    on->path[longer] = 0;
    if (!failed) failed = on->visit(on->context, on->path, relative, &found, true);
  }
  free_names(names);
  return failed;
}

/* Everything below `root`, in the order of the names' bytes; no link is followed. */
static uint32_t walk(const char *root, visitor *visit, void *context) {
  walking on = {.root = strlen(root) + 1, .visit = visit, .context = context};
  return join(on.path, root, "") ? walk_folder(&on, strlen(root)) : TOO_LONG;
}

static uint32_t remove_entry(void *, const char *path, const char *, const facts *found, bool leaves) {
  if (found->type != FOLDER) return remove_file(path);
  return leaves ? remove_folder(path) : 0;
}

/* What is missing is removed. */
static uint32_t remove_tree(const char *path) {
  facts found;
  if (look(path, false, &found) != 0) return 0;
  if (found.type != FOLDER) return remove_file(path);
  uint32_t failed = walk(path, remove_entry, NULL);
  return failed ? failed : remove_folder(path);
}

static uint32_t copy_file(const char *from, const char *to) {
  static char bytes[1 << 16];
  int64_t source = open_file(from, 0), target = source < 0 ? source : open_file(to, WRITES | CREATES | EXCLUSIVELY), count = 0;
  uint32_t failed = target < 0 ? (uint32_t)-target : 0;
  for (uint64_t at = 0; !failed && (count = read_at(source, bytes, sizeof bytes, at)) > 0; at += (uint64_t)count)
    failed = write_at(target, bytes, (size_t)count, at);
  close_file(source);
  close_file(target);
  return failed ? failed : count < 0 ? (uint32_t)-count : 0;
}

/* First names of files that have several. */
typedef struct {
  size_t count;
  struct { uint64_t inode; char *path; } *items;
} first_names;

/* The first name of this file, or NULL now that this is it. */
static const char *first_name(first_names *names, const facts *found, const char *path) {
  if (found->links < 2) return NULL;
  for (size_t at = 0; at < names->count; at++)
    if (names->items[at].inode == found->inode) return names->items[at].path;
  if ((names->count & 63) == 0) names->items = realloc(names->items, (names->count + 64) * sizeof *names->items);
  names->items[names->count].inode = found->inode;
  names->items[names->count++].path = strdup(path);
  return NULL;
}

static void free_first_names(first_names *names) {
  while (names->count) free(names->items[--names->count].path);
  free(names->items);
}

typedef struct {
  const char *to;
  first_names *links;
} copying;

static uint32_t copy_below(const char *from, const char *to, first_names *links);

static uint32_t copy_entry(void *context, const char *path, const char *relative, const facts *found, bool leaves) {
  const copying *on = context;
  char to[PATH], text[PATH];
  facts same;
  metadata what;
  if (!join(to, on->to, relative)) return TOO_LONG;
  uint32_t failed = load(path, &same, &what);
  bool is_placeholder = what.is_placeholder;
  if (is_placeholder && !leaves) failed = copy_below((char *)what.head, to, on->links);
  free_metadata(&what);
  if (failed || is_placeholder) return failed;
  if (found->type == FOLDER) return leaves ? share_metadata(path, to) : make_folder(to);
  if (found->type == LINK) {
    failed = read_link(path, text, PATH) < 0 ? GENERAL : make_link(text, to);
  } else {
    const char *first = first_name(on->links, found, to);
    if (first) return link_path(first, to);
    failed = copy_file(path, to);
  }
  return failed ? failed : share_metadata(path, to);
}

static uint32_t copy_below(const char *from, const char *to, first_names *links) {
  copying on = {.to = to, .links = links};
  facts found;
  uint32_t failed = look(from, false, &found);
  if (failed) return failed;
  if (found.type != FOLDER) return copy_entry(&on, from, "", &found, false);
  failed = make_folder(to);
  if (!failed || failed == ALREADY) failed = walk(from, copy_entry, &on);
  return failed ? failed : share_metadata(from, to);
}

/* With metadata, links among the files, and what placeholders stand for. A folder's copy may be there, empty. */
static uint32_t copy_tree(const char *from, const char *to) {
  first_names links = {0};
  uint32_t failed = copy_below(from, to, &links);
  free_first_names(&links);
  return failed;
}

/* Where an entry of a layer really is, following placeholders from `root` on. */
static uint32_t real_path(const char *root, const char *relative, char *out) {
  char rest[PATH], next[PATH];
  snprintf(rest, PATH, "%s", relative);
  snprintf(out, PATH, "%s", root);
  uint32_t failed = 0;
  for (char *name = strtok(rest, "/"); name && !failed; name = strtok(NULL, "/")) {
    facts found;
    metadata what;
    if (!join(next, out, name)) return TOO_LONG;
    failed = load(next, &found, &what);
    snprintf(out, PATH, "%s", !failed && what.is_placeholder ? (char *)what.head : next);
    free_metadata(&what);
  }
  return failed;
}
