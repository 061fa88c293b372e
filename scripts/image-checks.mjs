// @ts-check
/** What skopeo, umoci, bsdtar and containerd say of an image that examples/build-image made. */
import assert from 'node:assert/strict'
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { buildImage, contentOf, parsed, run, sha256, unlock } from './image-sample.mjs'
import { startContainerd } from './private-containerd.mjs'

/**
 * @typedef {import('./image-sample.mjs').Image} Image
 * @typedef {import('./image-sample.mjs').Descriptor} Descriptor
 * @typedef {{ name: string, tools: string[], asRoot: boolean, run: () => Promise<void> | void }} Check
 */

const platform = { os: 'windows', architecture: 'amd64', 'os.version': '10.0.20348.0' }

/**
 * A tree that some tool unpacked holds in `Files` what the image should hold, and beside it nothing but the hives of a base.
 * @param {string} directory
 * @param {Image} image
 */
const holdsTheImage = (directory, { expected }) => {
  const found = contentOf(join(directory, 'Files'))
  const own = Object.entries(found).filter(([path]) => !/^Windows(\/System32(\/config(\/[A-Z]+)?)?)?$/.test(path))
  assert.deepEqual(Object.fromEntries(own), expected)
  for (const name of readdirSync(directory)) assert.match(name, /^(Files|Hives)$/)
}

/** @param {Image} image */
const platformOf = ({ config }) => {
  const { os, architecture } = config
  return { os, architecture, 'os.version': config['os.version'] }
}

/**
 * @param {string} place
 * @param {() => Image} image
 * @returns {Check[]}
 */
const skopeoChecks = (place, image) => [
  {
    name: 'skopeo inspect tells platform and layers',
    tools: ['skopeo'],
    asRoot: false,
    run: () => {
      const { layout, digest, layers, config } = image()
      const found = parsed(run('skopeo', 'inspect', `oci:${layout}:latest`))
      assert.equal(found.Digest, digest)
      assert.deepEqual([found.Os, found.Architecture], ['windows', 'amd64'])
      assert.deepEqual(
        found.Layers,
        layers.map((layer) => layer.digest),
      )
      assert.deepEqual(parsed(run('skopeo', 'inspect', '--config', `oci:${layout}:latest`)), config)
    },
  },
  {
    name: 'skopeo copy to a docker archive and back keeps the diff_ids',
    tools: ['skopeo', 'bsdtar'],
    asRoot: false,
    run: () => {
      const { layout, config } = image()
      const [archive, back] = [join(place, 'docker.tar'), join(place, 'back')]
      const copy = ['--insecure-policy', '--tmpdir', place, 'copy']
      run('skopeo', ...copy, `oci:${layout}:latest`, `docker-archive:${archive}:varve/example:latest`)
      const diffIds = config.rootfs.diff_ids
      for (const diffId of diffIds)
        assert.equal(sha256(run('bsdtar', '-xOf', archive, `${diffId.slice(7)}.tar`)), diffId)
      run('skopeo', ...copy, `docker-archive:${archive}`, `oci:${back}:latest`)
      const found = parsed(run('skopeo', 'inspect', '--config', `oci:${back}:latest`))
      assert.deepEqual(found.rootfs.diff_ids, diffIds)
      assert.equal(found['os.version'], config['os.version'])
    },
  },
]

/**
 * @param {string} place
 * @param {() => Image} image
 * @returns {Check[]}
 */
const umociChecks = (place, image) => [
  {
    name: 'umoci stat and ls tell layers, history and name',
    tools: ['umoci'],
    asRoot: false,
    run: () => {
      const { layout, layers, config } = image()
      const { history } = parsed(run('umoci', 'stat', '--json', '--image', `${layout}:latest`))
      const found = history.map((/** @type {{ layer: Descriptor, diff_id: string }} */ one) => [one.layer, one.diff_id])
      assert.deepEqual(
        found,
        layers.map((layer, at) => [layer, config.rootfs.diff_ids[at]]),
      )
      assert.equal(String(run('umoci', 'ls', '--layout', layout)), 'latest\n')
    },
  },
  {
    name: 'umoci raw unpack gives the files that went in',
    tools: ['umoci'],
    asRoot: false,
    run: () => {
      const target = join(place, 'umoci')
      const rootless = process.getuid?.() === 0 ? [] : ['--rootless']
      run('umoci', 'raw', 'unpack', ...rootless, '--image', `${image().layout}:latest`, target)
      unlock(target)
      holdsTheImage(target, image())
    },
  },
]

/**
 * @param {string} place
 * @param {() => Image} image
 */
const importIntoContainerd = async (place, image) => {
  const { layout, digest, layers, config, chainId } = image()
  const archive = join(place, 'image.tar')
  run('bsdtar', '-cf', archive, '-C', layout, 'oci-layout', 'index.json', 'blobs')
  const { ctr, end } = await startContainerd(join(place, 'containerd'))
  try {
    ctr('images', 'import', '--all-platforms', '--snapshotter', 'native', '--base-name', 'varve.test/example', archive)
    const listed = ctr('images', 'ls', 'name==varve.test/example:latest')
    for (const word of [digest, 'windows/amd64']) assert.ok(listed.includes(word), `${word} in ${listed}`)
    const blobs = ctr('content', 'ls')
    for (const [at, layer] of layers.entries()) {
      const label = `containerd.io/uncompressed=${config.rootfs.diff_ids[at]}`
      assert.ok(
        blobs.split('\n').some((line) => line.startsWith(layer.digest) && line.includes(label)),
        `${layer.digest} with ${label} in ${blobs}`,
      )
    }
    // containerd's differ for Linux takes whiteouts by the same names, so its tree is one more to compare.
    const mount = ctr('snapshots', '--snapshotter', 'native', 'view', '--target', join(place, 'view'), 'look', chainId)
    const source = /(\S*\/snapshots\/\d+)/.exec(mount)?.[1]
    assert.ok(source !== undefined, `a source in ${mount}`)
    holdsTheImage(source, image())
  } finally {
    await end()
  }
}

/**
 * The checks, in the order in which they are to be made. The first builds the image that the others look at.
 * @param {string} place an empty directory
 * @returns {Check[]}
 */
export const checks = (place) => {
  /** @type {Image | undefined} */
  let built
  const image = () => {
    if (built === undefined) throw new Error('there is no image to look at')
    return built
  }
  return [
    {
      name: 'build-image builds an image for Windows',
      tools: [],
      asRoot: false,
      run: () => {
        built = buildImage(place)
        assert.deepEqual(platformOf(built), platform)
        assert.equal(built.layers.length, 3)
      },
    },
    {
      name: 'bsdtar reads every layer',
      tools: ['bsdtar'],
      asRoot: false,
      run: () => {
        const { layers, blob, from } = image()
        for (const [at, { digest }] of layers.entries()) {
          const target = join(place, `layer-${at}`)
          mkdirSync(target)
          writeFileSync(join(place, 'layer.tar.gz'), blob(digest))
          run('bsdtar', '-xf', join(place, 'layer.tar.gz'), '-C', target)
          unlock(target)
        }
        assert.deepEqual(contentOf(join(place, 'layer-1/Files/app')), contentOf(from))
      },
    },
    ...skopeoChecks(place, image),
    ...umociChecks(place, image),
    {
      name: 'ctr images import takes all of it',
      tools: ['containerd', 'ctr', 'bsdtar'],
      asRoot: true,
      run: () => importIntoContainerd(place, image),
    },
  ]
}
