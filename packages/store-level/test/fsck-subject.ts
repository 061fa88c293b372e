import {
  cpSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { spawnSync } from 'node:child_process'
import { hash } from 'node:crypto'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { crc32 } from 'node:zlib'
import { Level } from 'level'
import { check, openSnapshotter, repair, rescue } from '@varve/core/promise'
import type { FoundRecord, NotedHead } from '@varve/core'
import type { FsckSubject, LogFiles, RootFiles } from '@varve/core/conformance'
import { fakeBackend } from '@varve/backend-fake'
import { levelStore } from '../src/index.js'

const kindAt = (path: string): 'file' | 'directory' | undefined => {
  try {
    return statSync(path).isDirectory() ? 'directory' : 'file'
  } catch {
    return undefined
  }
}

const rootOf = (root: string): RootFiles => {
  const at = (path: string): string => join(root, ...path.split('/'))
  return {
    list: async (path) => (kindAt(at(path)) === 'directory' ? readdirSync(at(path)) : []),
    read: async (path) => (kindAt(at(path)) === 'file' ? new Uint8Array(readFileSync(at(path))) : undefined),
    write: async (path, content) => {
      mkdirSync(dirname(at(path)), { recursive: true })
      writeFileSync(at(path), content)
    },
    truncate: async (path, length) => truncateSync(at(path), length),
    remove: async (path) => rmSync(at(path), { recursive: true }),
    rename: async (from, to) => renameSync(at(from), at(to)),
  }
}

const keyOf = (seq: number): string => `e${String(seq).padStart(16, '0')}`

const withDatabase = async <T>(path: string, use: (database: Level) => Promise<T>): Promise<T> => {
  const database = new Level(path)
  await database.open()
  try {
    return await use(database)
  } finally {
    await database.close()
  }
}

const slotBytes = 128

const slotOf = ({ log, seq, hash: last }: NotedHead): string => {
  const text = `${log} ${String(seq).padStart(16, '0')} ${last}`
  return `${crc32(text).toString(16).padStart(8, '0')} ${text}\n`
}

const slotsIn = (file: string): readonly NotedHead[] => {
  const content = readFileSync(file, 'latin1')
  return [0, 4096].flatMap((from) => {
    const [, log, seq, last = ''] = content
      .slice(from, from + slotBytes)
      .replaceAll('\0', '')
      .trim()
      .split(' ')
    return log === undefined || log === '' ? [] : [{ log, seq: Number(seq), hash: last }]
  })
}

const recordsIn = async (database: Level): Promise<readonly FoundRecord[]> =>
  (await database.iterator({ gte: 'e', lt: 'f' }).all()).map(([key, text]) => ({ seq: Number(key.slice(1)), text }))

/** A log in LevelDB, behind the back of its store. */
const logOf = (path: string): LogFiles => ({
  records: () => withDatabase(path, recordsIn),
  put: ({ seq, text }) => withDatabase(path, (database) => database.put(keyOf(seq), text)),
  drop: (seq) => withDatabase(path, (database) => database.del(keyOf(seq))),
  loseAfter: (seq) =>
    withDatabase(path, async (database) => {
      const records = await recordsIn(database)
      for (const record of records) if (record.seq > seq) await database.del(keyOf(record.seq))
      const last = records.find((record) => record.seq === seq)?.text ?? ''
      const head = JSON.parse(await database.get('h').then(String)) as NotedHead
      await database.put('h', JSON.stringify({ ...head, seq, hash: last.slice(-66, -2) }))
    }),
  rows: () =>
    withDatabase(
      path,
      async (database) =>
        new Map((await database.iterator({ gte: 'r', lt: 's' }).all()).map(([key, value]) => [key.slice(1), value])),
    ),
  putRow: (key, value) =>
    withDatabase(path, (database) => (value === undefined ? database.del(`r${key}`) : database.put(`r${key}`, value))),
  anchor: async () => slotsIn(`${path}.head`).toSorted((one, other) => other.seq - one.seq)[0],
  setAnchor: async (anchor) => {
    const content = Buffer.alloc(8192)
    content.write(anchor === 'damaged' ? 'no head at all' : slotOf(anchor), 'latin1')
    writeFileSync(`${path}.head`, content)
  },
  damageHead: () => withDatabase(path, (database) => database.put('h', '{')),
  sha256: (text) => hash('sha256', text, 'hex'),
})

const leaving = fileURLToPath(new URL('child/leave-attached.js', import.meta.url))

/** A log in LevelDB and layers on the disk, both in one directory. */
export const diskSubject = (directory: string): FsckSubject => {
  const [path, root] = [join(directory, 'log'), join(directory, 'layers')]
  const pair = () => ({ store: levelStore(path), backend: fakeBackend({ root }) })
  return {
    open: () => openSnapshotter(pair()),
    leaveAttached: async (written) => {
      const { stdout } = spawnSync(process.execPath, [leaving, directory, JSON.stringify(written)], {
        encoding: 'utf8',
        stdio: ['ignore', 'pipe', 'inherit'],
      })
      if (stdout !== 'attached') throw new Error(`what was to be left attached was not: ${stdout}`)
    },
    check: () => check(pair()),
    repair: (plan) => repair(plan, pair()),
    rescue: () => {
      for (const name of readdirSync(directory))
        if (name !== 'layers') rmSync(join(directory, name), { recursive: true })
      return rescue(pair())
    },
    root: rootOf(root),
    log: logOf(path),
    beside: (id) => ({ content: `scratch/${id}/Files/left`, temporary: `mounts/${id}.tmp/left` }),
    remakesTemplates: true,
  }
}

/** Another directory with the same in it. */
export const copyOf = (directory: string, to: string): void =>
  cpSync(directory, to, { recursive: true, preserveTimestamps: true, verbatimSymlinks: true })
