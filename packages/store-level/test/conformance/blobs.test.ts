import { join } from 'node:path'
import { suite } from 'uvu'
import { memoryContent } from '@varve/backend-fake'
import { blobCases, type ContentSubject } from '@varve/core/conformance'
import { directoryContent } from '@varve/store-level'
import { temporary } from './subjects.js'

const memory = async (): Promise<ContentSubject> => {
  const content = memoryContent()
  return { content, reopen: () => Promise.resolve(content), close: () => Promise.resolve() }
}

const directory = async (): Promise<ContentSubject> => {
  const { path, remove } = await temporary()
  const open = () => directoryContent(join(path, 'some', 'content'))
  return { content: open(), reopen: () => Promise.resolve(open()), close: remove }
}

for (const [name, open] of Object.entries({ memory, directory })) {
  const test = suite(`${name} content`)
  for (const one of blobCases) test(one.name, () => one.run(open))
  test.run()
}
