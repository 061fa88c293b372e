/* What Windows keeps of a file and Linux doesn't. Times: created, accessed, modified, changed, in FILETIMEs; 0 when not set.
   `head` is the backup streams before the data, `tail` those behind; of a placeholder `head` is the path that it stands for. */
typedef struct {
  uint32_t attributes, is_placeholder, head_length, tail_length;
  int64_t times[4], seen;
  uint8_t *head, *tail;
} metadata;
typedef struct {
  int64_t times[4];
  uint32_t attributes, tag;
} basic;
enum { IS_READ_ONLY = 1, IS_FOLDER = 0x10, IS_ARCHIVE = 0x20, IS_NORMAL = 0x80, IS_REPARSE = 0x400 };
enum { FIXED = offsetof(metadata, head) };
static const int64_t from_1601_to_1970 = 116444736000000000;
enum { WCI_TAG = (int)0x80000018, LINK_TAG = (int)0xA000000C };

static int64_t filetime(int64_t nanoseconds) { return nanoseconds / 100 - (nanoseconds % 100 < 0) + from_1601_to_1970; }
/* What no 64-bit count of nanoseconds can hold becomes the nearest that can. */
static int64_t unix_time(int64_t filetime) {
  int64_t ticks = filetime - from_1601_to_1970;
  if (ticks > INT64_MAX / 100) return INT64_MAX;
  return ticks < INT64_MIN / 100 ? INT64_MIN : ticks * 100;
}

static bool place_of(const facts *found, char *out) {
  char name[40];
  snprintf(name, sizeof name, "%llx-%llx", (unsigned long long)found->inode, (unsigned long long)found->born);
  return in_base(out, "meta", name);
}

static void free_metadata(metadata *what) {
  free(what->head);
  free(what->tail);
  what->head = what->tail = NULL;
}

static uint8_t *copied(const uint8_t *bytes, size_t length) {
  uint8_t *copy = malloc(length + 1);
  memcpy(copy, bytes, length);
  copy[length] = 0;
  return copy;
}

static uint32_t load(const char *path, facts *found, metadata *out) {
  char place[PATH];
  uint8_t *bytes;
  size_t length;
  *out = (metadata){0};
  uint32_t failed = look(path, false, found);
  if (failed) return failed;
  if (place_of(found, place) && read_file(place, &bytes, &length) == 0) {
    memcpy(out, bytes, FIXED);
    out->head = copied(bytes + FIXED, out->head_length);
    out->tail = copied(bytes + FIXED + out->head_length, out->tail_length);
    free(bytes);
  } else {
    out->head = copied(NULL, 0);
    out->tail = copied(NULL, 0);
  }
  return 0;
}

/* Other names of a shared place keep what it was: a new file takes its name. */
static uint32_t save(const char *path, const metadata *what) {
  char place[PATH];
  facts found;
  uint32_t failed = look(path, false, &found);
  if (failed) return failed;
  size_t length = FIXED + what->head_length + what->tail_length;
  uint8_t *bytes = malloc(length);
  metadata fixed = *what;
  fixed.seen = found.modified;
  memcpy(bytes, &fixed, FIXED);
  memcpy(bytes + FIXED, what->head, what->head_length);
  memcpy(bytes + FIXED + what->head_length, what->tail, what->tail_length);
  failed = place_of(&found, place) ? write_file(place, bytes, length) : TOO_LONG;
  free(bytes);
  return failed;
}

/* The tag of the first reparse stream, 0 without one. */
static uint32_t tag_of(const metadata *what) {
  for (size_t at = 0; at + 24 <= what->head_length;) {
    uint32_t id, tag;
    uint64_t size;
    memcpy(&id, what->head + at, 4);
    memcpy(&size, what->head + at + 8, 8);
    memcpy(&tag, what->head + at + 20, 4);
    if (id == 8) return tag;
    at += 20 + size;
  }
  return 0;
}

/* Attributes that say what a file is follow from what it is. Where the host changed a file since, the host's time holds. */
static basic basic_of(const char *path, const facts *found, const metadata *what) {
  basic answer = {.tag = what->is_placeholder ? (uint32_t)WCI_TAG : tag_of(what)};
  facts target;
  if (found->type == LINK && answer.tag == 0) answer.tag = LINK_TAG;
  for (int at = 0; at < 4; at++) {
    bool holds = what->times[at] && what->seen == found->modified;
    answer.times[at] = holds ? what->times[at] : filetime(found->modified);
  }
  bool is_link_to_folder = found->type == LINK && (what->attributes ? (what->attributes & IS_FOLDER) != 0
                                                   : look(path, true, &target) == 0 && target.type == FOLDER);
  bool is_a_folder = found->type == FOLDER || is_link_to_folder;
  uint32_t kept = what->attributes & ~(uint32_t)(IS_FOLDER | IS_REPARSE | IS_NORMAL);
  if (what->attributes == 0 && !is_a_folder) kept = IS_ARCHIVE;
  answer.attributes = kept | (is_a_folder ? IS_FOLDER : 0) | (answer.tag ? IS_REPARSE : 0);
  if (answer.attributes == 0) answer.attributes = IS_NORMAL;
  return answer;
}

static uint32_t get_basic(const char *path, basic *out) {
  facts found;
  metadata what;
  uint32_t failed = load(path, &found, &what);
  if (!failed) *out = basic_of(path, &found, &what);
  free_metadata(&what);
  return failed;
}

static uint32_t set_basic(const char *path, const int64_t times[4], uint32_t attributes) {
  facts found;
  metadata what;
  uint32_t failed = load(path, &found, &what);
  if (!failed) {
    basic now = basic_of(path, &found, &what);
    /* A folder that turned into a link keeps saying that it was one. */
    if (attributes) what.attributes = attributes | (now.attributes & IS_FOLDER);
    for (int at = 0; at < 4; at++) what.times[at] = times[at] > 0 ? times[at] : now.times[at];
    set_times(path, unix_time(what.times[1]), unix_time(what.times[2]));
    failed = save(path, &what);
  }
  free_metadata(&what);
  return failed;
}

static uint32_t settle(const char *path) {
  facts found;
  metadata what;
  uint32_t failed = load(path, &found, &what);
  if (!failed && what.times[2]) failed = set_times(path, unix_time(what.times[1]), unix_time(what.times[2]));
  free_metadata(&what);
  return failed;
}

static uint32_t share_metadata(const char *from, const char *to) {
  facts source, target;
  char place[PATH], other[PATH];
  uint32_t failed = look(from, false, &source);
  if (!failed) failed = set_times(to, source.modified, source.modified);
  if (!failed) failed = look(to, false, &target);
  if (failed || !place_of(&source, place) || !place_of(&target, other) || !is_file(place)) return failed;
  remove_file(other);
  return link_path(place, other);
}
