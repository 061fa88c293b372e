import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { openUnsynced } from '../src/disk/unsynced.js'

/** What a host is told to flush; folders end in `/`. */
const watched = (hasTool: boolean) => {
  const flushed: string[] = []
  const unsynced = openUnsynced('/root', (path) => path, {
    flush: (path, isFolder) => flushed.push(`${String(path)}${isFolder ? '/' : ''}`),
    flushAll: (root) => hasTool && flushed.push(`all of ${root}`) > 0,
  })
  const synced = (others = false): readonly string[] => {
    flushed.length = 0
    unsynced.sync(others)
    return flushed.toSorted()
  }
  return { ...unsynced, synced }
}

test('a file is flushed with the folder that names it, once', () => {
  const { wrote, synced } = watched(true)
  wrote('a/b')
  wrote('a/b')
  assert.equal(synced(), ['a/', 'a/b'])
  assert.equal(synced(), [])
})

test('what was renamed is flushed under its new name', () => {
  const { wrote, renamed, synced } = watched(true)
  wrote('a/part')
  renamed('a/part', 'b/whole')
  assert.equal(synced(), ['a/', 'b/', 'b/whole'])
  wrote('tree.tmp/d/f')
  renamed('tree.tmp', 'tree')
  assert.equal(synced(), ['/', 'tree/d/', 'tree/d/f'])
})

test('what was removed is not flushed, but the folder it was in is', () => {
  const { wrote, removed, synced } = watched(true)
  wrote('a/b/c')
  removed('a/b/c')
  removed('a/b')
  assert.equal(synced(), ['a/'])
})

test('much at once is one flush of the file system, where the host has a tool for it', () => {
  for (const hasTool of [true, false]) {
    const { wrote, synced } = watched(hasTool)
    for (let at = 0; at < 30; at++) wrote(`a/${at}`)
    const found = synced()
    if (hasTool) assert.equal(found, ['all of /root'])
    else assert.is(found.length, 31)
  }
})

test('what others wrote is flushed where the host has a tool for it', () => {
  assert.equal(watched(true).synced(true), ['all of /root'])
  assert.equal(watched(false).synced(true), [])
})

test.run()
