import type { Layout } from '@varve/core/ports'

/** Where a root that may be relative is on this host; undefined where there is no file system. */
export const resolveRoot = (root: string): Layout | undefined => {
  const path = process.getBuiltinModule('node:path')
  const absolute = path.resolve(root)
  return {
    root: absolute.endsWith(path.sep) ? absolute.slice(0, -1) : absolute,
    separator: path.sep === '\\' ? '\\' : '/',
  }
}
