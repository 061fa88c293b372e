import type { Kind, Profile, Purpose } from './snapshot.js'

/** What a new snapshot's directory holds: nothing, the folder `Files`, or a scratch disk copied from the base layer. */
export type Start = 'nothing' | 'Files' | 'scratch'

/** What sets the size of the scratch disk. */
export type SizedBy = 'nobody' | 'labels' | 'one gibibyte'

/** How one sort of snapshot begins and is mounted. */
export type ProfileRow = {
  readonly start: Start
  readonly sizedBy: SizedBy
  readonly mount: 'bind' | 'windows-layer'
  /** The mount's source is `Files` inside the layer's directory. */
  readonly inFiles: boolean
  /** Whether the option `parentLayerPaths` is there although there are no parents. */
  readonly emptyParentPaths: boolean
}

const row = (
  start: Start,
  sizedBy: SizedBy,
  mount: ProfileRow['mount'],
  inFiles: boolean,
  emptyParentPaths: boolean,
): ProfileRow => ({ start, sizedBy, mount, inFiles, emptyParentPaths })

type Rows = Readonly<Record<`${'Active' | 'View'} ${'parentless' | 'with parents'} ${Purpose}`, ProfileRow>>

/** The differences between the profiles, all of them. */
const profiles: Readonly<Record<Profile, Rows>> = {
  bind: {
    'Active parentless scratch': row('Files', 'nobody', 'bind', true, true),
    'Active parentless unpack': row('nothing', 'nobody', 'bind', false, true),
    'Active with parents scratch': row('scratch', 'labels', 'windows-layer', false, false),
    'Active with parents unpack': row('nothing', 'nobody', 'windows-layer', false, false),
    'View parentless scratch': row('Files', 'nobody', 'bind', true, true),
    'View parentless unpack': row('nothing', 'nobody', 'bind', false, true),
    'View with parents scratch': row('scratch', 'one gibibyte', 'windows-layer', false, false),
    'View with parents unpack': row('nothing', 'nobody', 'windows-layer', false, false),
  },
  'windows-layer': {
    'Active parentless scratch': row('Files', 'nobody', 'windows-layer', false, false),
    'Active parentless unpack': row('nothing', 'nobody', 'windows-layer', false, false),
    'Active with parents scratch': row('scratch', 'labels', 'windows-layer', false, false),
    'Active with parents unpack': row('nothing', 'nobody', 'windows-layer', false, false),
    'View parentless scratch': row('Files', 'nobody', 'windows-layer', false, false),
    'View parentless unpack': row('nothing', 'nobody', 'windows-layer', false, false),
    'View with parents scratch': row('scratch', 'labels', 'windows-layer', false, false),
    'View with parents unpack': row('nothing', 'nobody', 'windows-layer', false, false),
  },
}

/** The row for one sort of snapshot; a Committed one has none, because it is neither created nor mounted. */
export const profileRow = (
  profile: Profile,
  kind: Exclude<Kind, 'Committed'>,
  hasParents: boolean,
  purpose: Purpose,
): ProfileRow => profiles[profile][`${kind} ${hasParents ? 'with parents' : 'parentless'} ${purpose}`]
