/* virtdisk.dll. All answer the code itself. */
enum { MAXIMUM_SIZE = 24, PARENT_PATH = 48, STAYS = 4 };

static uint32_t open_disk(const char *path, bool is_shared, void **out) {
  disk found;
  uint32_t failed = read_disk(path, &found);
  if (!failed && !is_shared && is_attached(path)) failed = SHARED;
  if (!failed) *out = new_handle(A_DISK, path, -1, 0);
  return failed;
}

/* Parameters: version, whether for information only, whether for reading only. */
EXPORT uint32_t OpenVirtualDisk(const void *type, const wide *path, uint32_t access, uint32_t, const uint32_t *asked, void **out) {
  GUARD;
  char host[PATH];
  if (!type || !out || !asked || asked[0] != 2 || access != 0) return INVALID;
  uint32_t failed = host_path(path, host);
  return failed ? failed : open_disk(host, asked[1] || asked[2], out);
}

EXPORT uint32_t CreateVirtualDisk(const void *type, const wide *path, uint32_t access, const void *, uint32_t, uint32_t,
                                  const uint8_t *asked, const void *, void **out) {
  GUARD;
  char host[PATH], parent[PATH];
  disk found = {0};
  const wide *parent_path = NULL;
  if (!type || !out || !asked || get32(asked) != 2 || access != 0) return INVALID;
  memcpy(&parent_path, asked + PARENT_PATH, sizeof parent_path);
  uint32_t failed = host_path(path, host);
  if (!failed && parent_path) failed = host_path(parent_path, parent);
  if (!failed && parent_path) failed = read_disk(parent, &found);
  if (!failed && exists(host) == 0) failed = EXISTS;
  if (!failed) failed = new_disk(host, parent_path ? found.size : get64(asked + MAXIMUM_SIZE), found.volume != 0);
  return failed ? failed : open_disk(host, true, out);
}

EXPORT uint32_t AttachVirtualDisk(void *value, const void *, uint32_t flags, uint32_t, const void *, const void *) {
  GUARD;
  handle *on = handle_of(value, A_DISK);
  uint32_t failed = on ? attach(on->path, flags & STAYS ? 0 : own_process()) : BAD_HANDLE;
  if (!failed) on->attaches = !(flags & STAYS);
  return failed;
}

EXPORT uint32_t DetachVirtualDisk(void *value, uint32_t, uint32_t) {
  GUARD;
  handle *on = handle_of(value, A_DISK);
  if (on) on->attaches = false;
  return on ? detach(on->path) : BAD_HANDLE;
}

EXPORT uint32_t ExpandVirtualDisk(void *value, uint32_t, const uint8_t *asked, const void *) {
  GUARD;
  handle *on = handle_of(value, A_DISK);
  return !on ? BAD_HANDLE : !asked || get32(asked) != 1 ? INVALID : expand(on->path, get64(asked + 8));
}

EXPORT uint32_t ResizeVirtualDisk(void *value, uint32_t flags, const uint8_t *asked, const void *overlapped) {
  return ExpandVirtualDisk(value, flags, asked, overlapped);
}

EXPORT uint32_t GetVirtualDiskPhysicalPath(void *value, uint32_t *size, wide *out) {
  GUARD;
  handle *on = handle_of(value, A_DISK);
  const wide *text = u"\\\\.\\PhysicalDrive1";
  if (!on || !size || !out) return on ? INVALID : BAD_HANDLE;
  uint32_t needed = (uint32_t)(wide_length(text) + 1) * 2, room = *size;
  *size = needed;
  if (!is_attached(on->path) || room < needed) return room < needed ? TOO_SMALL : NO_DEVICE;
  memcpy(out, text, needed);
  return 0;
}

/* Versions: 1 sizes, 14 the disk's id. */
EXPORT uint32_t GetVirtualDiskInformation(void *value, uint32_t *size, uint8_t *out, uint32_t *used) {
  GUARD;
  handle *on = handle_of(value, A_DISK);
  disk found;
  facts file;
  if (!on || !size || !out || *size < 32) return !on ? BAD_HANDLE : !size || !out ? INVALID : TOO_SMALL;
  uint32_t version = get32(out), failed = read_disk(on->path, &found);
  if (!failed) failed = look(on->path, true, &file);
  if (failed || (version != 1 && version != 14)) return failed ? failed : INVALID;
  put64(out + 8, found.size);
  put64(out + 16, file.size);
  put32(out + 24, MIB);
  put32(out + 28, 512);
  if (version == 14) memcpy(out + 8, found.id, 16);
  if (used) *used = version == 1 ? 32 : 24;
  return 0;
}

EXPORT uint32_t SetVirtualDiskInformation(void *value, const uint8_t *asked) {
  GUARD;
  handle *on = handle_of(value, A_DISK);
  disk found;
  if (!on || !asked || get32(asked) != 5) return on ? INVALID : BAD_HANDLE;
  uint32_t failed = is_attached(on->path) ? SHARED : read_disk(on->path, &found);
  memcpy(found.id, asked + 8, 16);
  return failed ? failed : write_disk(on->path, &found);
}
