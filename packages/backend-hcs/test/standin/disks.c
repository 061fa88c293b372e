/* Dynamic VHDX files (MS-VHDX), without parent and empty: what a volume holds is beside them. Besides what the format asks for they
   keep, in a place that it leaves free, the size of the file system; 0: the disk is not formatted. */
enum { MIB = 1 << 20, HEADERS = 1 << 16, REGIONS = 3 << 16, VOLUME_SIZE = 5 << 16, TABLE = 2 * MIB, ITEMS = TABLE + (1 << 16), BAT = 3 * MIB };
enum { BAD_DISK = (int)0xC03A0005, WOULD_CUT = (int)0xC03A0025 };
static const uint64_t largest_disk = 64ull << 40, container_disk = 20ull << 30, utility_disk = 10ull << 30;
typedef struct { uint64_t size, volume; uint8_t id[16]; } disk;

static uint32_t write_disk(const char *path, const disk *what) {
  uint64_t blocks = what->size / MIB, bat = ((blocks + (blocks - 1) / 4096) * 8 + MIB - 1) / MIB * MIB;
  /* A GUID, where, how long: the BAT and the metadata; of the metadata block size, virtual size, id, logical and physical sector. */
  const uint32_t regions[][8] = {{0x2dc27766, 0x4200f623, 0x5e11649d, 0x084afd9b, BAT, 0, (uint32_t)bat, 1},
                                 {0x8b7ca206, 0x4b9a4790, 0x5f57feb8, 0x6e880f05, TABLE, 0, MIB, 1}};
  static const uint32_t items[][8] = {{0xcaa16737, 0x4d43fa36, 0xf033b6b3, 0x6be744aa, 0x10000, 8, 4},
                                      {0x2fa54224, 0x4876cd1b, 0xbe5d11b2, 0xb8f43bd8, 0x10008, 8, 6},
                                      {0xbeca12ab, 0x4523b2e6, 0x09c3ef93, 0x46c700e0, 0x10010, 16, 6},
                                      {0x8141bf1d, 0x4709a96f, 0x33f247ba, 0x5fabfaa8, 0x10020, 4, 6},
                                      {0xcda348c7, 0x4471445d, 0x88e9c99c, 0x56c55152, 0x10024, 4, 6}};
  BYTES bytes = calloc(1, ITEMS + 64);
  memcpy(bytes, "vhdxfile", 8);
  for (int copy = 0; copy < 2; copy++) {
    uint8_t *head = bytes + HEADERS * (copy + 1), *table = bytes + REGIONS + HEADERS * copy;
    memcpy(head, "head", 4);
    put64(head + 8, (uint64_t)copy + 1);
    memcpy(head + 16, what->id, 16);
    memcpy(head + 32, what->id, 16);
    put64(head + 64, 1 << 16 | (uint64_t)MIB << 32);
    put64(head + 72, MIB);
    put32(head + 4, crc32c(head, 4096));
    memcpy(table, "regi\0\0\0\0\2", 9);
    memcpy(table + 16, regions, sizeof regions);
    put32(table + 4, crc32c(table, HEADERS));
  }
  put64(bytes + VOLUME_SIZE, what->volume);
  memcpy(bytes + TABLE, "metadata\0\0\5", 11);
  memcpy(bytes + TABLE + 32, items, sizeof items);
  put32(bytes + ITEMS, MIB);
  put64(bytes + ITEMS + 8, what->size);
  memcpy(bytes + ITEMS + 16, what->id, 16);
  put64(bytes + ITEMS + 32, 512 | 4096ull << 32);
  OPENED file = open_file(path, CREATES);
  TRY(failure(file));
  TRY(write_at(file, bytes, VOLUME_SIZE + 8, 0));
  TRY(write_at(file, bytes + TABLE, ITEMS + 40 - TABLE, TABLE));
  return set_size(file, BAT + bat);
}

static uint32_t read_disk(const char *path, disk *out) {
  uint8_t bytes[4096] = {0};
  OPENED file = open_file(path, 0);
  TRY(failure(file));
  if (read_at(file, bytes, 8, 0) != 8 || memcmp(bytes, "vhdxfile", 8) != 0) return (uint32_t)BAD_DISK;
  bool is_valid = false;
  for (uint64_t copy = 1; copy < 3 && !is_valid; copy++) {
    read_at(file, bytes, sizeof bytes, HEADERS * copy);
    uint32_t sum = get32(bytes + 4);
    put32(bytes + 4, 0);
    is_valid = memcmp(bytes, "head", 4) == 0 && sum == crc32c(bytes, sizeof bytes);
  }
  if (!is_valid || read_at(file, bytes, 40, ITEMS) != 40 || read_at(file, bytes + 40, 8, VOLUME_SIZE) != 8) return (uint32_t)BAD_DISK;
  *out = (disk){.size = get64(bytes + 8), .volume = get64(bytes + 40)};
  memcpy(out->id, bytes + 16, 16);
  return 0;
}

/* Partition tables take some of a disk, and NTFS keeps the last cluster of its partition. */
static uint64_t partition_of(const disk *what) { return what->size - 2 * MIB; }

static uint32_t new_disk(const char *path, uint64_t size) {
  disk made = {.size = size};
  made.volume = partition_of(&made) - 4096;
  random_bytes(made.id, 16);
  return write_disk(path, &made);
}

/* Disk and partition, never the file system. */
static uint32_t expand(const char *path, uint64_t size) {
  disk found;
  TRY(read_disk(path, &found));
  if (size > largest_disk || size < found.size) return size > largest_disk ? INVALID : (uint32_t)WOULD_CUT;
  found.size = (size + MIB - 1) / MIB * MIB;
  return write_disk(path, &found);
}

static char *guid_of(const disk *what) {
  char text[40];
  for (int at = 0, length = 0; at < 16; at++)
    length += sprintf(text + length, "%s%02x", at == 4 || at == 6 || at == 8 || at == 10 ? "-" : "", what->id[guid_order[at]]);
  return strdup(text);
}

/* What belongs to a disk: `folder`, `tree`, `list`, `attached`; `half`, a tree in the making; `volume`, the link that shows the tree. */
typedef struct { disk found; char *folder, *tree, *list, *attached, *half, *volume; } places;
#define PLACES __attribute__((cleanup(free_places))) places
static void free_places(places *at) {
  for (char **path = &at->folder; path <= &at->volume; path++) free(*path);
}

static uint32_t find_places(const char *path, places *out) {
  *out = (places){0};
  TRY(read_disk(path, &out->found));
  TEXT guid = guid_of(&out->found);
  out->folder = in_base("disks", guid);
  out->tree = join(out->folder, "tree");
  out->list = join(out->folder, "list");
  out->attached = join(out->folder, "attached");
  out->half = join(out->folder, "half");
  out->volume = text_of("%s/volumes/{%s}", base, guid);
  return 0;
}

static uint32_t detach(const char *path) {
  PLACES at;
  TRY(find_places(path, &at));
  remove_file(at.volume);
  return remove_file(at.attached) ? NO_DEVICE : 0;
}

/* By a layer for good, or for as long as the process runs that did it. */
static bool is_attached(const char *path) {
  PLACES at;
  if (find_places(path, &at)) return false;
  BYTES text = read_file(at.attached, NULL);
  long owner = text ? strtol((char *)text, NULL, 10) : 0;
  if (!text || owner == 0 || is_running(owner)) return text != NULL;
  detach(path);
  return false;
}

/* `owner`: 0, or a process. A copy of a template has no folder yet: it is given an id, and with it a volume, of its own. */
static uint32_t attach(const char *path, int64_t owner) {
  PLACES at;
  TRY(find_places(path, &at));
  if (is_attached(path)) return SHARED;
  if (!is_folder(at.folder)) {
    random_bytes(at.found.id, 16);
    TRY(write_disk(path, &at.found));
    free_places(&at);
    TRY(find_places(path, &at));
    TRY(make_folder(at.folder));
  }
  make_folder(at.tree);
  TEXT text = text_of("%lld %s", (long long)owner, path);
  TRY(write_file(at.attached, text, strlen(text)));
  remove_file(at.volume);
  return make_link(at.tree, at.volume);
}

/* `\\?\Volume{guid}` of an attached disk, with room for 64 units. */
static uint32_t volume_name(const char *path, wide *out) {
  disk found;
  TRY(read_disk(path, &found));
  if (!is_attached(path)) return NO_DEVICE;
  TEXT guid = guid_of(&found), *text = text_of("\\\\?\\Volume{%s}", guid);
  widen(text, out);
  return 0;
}

/* The file of the attached disk whose volume holds a path. */
static uint32_t disk_of_volume(const char *path, char **out) {
  const char *end = strchr(path + strlen(base) + strlen("/volumes/"), '/');
  TEXT root = text_of("%.*s", end ? (int)(end - path) : PATH, path), *tree = read_link(root);
  if (!tree) return NOT_FOUND;
  TEXT folder = above(tree), *attached = join(folder, "attached");
  BYTES text = read_file(attached, NULL);
  if (!text) return NOT_FOUND;
  *out = strdup(strchr((char *)text, ' ') + 1);
  return is_attached(*out) ? 0 : NOT_FOUND;
}
