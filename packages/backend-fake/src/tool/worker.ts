import { performer, type Request } from './requests.js'

const perform = performer()

process.on('message', (request: Request) => {
  void perform(request).then((answer) => process.send?.({ answer }))
})
// The process that asks is gone.
process.on('disconnect', () => process.exit())
