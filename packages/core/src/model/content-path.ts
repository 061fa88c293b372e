const loneSurrogate = /[\ud800-\udfff]/u

/** Why something is no path of a layer's content, or undefined: relative, `/` between its names, `''` for the root. */
export const contentPathProblem = (path: unknown): string | undefined => {
  if (typeof path !== 'string') return 'must be a text'
  if (path.includes('\0')) return 'must not contain NUL'
  if (loneSurrogate.test(path)) return 'must be well-formed Unicode'
  if (path.includes('\\')) return 'must have / between its names'
  if (path.startsWith('/') || /^[a-z]:(?:\/|$)/i.test(path)) return 'must be relative to the root of the content'
  const names = path === '' ? [] : path.split('/')
  if (names.includes('..')) return 'must not lead out of the content'
  return names.includes('') || names.includes('.') ? 'must not have empty names or .' : undefined
}

/** Why something can't be what a symlink points to, or undefined. */
export const linkTargetProblem = (target: unknown): string | undefined => {
  if (typeof target !== 'string') return 'must be a text'
  if (target === '') return 'must not be empty'
  if (target.includes('\0')) return 'must not contain NUL'
  return loneSurrogate.test(target) ? 'must be well-formed Unicode' : undefined
}
