import { join } from 'node:path'
import { suite } from 'uvu'
import { memoryStore } from '@varve/backend-fake'
import { storeCases, type StoreSubject } from '@varve/core/conformance'
import { levelStore } from '@varve/store-level'
import { temporary } from './subjects.js'

const memory = async (): Promise<StoreSubject> => {
  const store = memoryStore()
  return {
    store,
    reopen: () => Promise.resolve(store),
    close: async () => {
      await store.close()()
    },
  }
}

const level = async (): Promise<StoreSubject> => {
  const directory = await temporary()
  const path = join(directory.path, 'log')
  let store = levelStore(path)
  return {
    store,
    reopen: () => Promise.resolve((store = levelStore(path))),
    close: async () => {
      await store.close()()
      await directory.remove()
    },
  }
}

for (const [name, open] of Object.entries({ memory, level })) {
  const test = suite(`${name} store`)
  for (const one of storeCases) test(one.name, () => one.run(open))
  test.run()
}
