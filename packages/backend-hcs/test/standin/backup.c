/* Backup streams: a header (id, attributes, size of the content, size of the name), the name, the content. */
enum { S_DATA = 1, S_EXTENDED = 2, S_SECURITY = 3, S_ALTERNATE = 4, S_REPARSE = 8, S_LAST = 10, LONGEST_STREAM = 1 << 24, LONGEST_NAME = 1024 };
static uint32_t id_of(const uint8_t *stream) { return get32(stream); }
static uint64_t size_of(const uint8_t *stream) { return get64(stream + 8); }
static uint32_t name_size_of(const uint8_t *stream) { return get32(stream + 16); }
static uint64_t whole_size_of(const uint8_t *stream) { return HEADER + name_size_of(stream) + size_of(stream); }

static size_t put_header(uint8_t *out, uint32_t id, uint64_t size) {
  memset(out, 0, HEADER);
  put32(out, id);
  put64(out + 8, size);
  return HEADER;
}

/* A link that the host made: its text is the print name as it is. Only a relative one goes without the prefix of devices. */
static size_t put_link(uint8_t *out, const char *text) {
  wide print[PATH + 1], other[PATH + 5] = u"\\??\\";
  size_t units = widen(text, print), prefix = units > 1 && (print[1] == ':' || print[0] == '\\') ? 4 : 0;
  memcpy(other + prefix, print, (units + 1) * 2);
  size_t first = (prefix + units) * 2, second = units * 2, size = 20 + first + second + 4;
  uint16_t fields[] = {(uint16_t)(size - 8), 0, 0, (uint16_t)first, (uint16_t)(first + 2), (uint16_t)second};
  out += put_header(out, S_REPARSE, size);
  put32(out, SYMLINK_TAG);
  memcpy(out + 4, fields, sizeof fields);
  put32(out + 16, prefix == 0);
  memcpy(out + 20, other, first + 2);
  memcpy(out + 22 + first, print, second + 2);
  return HEADER + size;
}

/* A file as BackupRead shows it: `head` ends with the header of the data. */
typedef struct { uint8_t *head, *tail; uint64_t head_length, data, tail_length, at; int64_t file; } image;
static void close_image(image *what) {
  free(what->head);
  free(what->tail);
  close_opened(&what->file);
}

static uint32_t open_image(const char *path, bool is_secured, image *out) {
  facts found;
  METADATA kept;
  *out = (image){.file = -1};
  TRY(load(path, &found, &kept));
  if (kept.is_placeholder) return UNSUPPORTED;
  if (found.type == REGULAR && found.size > 0) TRY(failure(out->file = open_file(path, 0)));
  uint8_t *to = out->head = malloc(kept.head_length + 5 * PATH);
  for (const uint8_t *at = kept.head; at < kept.head + kept.head_length; at += whole_size_of(at))
    if (id_of(at) != S_SECURITY || is_secured) memcpy(to, at, whole_size_of(at)), to += whole_size_of(at);
  TEXT target = tag_of(&kept) ? NULL : read_link(path);
  if (target) to += put_link(to, target);
  if (out->file >= 0) to += put_header(to, S_DATA, out->data = found.size);
  out->head_length = (uint64_t)(to - out->head);
  out->tail = kept.tail;
  out->tail_length = kept.tail_length;
  kept.tail = NULL;
  return 0;
}

/* Fewer than `length` only at the end. */
static uint32_t read_image(image *what, uint8_t *bytes, uint32_t length, uint32_t *read) {
  uint64_t data_at = what->head_length, tail_at = data_at + what->data, end = tail_at + what->tail_length;
  for (*read = 0; *read < length && what->at < end;) {
    uint64_t at = what->at, stop = at < data_at ? data_at : at < tail_at ? tail_at : end;
    uint64_t count = stop - at < length - *read ? stop - at : length - *read;
    if (at < data_at) memcpy(bytes + *read, what->head + at, count);
    else if (at >= tail_at) memcpy(bytes + *read, what->tail + (at - tail_at), count);
    /* The size was told: a file that was cut meanwhile is an error. */
    else if (read_at(what->file, bytes + *read, count, at - data_at) != (int64_t)count) return AT_END;
    what->at += count;
    *read += (uint32_t)count;
  }
  return 0;
}

/* In the middle of BackupWrite: of the stream that it is in, header and name, the content so far, how much is left. */
typedef struct {
  char *path;
  int64_t file;
  bool is_secured;
  size_t head_length, content_length;
  uint64_t left;
  uint8_t head[HEADER + LONGEST_NAME], *content;
} restore;
static void end_restore(restore *what) {
  free(what->path);
  free(what->content);
}

/* Takes the place of a stream of the same id and name. */
static void put_stream(uint8_t **all, uint32_t *length, const restore *what) {
  for (size_t at = 0; at < *length;) {
    uint64_t size = whole_size_of(*all + at);
    bool is_same = id_of(*all + at) == id_of(what->head) && name_size_of(*all + at) == name_size_of(what->head) &&
                   memcmp(*all + at + HEADER, what->head + HEADER, what->head_length - HEADER) == 0;
    if (is_same) memmove(*all + at, *all + at + size, (*length -= (uint32_t)size) - at);
    else at += size;
  }
  *all = realloc(*all, *length + what->head_length + what->content_length + 1);
  memcpy(*all + *length, what->head, what->head_length);
  memcpy(*all + *length + what->head_length, what->content, what->content_length);
  *length += (uint32_t)(what->head_length + what->content_length);
}

/* The print name of a symlink or junction, the other one where that is empty; NULL of what is neither. */
static char *text_of_link(const uint8_t *buffer, size_t length) {
  size_t start = get32(buffer) == SYMLINK_TAG ? 20 : get32(buffer) == JUNCTION_TAG ? 16 : 0;
  if (start == 0 || length < start) return NULL;
  const uint8_t *name = get16(buffer + 14) ? buffer + 12 : buffer + 8;
  size_t at = start + get16(name), size = get16(name + 2) / 2 * 2;
  wide text[1 << 15];
  if (size == 0 || at + size > length) return NULL;
  memcpy(text, buffer + at, size);
  return narrow(text, size / 2);
}

/* What was made in its place goes: neither a file nor a folder can turn into a link. */
static uint32_t become_link(const restore *what, const facts *found, metadata *kept) {
  if (what->content_length < 8 || get16(what->content + 4) + 8u != what->content_length) return NO_REPARSE;
  if (get32(what->content) == SYMLINK_TAG && !has_privilege(SYMLINK_PRIVILEGE)) return DENIED;
  TEXT text = text_of_link(what->content, what->content_length);
  if (found->type == FOLDER) kept->attributes |= IS_FOLDER;
  if (!text) return 0;
  TRY(found->type == FOLDER ? remove_folder(what->path) : remove_file(what->path));
  return make_link(text, what->path);
}

static uint32_t finish_stream(restore *what) {
  uint32_t id = id_of(what->head);
  bool is_before = id == S_SECURITY || id == S_REPARSE;
  facts found;
  METADATA kept = {0};
  what->head_length = HEADER + name_size_of(what->head);
  if (id == S_DATA || (id == S_SECURITY && !what->is_secured)) return 0;
  TRY(load(what->path, &found, &kept));
  if (id == S_REPARSE) TRY(become_link(what, &found, &kept));
  put_stream(is_before ? &kept.head : &kept.tail, is_before ? &kept.head_length : &kept.tail_length, what);
  return save(what->path, &kept);
}

static uint32_t begin_stream(restore *what) {
  uint32_t id = id_of(what->head), name_size = name_size_of(what->head);
  if (id == 0 || id > S_LAST || name_size > LONGEST_NAME || (id == S_ALTERNATE) != (name_size > 0)) return BAD_DATA;
  if ((id > S_ALTERNATE && id != S_REPARSE) || (id != S_DATA && size_of(what->head) > LONGEST_STREAM)) return UNSUPPORTED;
  what->left = size_of(what->head);
  what->content_length = 0;
  if (id == S_DATA) return what->file < 0 ? DENIED : set_size(what->file, what->left);
  what->content = realloc(what->content, what->left + 1);
  return 0;
}

/* Takes streams cut anywhere: a header, a name or a content may end in a later call. */
static uint32_t feed(restore *what, const uint8_t *bytes, size_t length) {
  for (;;) {
    bool in_header = what->head_length < HEADER;
    size_t whole = in_header ? HEADER : HEADER + name_size_of(what->head), missing = whole - what->head_length;
    if (what->head_length < whole) {
      size_t count = missing < length ? missing : length;
      memcpy(what->head + what->head_length, bytes, count);
      what->head_length += count, bytes += count, length -= count;
      if (count < missing) return 0;
      if (in_header) TRY(begin_stream(what));
      continue;
    }
    size_t count = what->left < length ? what->left : length;
    if (id_of(what->head) == S_DATA) TRY(write_at(what->file, bytes, count, size_of(what->head) - what->left));
    else memcpy(what->content + what->content_length, bytes, count);
    what->content_length += count, what->left -= count, bytes += count, length -= count;
    if (what->left) return 0;
    TRY(finish_stream(what));
    what->head_length = 0;
  }
}
