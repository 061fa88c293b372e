/* advapi32.dll: privileges of the process, and the few security descriptors that tests write as text. */
static const struct { const char *name; uint32_t id; } privileges[] = {
  {"SeSecurityPrivilege", SECURITY_PRIVILEGE}, {"SeBackupPrivilege", BACKUP_PRIVILEGE}, {"SeRestorePrivilege", RESTORE_PRIVILEGE},
  {"SeManageVolumePrivilege", 28}, {"SeCreateSymbolicLinkPrivilege", SYMLINK_PRIVILEGE},
};
static bool is_elevated = true;

/* Whether the process holds what it may ask for. */
EXPORT void StandinElevated(int32_t holds) {
  GUARD;
  is_elevated = holds;
  if (!holds) enabled = 0;
}

EXPORT int32_t OpenProcessToken(const void *process, uint32_t, void **out) {
  GUARD;
  if (process != (void *)-1 || !out) return succeeded(out ? BAD_HANDLE : INVALID);
  *out = new_handle(A_TOKEN, "", -1, 0);
  return 1;
}

EXPORT int32_t LookupPrivilegeValueW(const wide *, const wide *name, uint32_t id[2]) {
  GUARD;
  if (!name || !id) return succeeded(INVALID);
  TEXT text = narrow(name, wide_length(name));
  id[1] = 0;
  for (size_t at = 0; at < sizeof privileges / sizeof *privileges; at++)
    if (strcmp(privileges[at].name, text) == 0) return id[0] = privileges[at].id, 1;
  return succeeded(NO_SUCH_PRIVILEGE);
}

/* `asked`: how many, then of each id, 0, attributes. Succeeds even if some are not held, and tells so as the last error. */
EXPORT int32_t AdjustTokenPrivileges(const void *value, int32_t disables, const uint32_t *asked, uint32_t, const void *, const void *) {
  GUARD;
  if (!handle_of(value, A_TOKEN) || disables || !asked || asked[0] > 64) return succeeded(handle_of(value, A_TOKEN) ? INVALID : BAD_HANDLE);
  for (uint32_t at = 0; is_elevated && at < asked[0]; at++) {
    uint64_t bit = 1ull << (asked[1 + at * 3] & 63);
    enabled = asked[3 + at * 3] & 2 ? enabled | bit : enabled & ~bit;
  }
  set_last_error(is_elevated ? 0 : NOT_ALL);
  return 1;
}

static const struct { const char *name; uint8_t length, sid[16]; } accounts[] = {
  {"SY", 12, {1, 1, 0, 0, 0, 0, 0, 5, 18}}, {"BA", 16, {1, 2, 0, 0, 0, 0, 0, 5, 32, 0, 0, 0, 0x20, 2}},
  {"WD", 12, {1, 1, 0, 0, 0, 0, 0, 1, 0}}, {"BU", 16, {1, 2, 0, 0, 0, 0, 0, 5, 32, 0, 0, 0, 0x21, 2}},
};

/* Steps over a fixed text and an account, whose SID it appends. */
static bool put_account(const char **text, const char *start, uint8_t *out, size_t *length) {
  if (!starts_with(*text, start)) return false;
  *text += strlen(start);
  for (size_t at = 0; at < sizeof accounts / sizeof *accounts; at++) {
    if (!starts_with(*text, accounts[at].name)) continue;
    memcpy(out + *length, accounts[at].sid, accounts[at].length);
    *length += accounts[at].length;
    *text += 2;
    return true;
  }
  return false;
}

/* `O:xxG:xxD:` and up to 32 times `(A;;FA;;;xx)`. Answers the length, 0 for everything else. */
static size_t descriptor_of(const char *text, uint8_t out[1024]) {
  size_t length = 20, group, list;
  memset(out, 0, 1024);
  bool is_valid = put_account(&text, "O:", out, &length);
  group = length;
  is_valid = is_valid && put_account(&text, "G:", out, &length) && starts_with(text, "D:");
  list = length;
  uint32_t fields[] = {0x80040001, 20, (uint32_t)group, 0, (uint32_t)list};
  memcpy(out, fields, sizeof fields);
  length += 8;
  for (text += is_valid ? 2 : 0; is_valid && *text; out[list + 4]++) {
    size_t entry = length;
    length += 8;
    is_valid = entry < 1000 - 24 && put_account(&text, "(A;;FA;;;", out, &length) && *text++ == ')';
    put32(out + entry, (uint32_t)(length - entry) << 16);
    put32(out + entry + 4, 0x1f01ff);
  }
  put32(out + list, (uint32_t)(length - list) << 16 | 2);
  return is_valid ? length : 0;
}

EXPORT int32_t ConvertStringSecurityDescriptorToSecurityDescriptorW(const wide *sddl, uint32_t revision, void **out, uint32_t *size) {
  GUARD;
  uint8_t bytes[1024];
  if (!sddl || !out || revision != 1) return succeeded(INVALID);
  TEXT text = narrow(sddl, wide_length(sddl));
  size_t length = descriptor_of(text, bytes);
  if (length == 0) return succeeded(NO_DESCRIPTOR);
  memcpy(*out = hand_out(length), bytes, length);
  if (size) *size = (uint32_t)length;
  return 1;
}
