/* Links, for tests under Wine: it shows what a link of Linux leads to in the place of the link, or nothing. Texts that are
   answered are in memory that CoTaskMemFree takes back. */
#ifdef _WIN32
static wide *wide_copy(const char *text) {
  wide *out = hand_out((strlen(text) + 1) * sizeof *out);
  widen(text, out);
  return out;
}

/* `modified`: nanoseconds since 1970. */
EXPORT uint32_t StandinReadLink(const wide *path, wide **out, int64_t *modified) {
  GUARD;
  TEXT host = NULL;
  TRY(host_path(path, &host));
  TEXT target = read_link(host);
  if (!target) return NO_REPARSE;
  facts found;
  TRY(look(host, false, &found));
  *modified = found.modified;
  *out = wide_copy(target);
  return 0;
}

EXPORT uint32_t StandinRemoveLink(const wide *path) {
  GUARD;
  TEXT host = NULL;
  TRY(host_path(path, &host));
  return remove_file(host);
}

EXPORT uint32_t StandinMoveLink(const wide *from, const wide *to) {
  GUARD;
  TEXT source = NULL;
  TEXT target = NULL;
  TRY(host_path(from, &source));
  TRY(host_path(to, &target));
  return rename_path(source, target);
}

EXPORT uint32_t StandinNameLink(const wide *existing, const wide *name) {
  GUARD;
  TEXT source = NULL;
  TEXT target = NULL;
  TRY(host_path(existing, &source));
  TRY(host_path(name, &target));
  return link_path(source, target);
}

/* Names in a folder, `/` behind each. */
EXPORT uint32_t StandinNames(const wide *path, wide **out) {
  GUARD;
  TEXT host = NULL;
  TRY(host_path(path, &host));
  NAMES names = list_names(host);
  if (!names) return NO_PATH;
  size_t length = 1;
  for (char **name = names; *name; name++) length += strlen(*name) + 1;
  TEXT all = calloc(1, length);
  for (char **name = names; *name; name++) strcat(strcat(all, *name), "/");
  *out = wide_copy(all);
  return 0;
}
#endif
