/* What Windows keeps of a file and Linux doesn't. Times: created, accessed, modified, changed, in FILETIMEs; 0 when not set; `seen`:
   the host's time of modification when they were set. `head`: the backup streams before the data; `tail`: those behind. The head of a
   placeholder, which shows a file of a parent, is the path of that file. */
typedef struct {
  uint32_t attributes, is_placeholder, head_length, tail_length;
  int64_t times[4], seen;
  uint8_t *head, *tail;
} metadata;
typedef struct { int64_t times[4]; uint32_t attributes, tag; } basic;
enum { FIXED = offsetof(metadata, head), HEADER = 20 };
enum { IS_READ_ONLY = 1, IS_FOLDER = 0x10, IS_ARCHIVE = 0x20, IS_NORMAL = 0x80, IS_REPARSE = 0x400 };
#define SYMLINK_TAG 0xA000000Cu
#define JUNCTION_TAG 0xA0000003u
#define PLACEHOLDER_TAG 0x80000018u
#define METADATA __attribute__((cleanup(free_metadata))) metadata
static const int64_t from_1601_to_1970 = 116444736000000000;

static void put32(void *at, uint32_t value) { memcpy(at, &value, 4); }
static void put64(void *at, uint64_t value) { memcpy(at, &value, 8); }
static uint16_t get16(const void *at) { uint16_t value; memcpy(&value, at, 2); return value; }
static uint32_t get32(const void *at) { uint32_t value; memcpy(&value, at, 4); return value; }
static uint64_t get64(const void *at) { uint64_t value; memcpy(&value, at, 8); return value; }

static int64_t filetime(int64_t nanoseconds) { return nanoseconds / 100 - (nanoseconds % 100 < 0) + from_1601_to_1970; }
/* The nearest that 64 bits of nanoseconds can hold. */
static int64_t unix_time(int64_t filetime) {
  int64_t ticks = filetime - from_1601_to_1970, most = INT64_MAX / 100;
  return (ticks > most ? most : ticks < -most ? -most : ticks) * 100;
}

static char *place_of(const facts *found) {
  return text_of("%s/meta/%llx-%llx", base, (unsigned long long)found->inode, (unsigned long long)found->born);
}

static void free_metadata(metadata *what) {
  free(what->head);
  free(what->tail);
}

static uint32_t load(const char *path, facts *found, metadata *out) {
  *out = (metadata){0};
  TRY(look(path, false, found));
  TEXT place = place_of(found);
  BYTES bytes = read_file(place, NULL);
  if (bytes) memcpy(out, bytes, FIXED);
  out->head = calloc(1, out->head_length + 1);
  out->tail = calloc(1, out->tail_length + 1);
  if (bytes) memcpy(out->head, bytes + FIXED, out->head_length);
  if (bytes) memcpy(out->tail, bytes + FIXED + out->head_length, out->tail_length);
  return 0;
}

/* A new file takes the place: others that share the old one keep it. */
static uint32_t save(const char *path, const metadata *what) {
  facts found;
  TRY(look(path, false, &found));
  size_t length = FIXED + what->head_length + what->tail_length;
  TEXT place = place_of(&found);
  BYTES bytes = malloc(length);
  memcpy(bytes, what, FIXED);
  memcpy(bytes + FIXED, what->head, what->head_length);
  memcpy(bytes + FIXED + what->head_length, what->tail, what->tail_length);
  return write_file(place, bytes, length);
}

/* The tag of the reparse stream, 0 without one. */
static uint32_t tag_of(const metadata *what) {
  for (size_t at = 0; at < what->head_length; at += HEADER + get64(what->head + at + 8))
    if (get32(what->head + at) == 8) return get32(what->head + at + HEADER);
  return 0;
}

/* What a file is says some of its attributes. Where the host changed it since, the host's time holds. */
static basic basic_of(const char *path, const facts *found, const metadata *what) {
  basic answer = {.tag = what->is_placeholder ? PLACEHOLDER_TAG : tag_of(what)};
  facts target;
  if (found->type == LINK && answer.tag == 0) answer.tag = SYMLINK_TAG;
  for (int at = 0; at < 4; at++) {
    bool holds = what->times[at] && what->seen == found->modified;
    answer.times[at] = holds ? what->times[at] : filetime(found->modified);
  }
  bool was_folder = what->attributes & IS_FOLDER;
  bool leads_to_folder = what->attributes ? was_folder : look(path, true, &target) == 0 && target.type == FOLDER;
  bool is_a_folder = found->type == FOLDER || (found->type == LINK && leads_to_folder);
  uint32_t kept = what->attributes || is_a_folder ? what->attributes : IS_ARCHIVE;
  kept &= ~(uint32_t)(IS_FOLDER | IS_REPARSE | IS_NORMAL);
  answer.attributes = kept | (is_a_folder ? IS_FOLDER : 0) | (answer.tag ? IS_REPARSE : 0);
  if (answer.attributes == 0) answer.attributes = IS_NORMAL;
  return answer;
}

static uint32_t get_basic(const char *path, basic *out) {
  facts found;
  METADATA what;
  TRY(load(path, &found, &what));
  *out = basic_of(path, &found, &what);
  return 0;
}

/* Times and attributes of 0 stay. A folder that became a link goes on saying that it is one. */
static uint32_t set_basic(const char *path, const int64_t times[4], uint32_t attributes) {
  facts found;
  METADATA what;
  TRY(load(path, &found, &what));
  basic now = basic_of(path, &found, &what);
  if (attributes) what.attributes = attributes | (now.attributes & IS_FOLDER);
  for (int at = 0; at < 4; at++) what.times[at] = times[at] > 0 ? times[at] : now.times[at];
  set_times(path, unix_time(what.times[1]), unix_time(what.times[2]));
  TRY(look(path, false, &found));
  what.seen = found.modified;
  return save(path, &what);
}

/* Brings back the times that were set, after the host's changed. */
static uint32_t settle(const char *path) {
  facts found;
  METADATA what;
  TRY(load(path, &found, &what));
  return what.times[2] ? set_times(path, unix_time(what.times[1]), unix_time(what.times[2])) : 0;
}

static uint32_t share_metadata(const char *from, const char *to) {
  facts source, target;
  TRY(look(from, false, &source));
  TRY(set_times(to, source.modified, source.modified));
  TRY(look(to, false, &target));
  TEXT place = place_of(&source), *other = place_of(&target);
  remove_file(other);
  return is_file(place) ? link_path(place, other) : 0;
}
