import { spawnSync } from 'node:child_process'
import { mkdirSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

/** An ext4 file system in a file, on which the power can be cut. */
export type Disk = { readonly image: string; readonly path: string }

const run = (program: string, ...args: readonly string[]): void => {
  const { status, stderr, error } = spawnSync(program, args, { encoding: 'utf8' })
  if (status !== 0) throw new Error(`${program} ${args.join(' ')}: ${error?.message ?? stderr}`)
}

const bytes = 256 * 1024 * 1024

/** Puts an empty file system at `<directory>/disk`. */
export const mountFresh = (directory: string): Disk => {
  const disk = { image: join(directory, 'disk.img'), path: join(directory, 'disk') }
  rmSync(disk.image, { force: true })
  writeFileSync(disk.image, '')
  truncateSync(disk.image, bytes)
  run('mkfs.ext4', '-q', '-F', disk.image)
  mkdirSync(disk.path, { recursive: true })
  mount(disk)
  return disk
}

export const mount = ({ image, path }: Disk): void => run('mount', '-o', 'loop', image, path)

export const unmount = ({ path }: Disk): void => run('umount', path)

/** EXT4_IOC_SHUTDOWN with EXT4_GOING_FLAGS_NOLOGFLUSH of the Linux kernel: neither data nor journal is written any more. */
const shutDown = `open(my $disk, '<', $ARGV[0]) or die $!; my $how = pack('L', 2); ioctl($disk, 0x8004587d, $how) or die $!`

/** Everything that was not synced, and has not been written of its own accord, is lost; nothing can be written until it is mounted again. */
export const cutPower = ({ path }: Disk): void => run('perl', '-e', shutDown, path)

/** Why power can't be cut here, undefined where it can: that needs root, loop devices and the tools of ext4. */
export const whyNoPowerCut = (directory: string): string | undefined => {
  try {
    const disk = mountFresh(directory)
    cutPower(disk)
    unmount(disk)
    rmSync(disk.image)
    return undefined
  } catch (cause) {
    return cause instanceof Error ? cause.message : String(cause)
  }
}
