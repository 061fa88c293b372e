import type { Recorded } from '../src/model/event.js'
import type { Layout } from '../src/model/layout.js'
import type { Mount } from '../src/model/snapshot.js'
import type { Content } from '../src/runtime/ports.js'
import type { Refusal } from './assert.js'
import { digestOf } from './bytes.js'
import { change } from './content.js'
import type { Step } from './script.js'
import { firstIdOf, mountsIn } from './script-norms.js'
import { bytesOfTar } from './script-tars.js'
import type { PromiseFiles, PromiseSnapshotter } from './subject.js'

/** What scripts are run with, one after the other: each leaves nothing behind but records and blobs. */
export type ScriptSubject = {
  /** Open, over a root without layers. */
  readonly snapshotter: PromiseSnapshotter
  /** Closes the one that is open, and opens another over the same log, root and content. */
  readonly reopen: () => Promise<PromiseSnapshotter>
  /** The backend's. */
  readonly layout: Layout
  readonly content: Content
  /** Closes what is open and drops everything. */
  readonly close: () => Promise<void>
}

export type Run = {
  readonly subject: ScriptSubject
  readonly records: Recorded[]
  readonly attached: Map<string, PromiseFiles>
  readonly views: Set<string>
  snapshotter: PromiseSnapshotter
}

export const tarType = 'application/vnd.oci.image.layer.v1.tar'

/** Answers as they are shown; of a refusal the tag and what it is about. */
export const answerOf = async (act: () => Promise<unknown>): Promise<string> => {
  try {
    return JSON.stringify((await act()) ?? 'done')
  } catch (refusal) {
    if (!(refusal instanceof Error) || !('_tag' in refusal)) throw refusal
    const { _tag, field, entry, offset } = refusal as Refusal & { readonly entry?: string; readonly offset?: number }
    return [_tag, field, entry, offset].filter((part) => part !== undefined).join(' ')
  }
}

/** Begins a script with a snapshotter that is open. */
export const begin = (subject: ScriptSubject, snapshotter: PromiseSnapshotter): Run => {
  const records: Recorded[] = []
  snapshotter.events$.subscribe((record) => records.push(record))
  return { subject, records, attached: new Map(), views: new Set(), snapshotter }
}

const applyTar = async ({ snapshotter }: Run, step: Step & { readonly do: 'apply' }): Promise<unknown> => {
  const bytes = bytesOfTar(step.tar)
  const descriptor = { mediaType: tarType, digest: await digestOf(bytes), size: bytes.length }
  async function* stream(): AsyncGenerator<Uint8Array> {
    yield bytes
  }
  return snapshotter.apply(descriptor, await snapshotter.mounts(step.key), { stream: stream() })
}

/** Attaches, and remembers what can be reached so and whether it is a view. */
export const attach = async ({ snapshotter, attached, views }: Run, key: string): Promise<PromiseFiles> => {
  const { files } = await snapshotter.attach(key)
  attached.set(key, files)
  const { kind } = await snapshotter.stat(key)
  if (kind === 'View') views.add(key)
  else views.delete(key)
  return files
}

const inFiles = async ({ attached, views }: Run, step: Extract<Step, { readonly path: string }>): Promise<unknown> => {
  const { key, path } = step
  const files = attached.get(key)
  if (files === undefined) return 'never attached'
  if (step.do === 'read') return new TextDecoder().decode(await files.read(path))
  if (step.do === 'list') return files.list(path)
  // Worlds may refuse to write to a view, or drop what is written.
  if (views.has(key)) return 'left out'
  if (step.do === 'write') return files.write(path, step.content)
  if (step.do === 'delete') return files.remove(path)
  if (step.do === 'rename') return files.rename(path, step.to)
  if (step.do === 'link') return files.link(path, step.to)
  if (step.do === 'symlink') return files.symlink(step.target, path)
  return change(files, [{ make: path }])
}

const reopen = async (run: Run): Promise<void> => {
  run.snapshotter = await run.subject.reopen()
  run.records.push(...run.snapshotter.recovered)
  run.snapshotter.events$.subscribe((record) => run.records.push(record))
}

const withMounts = async ({ subject, records }: Run, mounts: Promise<readonly Mount[]>): Promise<unknown> => {
  const found = await mounts
  return mountsIn(subject.layout, found, firstIdOf(records))
}

export const perform = async (run: Run, step: Step): Promise<unknown> => {
  const { snapshotter } = run
  switch (step.do) {
    case 'prepare':
    case 'view': {
      const { do: verb, key, ...options } = step
      return withMounts(run, snapshotter[verb](key, options))
    }
    case 'commit': {
      const { do: _do, name, key, ...options } = step
      return snapshotter.commit(name, key, options)
    }
    case 'attach':
      await attach(run, step.key)
      return undefined
    case 'detach':
    case 'remove':
      return snapshotter[step.do](step.key)
    case 'update': {
      const {
        created: _created,
        updated: _updated,
        ...info
      } = await snapshotter.update({ name: step.name, labels: step.labels }, step.paths)
      return info
    }
    case 'apply':
      return applyTar(run, step)
    case 'compare':
      await snapshotter.compare(await snapshotter.mounts(step.lower), await snapshotter.mounts(step.upper))
      return undefined
    case 'cleanup':
      return snapshotter.cleanup()
    case 'reopen':
      return reopen(run)
    case 'write':
    case 'make':
    case 'delete':
    case 'read':
    case 'list':
    case 'rename':
    case 'link':
    case 'symlink':
      return inFiles(run, step)
  }
}
