import type { Info } from '@varve/core'
import pc from 'picocolors'

const colours = { Active: pc.yellow, View: pc.cyan, Committed: pc.green } as const

const byName = (a: Info, b: Info): number => (a.name < b.name ? -1 : 1)

const branch = (info: Info, all: readonly Info[], indent: string, isLast: boolean): readonly string[] => {
  const children = all.filter(({ parent }) => parent === info.name).toSorted(byName)
  const below = `${indent}${isLast ? '   ' : '│  '}`
  return [
    `${indent}${isLast ? '└─ ' : '├─ '}${colours[info.kind](info.name)} ${pc.dim(info.kind)}`,
    ...children.flatMap((child, index) => branch(child, all, below, index === children.length - 1)),
  ]
}

/** The snapshots as a tree of lines: each stands below its parent. */
export const treeOf = (infos: readonly Info[]): readonly string[] => {
  const roots = infos.filter(({ parent }) => parent === '').toSorted(byName)
  return roots.flatMap((root, index) => branch(root, infos, '  ', index === roots.length - 1))
}
