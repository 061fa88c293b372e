import { spawn, spawnSync } from 'node:child_process'

/** Whether the tools of the peers are on this machine. */
export const hasPeers = (): boolean =>
  ['bsdtar', 'openssl', 'bash'].every((tool) => spawnSync(tool, ['--help'], { stdio: 'ignore' }).error === undefined)

/** Seconds that a pipeline of bash takes. */
export const timedShell = async (script: string, environment: Readonly<Record<string, string>>): Promise<number> => {
  const start = performance.now()
  const child = spawn('bash', ['-c', `set -euo pipefail; ${script}`], {
    stdio: ['ignore', 'ignore', 'inherit'],
    env: { ...process.env, ...environment },
  })
  const code = await new Promise<number | null>((resolve) => child.once('close', resolve))
  if (code !== 0) throw new Error(`${script} ended with ${code}`)
  return (performance.now() - start) / 1_000
}

/** What each peer does, with the directory as DIR and the blob as BLOB. */
export const peerScripts = {
  export: {
    tar: 'bsdtar -cf - -C "$DIR" . | openssl dgst -sha256',
    gzip: 'bsdtar -czf - -C "$DIR" . | openssl dgst -sha256',
  },
  import: {
    tar: 'tee >(openssl dgst -sha256 >/dev/null) < "$BLOB" | bsdtar -xf - -C "$DIR"',
    gzip: 'tee >(openssl dgst -sha256 >/dev/null) < "$BLOB" | bsdtar -xzf - -C "$DIR"',
  },
} as const
