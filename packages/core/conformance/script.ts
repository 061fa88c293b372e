/** One line of the tar that a step applies; `opaque` is a folder that hides what the parents have in it. Names are those below `Files`; `at`: seconds since 1970. */
export type TarLine = {
  readonly type: 'folder' | 'file' | 'stream' | 'symlink' | 'junction' | 'link' | 'whiteout' | 'opaque'
  readonly name: string
  /** Of a file or stream. */
  readonly content?: string
  /** Of a stream. */
  readonly stream?: string
  /** Of a symlink, junction or link. */
  readonly target?: string
  readonly at?: number
  /** Read-only, hidden, system: bits on top of what the type brings with it. */
  readonly bits?: number
  /** A security descriptor in hex digits, self-relative. */
  readonly security?: string
}

type InFiles = { readonly key: string; readonly path: string }

/** One command of a script. Those on files go to what the last attach of the key answered. */
export type Step =
  | {
      readonly do: 'prepare' | 'view'
      readonly key: string
      readonly parent?: string
      readonly purpose?: 'scratch' | 'unpack'
      readonly labels?: Readonly<Record<string, string>>
    }
  | {
      readonly do: 'commit'
      readonly name: string
      readonly key: string
      readonly parent?: string
      readonly labels?: Readonly<Record<string, string>>
    }
  | { readonly do: 'attach' | 'detach' | 'remove'; readonly key: string }
  | {
      readonly do: 'update'
      readonly name: string
      readonly labels: Readonly<Record<string, string>>
      readonly paths?: readonly string[]
    }
  | { readonly do: 'apply'; readonly key: string; readonly tar: readonly TarLine[] }
  /** With the mounts of another snapshot as the lower ones; what comes of it is compared when the script has ended. */
  | { readonly do: 'compare'; readonly lower: string; readonly upper: string }
  | { readonly do: 'cleanup' | 'reopen' }
  | (InFiles & { readonly do: 'write'; readonly content: string })
  | (InFiles & { readonly do: 'make' | 'delete' | 'read' | 'list' })
  | (InFiles & { readonly do: 'rename' | 'link'; readonly to: string })
  | (InFiles & { readonly do: 'symlink'; readonly target: string })

/** Commands for one snapshotter, sent one after the other. Plain data, the same in JSON. */
export type Script = readonly Step[]
