import { cp } from 'node:fs/promises'
import { noteSlices, type Context } from '../context.js'
import { figureOf, median, type Figure } from '../figure.js'
import { countingAnchorWrites } from '../support/anchor-writes.js'
import { firstActive, throughput, type Throughput } from '../support/clients.js'
import { rawLoop } from '../support/raw-loop.js'

const small = 1_000
const rawLimit = 0.6
const anchorLimit = 0.85
const largeLimit = 0.7

/** Runs clients on a fresh copy of the small population. */
const freshRun = async (context: Context, clients: number, commands: number): Promise<Throughput> => {
  const directory = context.newDirectory(`clients-${clients}`)
  await cp(await context.population(small), directory, { recursive: true })
  return throughput({ directory, size: small, clients, commands, run: 'run', oldest: firstActive(small) })
}

const commandsFor = (context: Context, clients: number): number => {
  const most = { 1: 2_000, 8: 8_000, 64: 24_000, 256: 24_000 }[clients] ?? 24_000
  return context.quick ? most / 4 : most
}

const of = <T>(runs: readonly T[], pick: (run: T) => number): number => median(runs.map(pick))

/** Clients on the runtime over LevelDB, in turns with a raw loop that writes the same bytes in groups of the same size. */
export async function* writePath(context: Context): AsyncGenerator<Figure> {
  await freshRun(context, 64, commandsFor(context, 64))
  for (const clients of [1, 8, 64, 256]) {
    const pairs: { readonly run: Throughput; readonly raw: number }[] = []
    for (let round = 0; round < (context.quick ? 2 : clients === 64 ? 5 : 3); round++) {
      const run = await freshRun(context, clients, commandsFor(context, clients))
      const raw = await rawLoop(context.newDirectory('raw'), run.texts, Math.round(run.meanGroup))
      pairs.push({ run: { ...run, texts: [] }, raw })
    }
    const runs = pairs.map(({ run }) => run)
    noteSlices(context, `write path, ${clients} clients`, runs)
    const ratio = of(pairs, ({ run, raw }) => run.eventsPerSecond / raw)
    yield figureOf({
      name: `write path, ${clients} clients`,
      value: of(runs, (run) => run.eventsPerSecond),
      unit: 'events/s',
      peer: { name: 'raw chained loop', value: of(pairs, ({ raw }) => raw) },
      ratio,
      ...(clients === 64 ? { budget: { of: 'ratio', sign: '>=', limit: rawLimit } } : {}),
      details: {
        clients,
        commandsPerSecond: Math.round(of(runs, (run) => run.commandsPerSecond)),
        meanGroup: Math.round(of(runs, (run) => run.meanGroup) * 10) / 10,
        wallMs: Math.round(of(runs, (run) => run.wallMs)),
        userMs: Math.round(of(runs, (run) => run.userMs)),
        ratios: pairs.map(({ run, raw }) => Math.round((100 * run.eventsPerSecond) / raw) / 100),
      },
    })
  }
}

/** The same with and without the writes of the anchor, in turns. */
export async function* anchor(context: Context): AsyncGenerator<Figure> {
  const commands = commandsFor(context, 64)
  const pairs: { readonly kept: number; readonly leftOut: number; readonly count: number; readonly ms: number }[] = []
  for (let round = 0; round < (context.quick ? 2 : 7); round++) {
    const kept = await countingAnchorWrites(false, () => freshRun(context, 64, commands))
    const leftOut = await countingAnchorWrites(true, () => freshRun(context, 64, commands))
    pairs.push({
      kept: kept.result.commandsPerSecond,
      leftOut: leftOut.result.commandsPerSecond,
      count: kept.writes.count,
      ms: kept.writes.ms,
    })
  }
  yield figureOf({
    name: 'write path, 64 clients, with the anchor',
    value: of(pairs, ({ kept }) => kept),
    unit: 'commands/s',
    peer: { name: 'without it', value: of(pairs, ({ leftOut }) => leftOut) },
    ratio: of(pairs, ({ kept, leftOut }) => kept / leftOut),
    budget: { of: 'ratio', sign: '>=', limit: anchorLimit },
    details: {
      clients: 64,
      writes: Math.round(of(pairs, ({ count }) => count)),
      writeUs: Math.round(of(pairs, ({ ms, count }) => (1_000 * ms) / count)),
      ratios: pairs.map(({ kept, leftOut }) => Math.round((100 * kept) / leftOut) / 100),
    },
  })
}

/** The same over a large state, in turns with the small one; each opens its own log, so that only one state is in memory. */
export async function* largeWritePath(context: Context): AsyncGenerator<Figure> {
  const commands = commandsFor(context, 64)
  const directory = await context.population(context.large)
  const oldest = firstActive(context.large)
  const pairs: { readonly at: Throughput; readonly peer: Throughput }[] = []
  for (let round = 0; round < (context.quick ? 2 : 3); round++) {
    const peer = await freshRun(context, 64, commands)
    const load = { directory, size: context.large, clients: 64, commands, run: `round ${round}`, oldest }
    pairs.push({ peer, at: await throughput(load) })
  }
  const runs = pairs.map(({ at }) => at)
  noteSlices(context, `write path at ${context.large} snapshots`, runs)
  yield figureOf({
    name: `write path, 64 clients, at ${context.large} snapshots`,
    value: of(runs, (run) => run.commandsPerSecond),
    unit: 'commands/s',
    peer: { name: `at ${small}`, value: of(pairs, ({ peer }) => peer.commandsPerSecond) },
    ratio: of(pairs, ({ at, peer }) => at.commandsPerSecond / peer.commandsPerSecond),
    budget: { of: 'ratio', sign: '>=', limit: largeLimit },
    details: {
      clients: 64,
      snapshots: context.large,
      meanGroup: Math.round(of(runs, (run) => run.meanGroup) * 10) / 10,
      userMs: Math.round(of(runs, (run) => run.userMs)),
      ratios: pairs.map(({ at, peer }) => Math.round((100 * at.commandsPerSecond) / peer.commandsPerSecond) / 100),
    },
  })
}
