import { describeAdapter } from './describe-adapter.ts';
import { createSampleAdapter } from './sample-adapter.fixture.ts';

const note = {
  id: 'n',
  body: 'hello',
  kind: 'plain',
  price: '1.5',
  copies: 2,
  dueAt: '2026-01-02T00:00:00Z',
  lines: [{ text: 'one', isDone: true }],
};

describeAdapter(createSampleAdapter, {
  read: (sample) => sample.find('n'),
  write: (sample, id) => sample.put({ id, body: 'hello', price: '1' }),
  live: (sample) => sample.pin({ id: 'p', seconds: 60 }),
  inputs: { put: note, find: 'n', pin: { id: 'p', seconds: 5 } },
});
