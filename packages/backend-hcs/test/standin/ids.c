/* What Windows computes: ids of layers (UUIDs of version 5), checksums of disks, empty registry hives. */
static uint32_t turned(uint32_t value, int by) { return value << by | value >> (32 - by); }

static void sha1_block(uint32_t state[5], const uint8_t *block) {
  uint32_t words[80], now[5], constants[] = {0x5a827999, 0x6ed9eba1, 0x8f1bbcdc, 0xca62c1d6};
  for (int at = 0; at < 16; at++)
    words[at] = (uint32_t)block[at * 4] << 24 | block[at * 4 + 1] << 16 | block[at * 4 + 2] << 8 | block[at * 4 + 3];
  for (int at = 16; at < 80; at++) words[at] = turned(words[at - 3] ^ words[at - 8] ^ words[at - 14] ^ words[at - 16], 1);
  memcpy(now, state, 20);
  for (int at = 0; at < 80; at++) {
    uint32_t b = now[1], c = now[2], d = now[3];
    uint32_t mixed = at < 20 ? (b & c) | (~b & d) : at >= 40 && at < 60 ? (b & c) | (b & d) | (c & d) : b ^ c ^ d;
    uint32_t next = turned(now[0], 5) + mixed + now[4] + constants[at / 20] + words[at];
    memmove(now + 1, now, 16);
    now[2] = turned(now[2], 30);
    now[0] = next;
  }
  for (int at = 0; at < 5; at++) state[at] += now[at];
}

/* As NameToGuid: the first three fields of a GUID are stored with their lowest byte first. */
static void layer_id(const wide *name, size_t units, uint8_t id[16]) {
  static const uint8_t space[] = {0x80, 8, 0x72, 0xc5, 0x90, 0x9c, 0x40, 0x3a, 0x89, 0xc9, 0x93, 0x1f, 0xe5, 0xe2, 0xfd, 8};
  static const uint8_t order[] = {3, 2, 1, 0, 5, 4, 7, 6, 8, 9, 10, 11, 12, 13, 14, 15};
  uint32_t state[5] = {0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476, 0xc3d2e1f0};
  size_t length = 16 + units * 2, padded = (length + 72) / 64 * 64;
  uint8_t *text = calloc(1, padded), hash[16];
  memcpy(text, space, 16);
  memcpy(text + 16, name, units * 2);
  text[length] = 0x80;
  for (int at = 0; at < 8; at++) text[padded - 1 - at] = (uint8_t)((uint64_t)length * 8 >> (8 * at));
  for (size_t at = 0; at < padded; at += 64) sha1_block(state, text + at);
  free(text);
  for (int at = 0; at < 16; at++) hash[at] = (uint8_t)(state[at / 4] >> (24 - at % 4 * 8));
  hash[6] = (hash[6] & 0x0f) | 0x50;
  hash[8] = (hash[8] & 0x3f) | 0x80;
  for (int at = 0; at < 16; at++) id[at] = hash[order[at]];
}

static uint32_t crc32c(const uint8_t *bytes, size_t length) {
  uint32_t sum = 0xffffffff;
  for (size_t at = 0; at < length; at++) {
    sum ^= bytes[at];
    for (int bit = 0; bit < 8; bit++) sum = sum >> 1 ^ (sum & 1 ? 0x82f63b78 : 0);
  }
  return ~sum;
}

static void put32(uint8_t *at, uint32_t value) { memcpy(at, &value, 4); }
static void put64(uint8_t *at, uint64_t value) { memcpy(at, &value, 8); }
static uint32_t get32(const uint8_t *at) { uint32_t value; memcpy(&value, at, 4); return value; }
static uint64_t get64(const uint8_t *at) { uint64_t value; memcpy(&value, at, 8); return value; }

static void sum_hive(uint8_t *hive) {
  uint32_t sum = 0;
  for (int at = 0; at < 508; at += 4) sum ^= get32(hive + at);
  put32(hive + 508, sum == 0xffffffff ? 0xfffffffe : sum == 0 ? 1 : sum);
}

/* One bin of 4 KiB with a root key and its security, always of the same time. */
static void empty_hive(uint8_t hive[8192]) {
  static const uint8_t descriptor[] = {1, 0, 4, 0x80, 20, 0, 0, 0, 32, 0, 0, 0, 0, 0, 0, 0, 44, 0, 0, 0, /* owner, group: SYSTEM */
                                       1, 1, 0, 0, 0, 0, 0, 5, 18, 0, 0, 0, 1, 1, 0, 0, 0, 0, 0, 5, 18, 0, 0, 0,
                                       2, 0, 28, 0, 1, 0, 0, 0, 0, 2, 20, 0, 0x3f, 0, 0xf, 0, 1, 1, 0, 0, 0, 0, 0, 5, 18, 0, 0, 0};
  static const uint32_t places[] = {1, 5, 0, 1, 0x20, 0x1000, 1};
  const uint64_t time = 132854688000000000; /* 2022-01-01 */
  enum { KEY = 4096 + 32, SECURITY = KEY + 88, FREE_CELL = SECURITY + 96 };
  memset(hive, 0, 8192);
  memcpy(hive, "regf\1\0\0\0\1\0\0", 12);
  put64(hive + 12, time);
  memcpy(hive + 20, places, sizeof places);
  memcpy(hive + 4096, "hbin", 4);
  put32(hive + 4104, 0x1000);
  put64(hive + 4116, time);
  put32(hive + KEY, (uint32_t)-88);
  memcpy(hive + KEY + 4, "nk\x2c", 3);
  put64(hive + KEY + 8, time);
  for (int at = 0; at < 7; at++) put32(hive + KEY + 20 + at * 4, at == 1 || at == 2 || at == 5 ? 0 : 0xffffffff);
  put32(hive + KEY + 48, SECURITY - 4096);
  put32(hive + KEY + 52, 0xffffffff);
  put32(hive + KEY + 76, 4);
  memcpy(hive + KEY + 80, "ROOT", 4);
  put32(hive + SECURITY, (uint32_t)-96);
  memcpy(hive + SECURITY + 4, "sk", 2);
  put32(hive + SECURITY + 8, SECURITY - 4096);
  put32(hive + SECURITY + 12, SECURITY - 4096);
  put32(hive + SECURITY + 16, 1);
  put32(hive + SECURITY + 20, sizeof descriptor);
  memcpy(hive + SECURITY + 24, descriptor, sizeof descriptor);
  put32(hive + FREE_CELL, 8192 - FREE_CELL);
  sum_hive(hive);
}

/* Whether a file begins as a registry hive. */
static uint32_t check_hive(const char *path) {
  uint8_t head[512] = {0}, summed[512];
  int64_t file = open_file(path, 0);
  if (file < 0) return (uint32_t)-file;
  int64_t length = read_at(file, head, 512, 0);
  close_file(file);
  memcpy(summed, head, 512);
  sum_hive(summed);
  return length == 512 && memcmp(head, "regf", 4) == 0 && memcmp(head, summed, 512) == 0 ? 0 : NOT_A_HIVE;
}
