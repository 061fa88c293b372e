/* What is done at every entry of a tree; folders are visited before their children and, leaving, after them. */
typedef uint32_t visitor(void *context, const char *path, const char *relative, const facts *found, bool leaves);
typedef struct { char path[2 * PATH]; size_t root; visitor *visit; void *context; } walking;

static uint32_t walk_folder(walking *on, size_t length) {
  NAMES names = list_names(on->path);
  if (!names) return NO_PATH;
  for (char **name = names; *name; name++) {
    facts found;
    /* Longer than Linux takes is refused by the first call on it. */
    size_t longer = length + (size_t)snprintf(on->path + length, sizeof on->path - length, "/%s", *name);
    TRY(look(on->path, false, &found));
    TRY(on->visit(on->context, on->path, on->path + on->root, &found, false));
    if (found.type != FOLDER) continue;
    TRY(walk_folder(on, longer));
    on->path[longer] = 0;
    TRY(on->visit(on->context, on->path, on->path + on->root, &found, true));
  }
  return 0;
}

/* Everything below `root`, in the order of the names' bytes; no link is followed. */
static uint32_t walk(const char *root, visitor *visit, void *context) {
  walking on = {.root = strlen(root) + 1, .visit = visit, .context = context};
  snprintf(on.path, PATH, "%s", root);
  return walk_folder(&on, strlen(root));
}

static uint32_t remove_entry(void *, const char *path, const char *, const facts *found, bool leaves) {
  return found->type != FOLDER ? remove_file(path) : leaves ? remove_folder(path) : 0;
}
/* What is missing is removed. */
static uint32_t remove_tree(const char *path) {
  facts found;
  if (look(path, false, &found) != 0) return 0;
  if (found.type == FOLDER) TRY(walk(path, remove_entry, NULL));
  return remove_entry(NULL, path, "", &found, true);
}

static uint32_t copy_file(const char *from, const char *to) {
  static char bytes[1 << 16];
  OPENED source = open_file(from, 0);
  TRY(failure(source));
  OPENED target = open_file(to, MAKES);
  TRY(failure(target));
  for (uint64_t at = 0;;) {
    int64_t count = read_at(source, bytes, sizeof bytes, at);
    if (count <= 0) return failure(count);
    TRY(write_at(target, bytes, (size_t)count, at));
    at += (uint64_t)count;
  }
}

/* First names of files that have several. */
typedef struct { size_t count; struct { uint64_t inode; char *path; } *items; } first_names;
static const char *first_name(first_names *names, const facts *found, const char *path) {
  if (found->type != REGULAR || found->links < 2) return NULL;
  for (size_t at = 0; at < names->count; at++)
    if (names->items[at].inode == found->inode) return names->items[at].path;
  names->items = realloc(names->items, (names->count + 1) * sizeof *names->items);
  names->items[names->count].inode = found->inode;
  names->items[names->count++].path = strdup(path);
  return NULL;
}
static void free_first_names(first_names *names) {
  while (names->count) free(names->items[--names->count].path);
  free(names->items);
}

typedef struct { const char *to; first_names links; } copying;
static uint32_t copy_below(copying *on, const char *from, const char *to);

static uint32_t copy_entry(void *context, const char *path, const char *relative, const facts *found, bool leaves) {
  copying *on = context;
  facts same;
  METADATA what;
  TEXT to = join(on->to, relative);
  TRY(load(path, &same, &what));
  if (what.is_placeholder) return leaves ? 0 : copy_below(on, (char *)what.head, to);
  if (found->type == FOLDER) return leaves ? share_metadata(path, to) : make_folder(to);
  TEXT target = read_link(path);
  const char *first = first_name(&on->links, found, to);
  if (first) return link_path(first, to);
  TRY(target ? make_link(target, to) : copy_file(path, to));
  return share_metadata(path, to);
}

static uint32_t copy_below(copying *on, const char *from, const char *to) {
  const char *before = on->to;
  facts found;
  on->to = to;
  uint32_t failed = look(from, false, &found);
  if (!failed) failed = copy_entry(on, from, "", &found, false);
  if (!failed && found.type == FOLDER) failed = walk(from, copy_entry, on);
  if (!failed && found.type == FOLDER) failed = share_metadata(from, to);
  on->to = before;
  return failed;
}

/* With metadata, links among the files, and what placeholders stand for. */
static uint32_t copy_tree(const char *from, const char *to) {
  copying on = {0};
  uint32_t failed = copy_below(&on, from, to);
  free_first_names(&on.links);
  return failed;
}

/* Where an entry of a layer really is, placeholders followed from `root` on; NULL when it isn't there. */
static char *real_path(const char *root, const char *relative) {
  TEXT rest = strdup(relative);
  char *path = strdup(root);
  for (char *name = strtok(rest, "/"); name && path; name = strtok(NULL, "/")) {
    facts found;
    METADATA what;
    char *next = join(path, name);
    bool is_there = load(next, &found, &what) == 0;
    free(path);
    path = !is_there ? NULL : strdup(what.is_placeholder ? (char *)what.head : next);
    free(next);
  }
  return path;
}
