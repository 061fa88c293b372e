// One function of each convention, for a test of what koffi makes of the signatures.
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <uchar.h>

typedef struct { uint32_t a; uint16_t b, c; uint8_t d[8]; } Guid;
typedef struct { Guid id; uint32_t flags; const char16_t *path; } Descriptor;
typedef struct { int32_t flavour; const char16_t *home; } Driver;
typedef struct { uint16_t length, maximum; const char16_t *buffer; } Text;
typedef struct { uint32_t length; void *root; Text *name; uint32_t attributes; void *security, *quality; } Object;

#ifdef _WIN32
// The thread's own, as Windows has it; GetLastError is handed on.
__declspec(dllimport) void SetLastError(uint32_t);
__asm__(".section .drectve\n.ascii \" -export:GetLastError=kernel32.GetLastError\"\n.text");
#else
static _Thread_local uint32_t last_error;
static void SetLastError(uint32_t code) { last_error = code; }
uint32_t GetLastError(void) { return last_error; }
#endif
static int live;

static size_t units(const char16_t *text) { size_t n = 0; while (text[n]) n++; return n; }
static int is(const char16_t *text, const char16_t *other) {
  size_t n = units(other);
  return units(text) == n && !memcmp(text, other, n * 2);
}
static int fail(uint32_t code) { SetLastError(code); return 0; }
static void *give(const void *bytes, size_t length) { live++; return memcpy(malloc(length), bytes, length); }

int Live(void) { return live; }
void CoTaskMemFree(void *memory) { live -= memory != NULL; free(memory); }
void *LocalFree(void *memory) { CoTaskMemFree(memory); return NULL; }

int32_t PrepareLayer(const Driver *driver, const char16_t *path, const Descriptor *parents, size_t count) {
  if (driver->flavour != 1 || driver->home[0] || !is(path, u"C:\\4")) return 1 << 31;
  if (!count) return parents ? (int32_t)0x80070057 : 0;
  const Descriptor *last = &parents[count - 1];
  if (last->id.a != 0x65ed1907 || last->id.b != 0x894d || last->id.c != 0x50ff || last->id.d[0] != 0xbd || last->id.d[7] != 0x66)
    return (int32_t)0x80370112;
  return last->flags || !is(last->path, u"C:\\1") ? (int32_t)0x80370112 : (int32_t)0x80070015;
}
int32_t ExpandSandboxSize(const Driver *driver, const char16_t *path, uint64_t bytes) {
  (void)driver, (void)path;
  return bytes == INT64_MAX ? 0 : (int32_t)0x80070057;
}
int32_t NameToGuid(const char16_t *name, Guid *id) {
  size_t n = units(name);
  *id = (Guid){ (uint32_t)n, name[0], name[n - 1], { 1, 2, 3, 4, 5, 6, 7, 8 } };
  return 0;
}
int32_t GetLayerMountPath(const Driver *driver, const char16_t *path, size_t *length, char16_t *buffer) {
  static const char16_t volume[] = u"\\\\?\\Volume{\u00e4}";
  (void)driver, (void)path;
  size_t room = *length;
  *length = sizeof volume / 2;
  if (!buffer) return 0;
  if (room < *length) return (int32_t)0x8007007A;
  memcpy(buffer, volume, sizeof volume);
  return 0;
}
int32_t GetBaseImages(char16_t **out) { static const char16_t text[] = u"[\"\u00e4\"]"; *out = give(text, sizeof text); return 0; }

uint32_t ORCreateHive(void **hive) { *hive = give("", 1); return 0; }
uint32_t ORSaveHive(void *hive, const char16_t *path, uint32_t major, uint32_t minor) {
  return !hive || major != 10 || minor ? 87 : is(path, u"C:\\SAM") ? 183 : 0;
}
uint32_t ORCloseHive(void *hive) { CoTaskMemFree(hive); return 0; }

void *CreateFileW(const char16_t *path, uint32_t access, uint32_t share, void *security, uint32_t disposition, uint32_t flags, void *template) {
  if (is(path, u"C:\\busy")) return fail(32), (void *)-1;
  return access == 0x80000000 && share == 7 && !security && disposition == 3 && flags == 0x02200000 && !template ? (void *)0x44 : NULL;
}
int32_t CloseHandle(void *handle) { return handle == (void *)0x44 || fail(6); }
int32_t SetFilePointerEx(void *handle, int64_t distance, int64_t *position, uint32_t method) {
  return handle == (void *)0x44 && distance == INT64_MIN + 5 && !position && !method ? 1 : fail(87);
}
int32_t BackupRead(void *handle, uint8_t *buffer, uint32_t length, uint32_t *read, int32_t abort, int32_t security, void **context) {
  if (abort) return CoTaskMemFree(*context), *context = NULL, 1;
  if (!*context) *context = give("\0\0\0", 4);
  int *calls = *context;
  if (handle != (void *)0x44 || security != 1) return fail(87);
  *read = (*calls)++ < 2 ? length : 0;
  memset(buffer, 'A' + *calls, *read);
  return 1;
}
int32_t ConvertStringSecurityDescriptorToSecurityDescriptorW(const char16_t *sddl, uint32_t revision, void **out, uint32_t *length) {
  if (!is(sddl, u"O:BA") || revision != 1) return fail(1336);
  *length = 5;
  *out = give("\1\0\2\0\3rest", 9);
  return 1;
}
uint32_t GetFinalPathNameByHandleW(void *handle, char16_t *buffer, uint32_t length, uint32_t flags) {
  (void)flags;
  if (handle != (void *)0x44) return fail(6);
  if (length >= 4) memcpy(buffer, u"C:\\", 8);
  return 3;
}
int32_t NtCreateFile(void **out, uint32_t access, Object *object, void *status, int64_t *allocation, uint32_t attributes,
                     uint32_t share, uint32_t disposition, uint32_t options, void *ea, uint32_t ea_length) {
  const Text *name = object->name;
  if (object->length != 48 || object->root != (void *)0x44 || object->attributes != 0x1000 || object->security || object->quality)
    return (int32_t)0xC000000D;
  if (name->length != 8 || name->maximum < 8 || memcmp(name->buffer, u"a\\\u00e4b", 8)) return (int32_t)0xC0000034;
  if (!status || allocation || attributes || share != 7 || disposition != 1 || options != 0x4020 || ea || ea_length) return (int32_t)0xC000000D;
  *out = (void *)(uintptr_t)access;
  return 0;
}
uint32_t RtlNtStatusToDosError(int32_t status) { return status == (int32_t)0xC0000034 ? 2 : 317; }
