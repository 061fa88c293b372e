/**
 * Simple upper-case mappings (UnicodeData.txt of Unicode 14, field Simple_Uppercase_Mapping, not SpecialCasing.txt) of the
 * Basic Multilingual Plane, as runs of four numbers: the first code unit, how many there are, the step from one to the next
 * (1, or 2 where upper and lower case alternate), and what to add to each. In code point order; a unit that is in no run
 * maps to itself. Kept here because what the engine's own `toUpperCase` answers grows with its Unicode version and may be
 * longer than one unit.
 */
const runs: readonly number[] = [
  0x0061, 26, 1, -32, 0x00b5, 1, 1, 743, 0x00e0, 23, 1, -32, 0x00f8, 7, 1, -32, 0x00ff, 1, 1, 121, 0x0101, 24, 2, -1,
  0x0131, 1, 1, -232, 0x0133, 3, 2, -1, 0x013a, 8, 2, -1, 0x014b, 23, 2, -1, 0x017a, 3, 2, -1, 0x017f, 1, 1, -300,
  0x0180, 1, 1, 195, 0x0183, 2, 2, -1, 0x0188, 1, 1, -1, 0x018c, 1, 1, -1, 0x0192, 1, 1, -1, 0x0195, 1, 1, 97, 0x0199,
  1, 1, -1, 0x019a, 1, 1, 163, 0x019e, 1, 1, 130, 0x01a1, 3, 2, -1, 0x01a8, 1, 1, -1, 0x01ad, 1, 1, -1, 0x01b0, 1, 1,
  -1, 0x01b4, 2, 2, -1, 0x01b9, 1, 1, -1, 0x01bd, 1, 1, -1, 0x01bf, 1, 1, 56, 0x01c5, 1, 1, -1, 0x01c6, 1, 1, -2,
  0x01c8, 1, 1, -1, 0x01c9, 1, 1, -2, 0x01cb, 1, 1, -1, 0x01cc, 1, 1, -2, 0x01ce, 8, 2, -1, 0x01dd, 1, 1, -79, 0x01df,
  9, 2, -1, 0x01f2, 1, 1, -1, 0x01f3, 1, 1, -2, 0x01f5, 1, 1, -1, 0x01f9, 20, 2, -1, 0x0223, 9, 2, -1, 0x023c, 1, 1, -1,
  0x023f, 2, 1, 10815, 0x0242, 1, 1, -1, 0x0247, 5, 2, -1, 0x0250, 1, 1, 10783, 0x0251, 1, 1, 10780, 0x0252, 1, 1,
  10782, 0x0253, 1, 1, -210, 0x0254, 1, 1, -206, 0x0256, 2, 1, -205, 0x0259, 1, 1, -202, 0x025b, 1, 1, -203, 0x025c, 1,
  1, 42319, 0x0260, 1, 1, -205, 0x0261, 1, 1, 42315, 0x0263, 1, 1, -207, 0x0265, 1, 1, 42280, 0x0266, 1, 1, 42308,
  0x0268, 1, 1, -209, 0x0269, 1, 1, -211, 0x026a, 1, 1, 42308, 0x026b, 1, 1, 10743, 0x026c, 1, 1, 42305, 0x026f, 1, 1,
  -211, 0x0271, 1, 1, 10749, 0x0272, 1, 1, -213, 0x0275, 1, 1, -214, 0x027d, 1, 1, 10727, 0x0280, 1, 1, -218, 0x0282, 1,
  1, 42307, 0x0283, 1, 1, -218, 0x0287, 1, 1, 42282, 0x0288, 1, 1, -218, 0x0289, 1, 1, -69, 0x028a, 2, 1, -217, 0x028c,
  1, 1, -71, 0x0292, 1, 1, -219, 0x029d, 1, 1, 42261, 0x029e, 1, 1, 42258, 0x0345, 1, 1, 84, 0x0371, 2, 2, -1, 0x0377,
  1, 1, -1, 0x037b, 3, 1, 130, 0x03ac, 1, 1, -38, 0x03ad, 3, 1, -37, 0x03b1, 17, 1, -32, 0x03c2, 1, 1, -31, 0x03c3, 9,
  1, -32, 0x03cc, 1, 1, -64, 0x03cd, 2, 1, -63, 0x03d0, 1, 1, -62, 0x03d1, 1, 1, -57, 0x03d5, 1, 1, -47, 0x03d6, 1, 1,
  -54, 0x03d7, 1, 1, -8, 0x03d9, 12, 2, -1, 0x03f0, 1, 1, -86, 0x03f1, 1, 1, -80, 0x03f2, 1, 1, 7, 0x03f3, 1, 1, -116,
  0x03f5, 1, 1, -96, 0x03f8, 1, 1, -1, 0x03fb, 1, 1, -1, 0x0430, 32, 1, -32, 0x0450, 16, 1, -80, 0x0461, 17, 2, -1,
  0x048b, 27, 2, -1, 0x04c2, 7, 2, -1, 0x04cf, 1, 1, -15, 0x04d1, 48, 2, -1, 0x0561, 38, 1, -48, 0x10d0, 43, 1, 3008,
  0x10fd, 3, 1, 3008, 0x13f8, 6, 1, -8, 0x1c80, 1, 1, -6254, 0x1c81, 1, 1, -6253, 0x1c82, 1, 1, -6244, 0x1c83, 2, 1,
  -6242, 0x1c85, 1, 1, -6243, 0x1c86, 1, 1, -6236, 0x1c87, 1, 1, -6181, 0x1c88, 1, 1, 35266, 0x1d79, 1, 1, 35332,
  0x1d7d, 1, 1, 3814, 0x1d8e, 1, 1, 35384, 0x1e01, 75, 2, -1, 0x1e9b, 1, 1, -59, 0x1ea1, 48, 2, -1, 0x1f00, 8, 1, 8,
  0x1f10, 6, 1, 8, 0x1f20, 8, 1, 8, 0x1f30, 8, 1, 8, 0x1f40, 6, 1, 8, 0x1f51, 4, 2, 8, 0x1f60, 8, 1, 8, 0x1f70, 2, 1,
  74, 0x1f72, 4, 1, 86, 0x1f76, 2, 1, 100, 0x1f78, 2, 1, 128, 0x1f7a, 2, 1, 112, 0x1f7c, 2, 1, 126, 0x1f80, 8, 1, 8,
  0x1f90, 8, 1, 8, 0x1fa0, 8, 1, 8, 0x1fb0, 2, 1, 8, 0x1fb3, 1, 1, 9, 0x1fbe, 1, 1, -7205, 0x1fc3, 1, 1, 9, 0x1fd0, 2,
  1, 8, 0x1fe0, 2, 1, 8, 0x1fe5, 1, 1, 7, 0x1ff3, 1, 1, 9, 0x214e, 1, 1, -28, 0x2170, 16, 1, -16, 0x2184, 1, 1, -1,
  0x24d0, 26, 1, -26, 0x2c30, 48, 1, -48, 0x2c61, 1, 1, -1, 0x2c65, 1, 1, -10795, 0x2c66, 1, 1, -10792, 0x2c68, 3, 2,
  -1, 0x2c73, 1, 1, -1, 0x2c76, 1, 1, -1, 0x2c81, 50, 2, -1, 0x2cec, 2, 2, -1, 0x2cf3, 1, 1, -1, 0x2d00, 38, 1, -7264,
  0x2d27, 1, 1, -7264, 0x2d2d, 1, 1, -7264, 0xa641, 23, 2, -1, 0xa681, 14, 2, -1, 0xa723, 7, 2, -1, 0xa733, 31, 2, -1,
  0xa77a, 2, 2, -1, 0xa77f, 5, 2, -1, 0xa78c, 1, 1, -1, 0xa791, 2, 2, -1, 0xa794, 1, 1, 48, 0xa797, 10, 2, -1, 0xa7b5,
  8, 2, -1, 0xa7c8, 2, 2, -1, 0xa7d1, 1, 1, -1, 0xa7d7, 2, 2, -1, 0xa7f6, 1, 1, -1, 0xab53, 1, 1, -928, 0xab70, 80, 1,
  -38864, 0xff41, 26, 1, -32,
]

const upperCase = ((): Uint16Array => {
  const table = new Uint16Array(0x10000)
  for (let unit = 0; unit < table.length; unit++) table[unit] = unit
  for (let at = 0; at < runs.length; at += 4) {
    const [first = 0, count = 0, step = 0, distance = 0] = runs.slice(at, at + 4)
    for (let index = 0; index < count; index++) table[first + index * step] = first + index * step + distance
  }
  return table
})()

/**
 * The form in which NTFS compares names: each UTF-16 code unit in simple upper case. Two names of one directory are the same
 * name to Windows when their folded forms are equal.
 */
export const foldName = (name: string): string => {
  let folded = ''
  for (let index = 0; index < name.length; index++) {
    const unit = name.charCodeAt(index)
    folded += String.fromCharCode(upperCase[unit] ?? unit)
  }
  return folded
}

/** UTF-16 code units in the longest name that NTFS holds. */
export const longestName = 255

const reserved = /[<>:"|?*\\/]/
const loneSurrogate = /[\ud800-\udfff]/u
// The name up to its first dot; spaces before the dot do not count (RtlIsDosDeviceName_U).
const device = /^(?:CON|PRN|AUX|NUL|(?:COM|LPT)[1-9\u00b9\u00b2\u00b3]) *(?:\.|$)/

/**
 * Why Windows can't hold a file or directory of this name, or undefined. `name` is one component of a path. The rules are
 * those of Win32 ("Naming Files, Paths, and Namespaces"), which are narrower than those of NTFS itself.
 */
export const nameProblem = (name: string): string | undefined => {
  if (name === '') return 'is empty'
  if (name === '.' || name === '..') return 'means a directory, not a name'
  if (loneSurrogate.test(name)) return 'is not valid Unicode'
  const control = Array.from(name).find((character) => character < ' ')
  if (control !== undefined) return `has the control character U+${hexOf(control)}`
  const [mark] = reserved.exec(name) ?? []
  if (mark !== undefined) return `has the reserved character ${mark}`
  if (name.endsWith('.')) return 'ends with a dot'
  if (name.endsWith(' ')) return 'ends with a space'
  if (device.test(foldName(name))) return 'is the name of a device'
  return name.length > longestName ? `is longer than ${longestName} UTF-16 units` : undefined
}

const hexOf = (character: string): string => character.charCodeAt(0).toString(16).toUpperCase().padStart(4, '0')
