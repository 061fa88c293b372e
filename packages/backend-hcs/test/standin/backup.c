/* Backup streams: a header of 20 bytes (id, attributes, size, size of the name), the name, the content. */
enum { HEADER = 20, S_DATA = 1, S_EXTENDED = 2, S_SECURITY = 3, S_ALTERNATE = 4, S_REPARSE = 8 };
enum { SYMLINK_TAG = (int)0xA000000C, JUNCTION_TAG = (int)0xA0000003, LONGEST_STREAM = 1 << 24 };

typedef struct {
  uint32_t id, attributes;
  uint64_t size;
  uint32_t name_size;
} stream;

static stream stream_at(const uint8_t *bytes) {
  stream found;
  memcpy(&found, bytes, 16);
  memcpy(&found.name_size, bytes + 16, 4);
  return found;
}

static void put_header(uint8_t *bytes, uint32_t id, uint64_t size) {
  stream head = {.id = id, .size = size};
  memset(bytes, 0, HEADER);
  memcpy(bytes, &head, 16);
}

/* The reparse stream of a link that the host made: its text is the print name as it is. */
static size_t stream_of_link(const char *path, uint8_t *out, size_t room) {
  char text[PATH];
  wide print[PATH], name[PATH + 8];
  if (read_link(path, text, PATH) < 0) return 0;
  size_t units = to_wide(text, print, PATH), start = 0, skipped = 0;
  bool is_drive = units > 1 && print[1] == ':', is_device = units > 3 && memcmp(print, u"\\\\?\\", 8) == 0;
  bool is_share = !is_device && units > 1 && print[0] == '\\' && print[1] == '\\', is_relative = !is_drive && !is_device && !is_share;
  const wide *prefix = is_share ? u"\\??\\UNC\\" : is_relative ? u"" : u"\\??\\";
  start = wide_length(prefix);
  skipped = is_device ? 4 : is_share ? 2 : 0;
  memcpy(name, prefix, start * 2);
  memcpy(name + start, print + skipped, (units - skipped + 1) * 2);
  uint16_t first = (uint16_t)((start + units - skipped) * 2), second = (uint16_t)(units * 2);
  uint16_t fields[6] = {(uint16_t)(12 + first + second + 4), 0, 0, first, (uint16_t)(first + 2), second};
  size_t size = 8u + fields[0];
  uint32_t tag = SYMLINK_TAG, flags = is_relative;
  if (HEADER + size > room) return 0;
  put_header(out, S_REPARSE, size);
  memcpy(out + 20, &tag, 4);
  memcpy(out + 24, fields, 12);
  memcpy(out + 36, &flags, 4);
  memcpy(out + 40, name, first + 2u);
  memcpy(out + 42 + first, print, second + 2u);
  return HEADER + size;
}

/* A file as BackupRead shows it: `head` ends with the header of the data. */
typedef struct {
  uint8_t *head, *tail;
  uint64_t head_length, data, tail_length, at;
  int64_t file;
} image;

static void close_image(image *what) {
  free(what->head);
  free(what->tail);
  close_file(what->file);
}

static uint32_t open_image(const char *path, bool is_secured, image *out) {
  enum { ROOM = 4 * PATH };
  facts found;
  metadata kept;
  *out = (image){.file = -1};
  uint32_t failed = load(path, &found, &kept);
  if (failed) return failed;
  out->head = malloc(kept.head_length + ROOM);
  for (size_t at = 0; !kept.is_placeholder && at < kept.head_length;) {
    stream next = stream_at(kept.head + at);
    size_t length = HEADER + next.name_size + next.size;
    if (next.id != S_SECURITY || is_secured) memcpy(out->head + out->head_length, kept.head + at, length);
    if (next.id != S_SECURITY || is_secured) out->head_length += length;
    at += length;
  }
  if (found.type == LINK && tag_of(&kept) == 0)
    out->head_length += stream_of_link(path, out->head + out->head_length, ROOM);
  if (found.type == REGULAR && found.size > 0 && !kept.is_placeholder) {
    out->file = open_file(path, 0);
    if (out->file < 0) failed = (uint32_t)-out->file;
    put_header(out->head + out->head_length, S_DATA, out->data = found.size);
    out->head_length += HEADER;
  }
  out->tail = kept.tail;
  out->tail_length = kept.tail_length;
  free(kept.head);
  if (failed) close_image(out);
  return failed;
}

/* Fewer than `length` only at the end. */
static uint32_t read_image(image *what, uint8_t *bytes, uint32_t length, uint32_t *read) {
  uint64_t data_at = what->head_length, tail_at = data_at + what->data, end = tail_at + what->tail_length;
  for (*read = 0; *read < length && what->at < end;) {
    uint64_t at = what->at, stop = at < data_at ? data_at : at < tail_at ? tail_at : end;
    uint64_t count = stop - at < length - *read ? stop - at : length - *read;
    if (at < data_at) memcpy(bytes + *read, what->head + at, count);
    else if (at >= tail_at) memcpy(bytes + *read, what->tail + (at - tail_at), count);
    /* The size was announced: a file that was cut meanwhile is an error. */
    else if (read_at(what->file, bytes + *read, count, at - data_at) != (int64_t)count) return 38;
    what->at += count;
    *read += (uint32_t)count;
  }
  return 0;
}

/* BackupWrite in the middle: `head` is the header and the name of the stream it is in, `content` what it holds so far. */
typedef struct {
  char *path;
  int64_t file;
  bool is_secured;
  uint8_t *head, *content;
  size_t head_length, content_length;
  uint64_t left;
} restore;

static void begin_restore(restore *what, const char *path, int64_t file, bool is_secured) {
  *what = (restore){.path = strdup(path), .file = file, .is_secured = is_secured, .head = malloc(HEADER)};
}

static void end_restore(restore *what) {
  free(what->path);
  free(what->head);
  free(what->content);
}

/* A stream takes the place of one of the same id and name. */
static void put_stream(uint8_t **all, uint32_t *length, const restore *what) {
  for (size_t at = 0; at < *length;) {
    stream next = stream_at(*all + at);
    size_t size = HEADER + next.name_size + next.size;
    bool is_same = next.id == stream_at(what->head).id && HEADER + next.name_size == what->head_length &&
                   memcmp(*all + at + HEADER, what->head + HEADER, next.name_size) == 0;
    if (is_same) *length -= (uint32_t)size, memmove(*all + at, *all + at + size, *length - at);
    else at += size;
  }
  *all = realloc(*all, *length + what->head_length + what->content_length + 1);
  memcpy(*all + *length, what->head, what->head_length);
  if (what->content_length) memcpy(*all + *length + what->head_length, what->content, what->content_length);
  *length += (uint32_t)(what->head_length + what->content_length);
}

/* The print name of a link, or the other one where that is empty. False for other kinds. */
static bool text_of_link(const uint8_t *bytes, size_t length, char *out) {
  uint32_t tag;
  uint16_t names[4];
  memcpy(&tag, bytes, 4);
  size_t start = tag == (uint32_t)SYMLINK_TAG ? 20 : tag == (uint32_t)JUNCTION_TAG ? 16 : 0;
  if (start == 0 || length < start) return false;
  memcpy(names, bytes + 8, 8);
  int chosen = names[3] ? 2 : 0;
  if (start + names[chosen] + names[chosen + 1] > length || names[chosen + 1] < 2) return false;
  wide text[1 << 14];
  size_t size = names[chosen + 1] < sizeof text ? names[chosen + 1] : sizeof text;
  memcpy(text, bytes + start + names[chosen], size);
  return to_bytes(text, size / 2, out, PATH, false) > 0;
}

/* What was made in its place goes: a folder or a file can't become a link. */
static uint32_t become_link(const char *path, const facts *was, const char *text) {
  uint32_t failed = was->type == FOLDER ? remove_folder(path) : remove_file(path);
  return failed ? failed : make_link(text, path);
}

static uint32_t finish_stream(restore *what) {
  uint32_t id = stream_at(what->head).id, failed = 0;
  if (id == S_DATA || (id == S_SECURITY && !what->is_secured)) return 0;
  char text[PATH];
  facts found;
  metadata kept;
  failed = load(what->path, &found, &kept);
  if (failed) return failed;
  if (id == S_REPARSE) {
    uint16_t rest = 0;
    if (what->content_length >= 8) memcpy(&rest, what->content + 4, 2);
    if (what->content_length < 8 || rest + 8u != what->content_length) failed = NO_REPARSE;
    else if (text_of_link(what->content, what->content_length, text)) failed = become_link(what->path, &found, text);
    if (found.type == FOLDER) kept.attributes |= IS_FOLDER;
  }
  bool is_before = id == S_SECURITY || id == S_REPARSE;
  if (!failed) put_stream(is_before ? &kept.head : &kept.tail, is_before ? &kept.head_length : &kept.tail_length, what);
  if (!failed) failed = save(what->path, &kept);
  if (!failed) failed = settle(what->path);
  free_metadata(&kept);
  return failed;
}

/* The header says how long the name is. */
static uint32_t begin_stream(restore *what) {
  stream next = stream_at(what->head);
  bool is_known = next.id == S_DATA || next.id == S_EXTENDED || next.id == S_SECURITY || next.id == S_ALTERNATE || next.id == S_REPARSE;
  if (!is_known) return next.id >= 5 && next.id <= 10 ? UNSUPPORTED : 13;
  if (next.name_size > 1024 || (next.id == S_ALTERNATE) != (next.name_size > 0)) return 13;
  if (next.id != S_DATA && next.size > LONGEST_STREAM) return UNSUPPORTED;
  if (next.id == S_DATA && what->file < 0) return DENIED;
  what->left = next.size;
  what->content_length = 0;
  what->content = realloc(what->content, next.id == S_DATA ? 1 : next.size + 1);
  return next.id == S_DATA ? set_size(what->file, next.size) : 0;
}

/* Takes streams cut anywhere. */
static uint32_t feed(restore *what, const uint8_t *bytes, size_t length) {
  uint32_t failed = 0;
  while (!failed) {
    size_t whole = what->head_length < HEADER ? HEADER : HEADER + stream_at(what->head).name_size, count;
    if (what->head_length < whole) {
      count = whole - what->head_length < length ? whole - what->head_length : length;
      memcpy(what->head + what->head_length, bytes, count);
      what->head_length += count;
      if (what->head_length < whole) return 0;
      if (whole == HEADER && (failed = begin_stream(what)) == 0 && stream_at(what->head).name_size) {
        what->head = realloc(what->head, HEADER + stream_at(what->head).name_size);
        bytes += count, length -= count;
        continue;
      }
    } else {
      count = what->left < length ? what->left : length;
      if (stream_at(what->head).id == S_DATA) failed = write_at(what->file, bytes, count, stream_at(what->head).size - what->left);
      else memcpy(what->content + what->content_length, bytes, count), what->content_length += count;
      what->left -= count;
    }
    bytes += count, length -= count;
    if (failed || what->left) {
      if (length == 0) return failed;
      continue;
    }
    failed = finish_stream(what);
    what->head_length = 0;
    if (length == 0) return failed;
  }
  return failed;
}
