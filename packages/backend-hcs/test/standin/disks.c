/* Dynamic VHDX files without parent (MS-VHDX), empty: what a volume holds is beside them. Besides what the format asks for they
   keep, in a place that it leaves free, how large the file system is. 0: the disk is not formatted. */
enum { MIB = 1 << 20, HEADERS = 1 << 16, REGIONS = 3 << 16, VOLUME_SIZE = 5 << 16, METADATA = 2 * MIB, ITEMS = METADATA + (1 << 16) };
static const uint64_t LARGEST_DISK = 64ull << 40, CONTAINER_DISK = 20ull << 30, UTILITY_DISK = 10ull << 30;

typedef struct {
  uint64_t size, volume;
  uint8_t id[16];
} disk;

static const uint8_t regions[][16] = {
  {0x66, 0x77, 0xc2, 0x2d, 0x23, 0xf6, 0, 0x42, 0x9d, 0x64, 0x11, 0x5e, 0x9b, 0xfd, 0x4a, 8},    /* BAT */
  {6, 0xa2, 0x7c, 0x8b, 0x90, 0x47, 0x9a, 0x4b, 0xb8, 0xfe, 0x57, 0x5f, 5, 0xf, 0x88, 0x6e},     /* metadata */
};
static const uint8_t items[][16] = {
  {0x37, 0x67, 0xa1, 0xca, 0x36, 0xfa, 0x43, 0x4d, 0xb3, 0xb6, 0x33, 0xf0, 0xaa, 0x44, 0xe7, 0x6b}, /* file parameters */
  {0x24, 0x42, 0xa5, 0x2f, 0x1b, 0xcd, 0x76, 0x48, 0xb2, 0x11, 0x5d, 0xbe, 0xd8, 0x3b, 0xf4, 0xb8}, /* virtual size */
  {0xab, 0x12, 0xca, 0xbe, 0xe6, 0xb2, 0x23, 0x45, 0x93, 0xef, 0xc3, 9, 0xe0, 0, 0xc7, 0x46},       /* disk id */
  {0x1d, 0xbf, 0x41, 0x81, 0x6f, 0xa9, 9, 0x47, 0xba, 0x47, 0xf2, 0x33, 0xa8, 0xfa, 0xab, 0x5f},    /* logical sector */
  {0xc7, 0x48, 0xa3, 0xcd, 0x5d, 0x44, 0x71, 0x44, 0x9c, 0xc9, 0xe9, 0x88, 0x52, 0x51, 0xc5, 0x56}, /* physical sector */
};
/* Where the items lie behind ITEMS, and how they end. */
static const uint8_t item_at[] = {0, 8, 16, 32, 36, 40};

static uint32_t write_disk(const char *path, const disk *what) {
  uint8_t *head = calloc(1, 3 * MIB);
  uint64_t blocks = what->size / MIB, bat = ((blocks + (blocks - 1) / 4096) * 8 + MIB - 1) / MIB * MIB;
  memcpy(head, "vhdxfile", 8);
  for (int copy = 0; copy < 2; copy++) {
    uint8_t *at = head + HEADERS * (copy + 1), *table = head + REGIONS + HEADERS * copy;
    memcpy(at, "head", 4);
    put64(at + 8, (uint64_t)copy + 1);
    memcpy(at + 16, what->id, 16);
    memcpy(at + 32, what->id, 16);
    put64(at + 64, 1ull << 16 | (uint64_t)MIB << 32);
    put64(at + 72, MIB);
    put32(at + 4, crc32c(at, 4096));
    memcpy(table, "regi", 4);
    put32(table + 8, 2);
    for (int region = 0; region < 2; region++) {
      memcpy(table + 16 + region * 32, regions[region], 16);
      put64(table + 32 + region * 32, region ? METADATA : 3 * MIB);
      put64(table + 40 + region * 32, (region ? MIB : bat) | 1ull << 32);
    }
    put32(table + 4, crc32c(table, HEADERS));
  }
  put64(head + VOLUME_SIZE, what->volume);
  uint8_t *table = head + METADATA, *values = head + ITEMS;
  memcpy(table, "metadata", 8);
  table[10] = 5;
  for (uint32_t item = 0; item < 5; item++) {
    memcpy(table + 32 + item * 32, items[item], 16);
    put32(table + 48 + item * 32, HEADERS + item_at[item]);
    put32(table + 52 + item * 32, item_at[item + 1] - (uint32_t)item_at[item]);
    put32(table + 56 + item * 32, item ? 6 : 4);
  }
  put32(values, MIB);
  put64(values + item_at[1], what->size);
  memcpy(values + item_at[2], what->id, 16);
  put32(values + item_at[3], 512);
  put32(values + item_at[4], 4096);
  int64_t file = open_file(path, WRITES | CREATES);
  uint32_t failed = file < 0 ? (uint32_t)-file : write_at(file, head, 3 * MIB, 0);
  if (!failed) failed = set_size(file, 3 * MIB + bat);
  close_file(file);
  free(head);
  return failed;
}

/* 0xC03A0005: the header is corrupt. */
static uint32_t read_disk(const char *path, disk *out) {
  uint8_t header[4096], signature[8], values[40], sum[4], volume[8];
  int64_t file = open_file(path, 0);
  if (file < 0) return (uint32_t)-file;
  bool is_valid = read_at(file, signature, 8, 0) == 8 && memcmp(signature, "vhdxfile", 8) == 0;
  for (int copy = 1; is_valid; copy++) {
    is_valid = copy < 3 && read_at(file, header, 4096, (uint64_t)HEADERS * (uint64_t)copy) == 4096;
    memcpy(sum, header + 4, 4);
    put32(header + 4, 0);
    if (is_valid && memcmp(header, "head", 4) == 0 && get32(sum) == crc32c(header, 4096)) break;
  }
  is_valid = is_valid && read_at(file, values, 40, ITEMS) == 40 && read_at(file, volume, 8, VOLUME_SIZE) == 8;
  close_file(file);
  if (!is_valid) return 0xC03A0005;
  *out = (disk){.size = get64(values + item_at[1]), .volume = get64(volume)};
  memcpy(out->id, values + item_at[2], 16);
  return 0;
}

/* Partition tables and alignment take some of a disk, and NTFS a last cluster of its partition. */
static uint64_t partition_of(const disk *what) { return what->size - 2 * MIB; }

static uint32_t new_disk(const char *path, uint64_t size, bool is_formatted) {
  disk made = {.size = (size + MIB - 1) / MIB * MIB};
  if (made.size == 0 || made.size > LARGEST_DISK) return INVALID;
  made.volume = is_formatted ? partition_of(&made) - 4096 : 0;
  random_bytes(made.id, 16);
  return write_disk(path, &made);
}

/* 0xC03A0025: the disk would be cut. Grows disk and partition, never the file system. */
static uint32_t expand(const char *path, uint64_t size) {
  disk found;
  uint32_t failed = read_disk(path, &found);
  if (failed) return failed;
  if (size > LARGEST_DISK) return INVALID;
  if (size < found.size) return 0xC03A0025;
  found.size = (size + MIB - 1) / MIB * MIB;
  return write_disk(path, &found);
}

static void guid_text(const uint8_t *id, char out[40]) {
  static const uint8_t order[] = {3, 2, 1, 0, 5, 4, 7, 6, 8, 9, 10, 11, 12, 13, 14, 15};
  for (int at = 0, length = 0; at < 16; at++)
    length += snprintf(out + length, 40 - (size_t)length, "%s%02x", at == 4 || at == 6 || at == 8 || at == 10 ? "-" : "", id[order[at]]);
}

/* `<base>/disks/<guid>/<name>` of a VHDX file. */
static uint32_t beside_disk(const char *path, const char *name, char *out) {
  disk found;
  char guid[40], folder[PATH];
  uint32_t failed = read_disk(path, &found);
  if (failed) return failed;
  guid_text(found.id, guid);
  return in_base(folder, "disks", guid) && join(out, folder, name) ? 0 : TOO_LONG;
}

static bool volume_link(const uint8_t *id, char *out) {
  char name[44] = "{";
  guid_text(id, name + 1);
  return in_base(out, "volumes", strcat(name, "}"));
}

static uint32_t detach(const char *path) {
  disk found;
  char place[PATH];
  uint32_t failed = read_disk(path, &found);
  if (!failed && volume_link(found.id, place)) remove_file(place);
  if (!failed) failed = beside_disk(path, "attached", place);
  return failed ? failed : remove_file(place) ? NO_DEVICE : 0;
}

/* Attached for good by a layer, or as long as the process runs that did it. */
static bool is_attached(const char *path) {
  char place[PATH];
  uint8_t *text;
  size_t length;
  if (beside_disk(path, "attached", place) || read_file(place, &text, &length)) return false;
  long owner = strtol((char *)text, NULL, 10);
  free(text);
  if (owner == 0 || is_running(owner)) return true;
  detach(path);
  return false;
}

/* `owner`: 0, or a process. A copy of a template gets an id, and with it a volume, of its own. */
static uint32_t attach(const char *path, int64_t owner) {
  disk found;
  char folder[PATH], tree[PATH], place[PATH], text[PATH + 32];
  uint32_t failed = read_disk(path, &found);
  if (!failed && is_attached(path)) failed = SHARED;
  if (!failed) failed = beside_disk(path, "", folder);
  if (!failed && !is_folder(folder)) {
    random_bytes(found.id, 16);
    failed = write_disk(path, &found);
    if (!failed) failed = beside_disk(path, "", folder);
    if (!failed) failed = make_folder(folder);
  }
  if (failed || !join(tree, folder, "tree") || !join(place, folder, "attached")) return failed ? failed : TOO_LONG;
  make_folder(tree);
  snprintf(text, sizeof text, "%lld %s", (long long)owner, path);
  failed = write_file(place, text, strlen(text));
  if (failed || !volume_link(found.id, place)) return failed ? failed : TOO_LONG;
  remove_file(place);
  return make_link(tree, place);
}

/* `\\?\Volume{guid}` of an attached disk. */
static uint32_t volume_name(const char *path, char out[64]) {
  disk found;
  char guid[40];
  uint32_t failed = read_disk(path, &found);
  if (failed || !is_attached(path)) return failed ? failed : NO_DEVICE;
  guid_text(found.id, guid);
  snprintf(out, 64, "\\\\?\\Volume{%s}", guid);
  return 0;
}

/* The file of the disk whose volume's root this is. */
static uint32_t disk_of_volume(const char *root, char *out) {
  char tree[PATH], place[PATH];
  uint8_t *text;
  size_t length;
  if (read_link(root, tree, PATH) < 5) return NOT_FOUND;
  tree[strlen(tree) - strlen("/tree")] = 0;
  if (!join(place, tree, "attached") || read_file(place, &text, &length)) return NOT_FOUND;
  char *path = strchr((char *)text, ' ');
  snprintf(out, PATH, "%s", path ? path + 1 : "");
  free(text);
  return is_attached(out) ? 0 : NOT_FOUND;
}
