/* What Windows computes: ids of layers (UUIDs of version 5), checksums of disks, empty registry hives. */
static uint32_t turned(uint32_t value, int by) { return value << by | value >> (32 - by); }

static void sha1_block(uint32_t state[5], const uint8_t *block) {
  static const uint32_t constants[] = {0x5a827999, 0x6ed9eba1, 0x8f1bbcdc, 0xca62c1d6};
  uint32_t words[80], now[5];
  for (int at = 0; at < 16; at++) words[at] = __builtin_bswap32(get32(block + at * 4));
  for (int at = 16; at < 80; at++) words[at] = turned(words[at - 3] ^ words[at - 8] ^ words[at - 14] ^ words[at - 16], 1);
  memcpy(now, state, sizeof now);
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

/* A GUID as memory holds it has the first three fields of its text turned round. */
static const uint8_t guid_order[] = {3, 2, 1, 0, 5, 4, 7, 6, 8, 9, 10, 11, 12, 13, 14, 15};

static void layer_id(const wide *name, size_t units, uint8_t id[16]) {
  static const uint8_t space[] = {0x80, 8, 0x72, 0xc5, 0x90, 0x9c, 0x40, 0x3a, 0x89, 0xc9, 0x93, 0x1f, 0xe5, 0xe2, 0xfd, 8};
  uint32_t state[5] = {0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476, 0xc3d2e1f0};
  size_t length = sizeof space + units * 2, padded = (length + 72) / 64 * 64;
  BYTES text = calloc(1, padded);
  memcpy(text, space, sizeof space);
  memcpy(text + sizeof space, name, units * 2);
  text[length] = 0x80;
  put64(text + padded - 8, __builtin_bswap64(length * 8));
  for (size_t at = 0; at < padded; at += 64) sha1_block(state, text + at);
  for (int at = 0; at < 16; at++) id[at] = (uint8_t)(state[guid_order[at] / 4] >> (24 - guid_order[at] % 4 * 8));
  id[7] = (id[7] & 0x0f) | 0x50;
  id[8] = (id[8] & 0x3f) | 0x80;
}

static uint32_t crc32c(const uint8_t *bytes, size_t length) {
  uint32_t sum = ~0u;
  while (length--) {
    sum ^= *bytes++;
    for (int bit = 0; bit < 8; bit++) sum = sum >> 1 ^ (sum & 1 ? 0x82f63b78 : 0);
  }
  return ~sum;
}

static void sum_hive(uint8_t *hive) {
  uint32_t sum = 0;
  for (int at = 0; at < 508; at += 4) sum ^= get32(hive + at);
  put32(hive + 508, sum == ~0u ? sum - 1 : sum == 0 ? 1 : sum);
}

/* 2022-01-01: hives are the same whenever they are made. */
static const int64_t hive_time = 132854688000000000;
enum { HIVE = 8192 };

static void empty_hive(uint8_t hive[HIVE]) {
  enum { LOW = 0x84fc4000, HIGH = 0x1d7fea2, NONE = 0xffffffff };
  /* Runs: where, how many words, the words. Base block; bin; root key; its security: all to SYSTEM; the rest is a free cell. */
  static const uint32_t runs[] = {
    0, 12, 0x66676572, 1, 1, LOW, HIGH, 1, 5, 0, 1, 0x20, 0x1000, 1, 4096, 3, 0x6e696268, 0, 0x1000, 4116, 2, LOW, HIGH,
    4128, 14, -88u, 0x2c6b6e, LOW, HIGH, 0, NONE, 0, 0, NONE, NONE, 0, NONE, 120, NONE, 4204, 2, 4, 0x544f4f52,
    4216, 24, -96u, 0x6b73, 120, 120, 1, 72, 0x80040001, 20, 32, 0, 44, 0x101, 0x5000000, 18, 0x101, 0x5000000, 18, 0x1c0002, 1,
    0x140200, 0xf003f, 0x101, 0x5000000, 18, 4312, 1, HIVE - 4312,
  };
  memset(hive, 0, HIVE);
  for (size_t at = 0; at < sizeof runs / sizeof *runs; at += runs[at + 1] + 2) memcpy(hive + runs[at], runs + at + 2, runs[at + 1] * 4);
  sum_hive(hive);
}

/* Whether a file begins as a registry hive does. */
static uint32_t check_hive(const char *path) {
  uint8_t head[512] = {0}, summed[512];
  OPENED file = open_file(path, 0);
  TRY(failure(file));
  int64_t length = read_at(file, head, 512, 0);
  memcpy(summed, head, 512);
  sum_hive(summed);
  return length == 512 && memcmp(head, "regf", 4) == 0 && memcmp(head, summed, 512) == 0 ? 0 : NOT_A_HIVE;
}
