import { Level } from 'level'

const keyOf = (index: number): string => `e${String(index).padStart(16, '0')}`

/** Writes the texts into a new LevelDB in synced chained batches, one after the other; answers texts per second. */
export const rawLoop = async (directory: string, texts: readonly string[], groupSize: number): Promise<number> => {
  const database = new Level(directory)
  await database.open()
  const start = performance.now()
  for (let from = 0; from < texts.length; from += groupSize) {
    const batch = database.batch()
    const end = Math.min(from + groupSize, texts.length)
    for (let index = from; index < end; index++) batch.put(keyOf(index), texts[index] as string)
    await batch.write({ sync: true })
  }
  const seconds = (performance.now() - start) / 1_000
  await database.close()
  return texts.length / seconds
}
