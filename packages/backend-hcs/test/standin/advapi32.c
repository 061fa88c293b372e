/* advapi32.dll: privileges of the process, and the few security descriptors that tests write as text. */
enum { SECURITY_PRIVILEGE = 8, BACKUP_PRIVILEGE = 17, RESTORE_PRIVILEGE = 18 };
static const struct { const char *name; uint32_t id; } privileges[] = {
  {"SeSecurityPrivilege", SECURITY_PRIVILEGE}, {"SeBackupPrivilege", BACKUP_PRIVILEGE}, {"SeRestorePrivilege", RESTORE_PRIVILEGE},
  {"SeManageVolumePrivilege", 28}, {"SeCreateSymbolicLinkPrivilege", 35},
};
static uint64_t enabled;
static bool is_elevated = true;

static bool has_privilege(uint32_t id) { return enabled >> id & 1; }

/* Whether the process holds the privileges that it may ask for. */
EXPORT void StandinElevated(int32_t holds) {
  GUARD;
  is_elevated = holds;
  if (!holds) enabled = 0;
}

EXPORT void *GetCurrentProcess(void) { return (void *)-1; }

EXPORT int32_t OpenProcessToken(const void *process, uint32_t, void **out) {
  GUARD;
  if (process != (void *)-1 || !out) return succeeded(out ? BAD_HANDLE : INVALID);
  *out = new_handle(A_TOKEN, "", -1, 0);
  return 1;
}

EXPORT int32_t LookupPrivilegeValueW(const wide *, const wide *name, uint32_t id[2]) {
  GUARD;
  char text[64];
  if (!name || !id || !to_bytes(name, wide_length(name), text, sizeof text, false)) return succeeded(INVALID);
  for (size_t at = 0; at < sizeof privileges / sizeof *privileges; at++) {
    id[0] = privileges[at].id;
    id[1] = 0;
    if (strcmp(privileges[at].name, text) == 0) return 1;
  }
  return succeeded(1313);
}

/* Succeeds although some are not held, and says so as the last error. */
EXPORT int32_t AdjustTokenPrivileges(const void *value, int32_t disables, const uint32_t *asked, uint32_t, const void *, const void *) {
  GUARD;
  if (!handle_of(value, A_TOKEN)) return succeeded(BAD_HANDLE);
  if (disables) enabled = 0;
  if (!disables && (!asked || asked[0] > 64)) return succeeded(INVALID);
  for (uint32_t at = 0; !disables && is_elevated && at < asked[0]; at++) {
    uint64_t bit = asked[1 + at * 3] < 64 ? 1ull << asked[1 + at * 3] : 0;
    enabled = asked[3 + at * 3] & 2 ? enabled | bit : enabled & ~bit;
  }
  last_error = is_elevated || disables ? 0 : NOT_ALL;
  return 1;
}

static const struct { const char *name; uint8_t length, sid[16]; } accounts[] = {
  {"SY", 12, {1, 1, 0, 0, 0, 0, 0, 5, 18}}, {"WD", 12, {1, 1, 0, 0, 0, 0, 0, 1, 0}},
  {"BA", 16, {1, 2, 0, 0, 0, 0, 0, 5, 32, 0, 0, 0, 0x20, 2}}, {"BU", 16, {1, 2, 0, 0, 0, 0, 0, 5, 32, 0, 0, 0, 0x21, 2}},
};

/* Appends a SID by its two letters and steps over them; false for any other account. */
static bool put_account(const char **text, uint8_t *out, size_t *length) {
  for (size_t at = 0; at < sizeof accounts / sizeof *accounts; at++) {
    if (strncmp(*text, accounts[at].name, 2) != 0) continue;
    memcpy(out + *length, accounts[at].sid, accounts[at].length);
    *length += accounts[at].length;
    *text += 2;
    return true;
  }
  return false;
}

/* `O:xxG:xxD:` and any number of `(A;;FA;;;xx)`. Answers the length, 0 for everything else. */
static size_t descriptor_of(const char *text, uint8_t *out) {
  size_t length = 20, list;
  memset(out, 0, 20);
  out[0] = 1, out[2] = 4, out[3] = 0x80;
  for (int part = 0; part < 2; part++) {
    put32(out + 4 + part * 4, (uint32_t)length);
    if (strncmp(text, part ? "G:" : "O:", 2) != 0 || (text += 2, !put_account(&text, out, &length))) return 0;
  }
  if (strncmp(text, "D:", 2) != 0) return 0;
  put32(out + 16, (uint32_t)(list = length));
  put64(out + list, 2);
  length += 8;
  for (text += 2; *text; text++, out[list + 4]++) {
    size_t start = length;
    if (strncmp(text, "(A;;FA;;;", 9) != 0 || length > 900) return 0;
    text += 9;
    length += 8;
    if (!put_account(&text, out, &length) || *text != ')') return 0;
    put32(out + start, (uint32_t)(length - start) << 16);
    put32(out + start + 4, 0x1f01ff);
  }
  put32(out + list, (uint32_t)(length - list) << 16 | 2);
  return length;
}

EXPORT int32_t ConvertStringSecurityDescriptorToSecurityDescriptorW(const wide *text, uint32_t revision, void **out, uint32_t *size) {
  GUARD;
  char narrow[1024];
  uint8_t bytes[1024];
  if (!text || !out || revision != 1) return succeeded(INVALID);
  size_t length = to_bytes(text, wide_length(text), narrow, sizeof narrow, false) ? descriptor_of(narrow, bytes) : 0;
  if (length == 0) return succeeded(NO_DESCRIPTOR);
  memcpy(*out = hand_out(length), bytes, length);
  if (size) *size = (uint32_t)length;
  return 1;
}
