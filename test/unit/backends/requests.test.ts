import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Requests } from '../../../src/backends/requests';
import { UserError } from '../../../src/base/errors';

test('answers reach the request of their id, in whatever order they come', async () => {
  const requests = new Requests(1000);
  const ids: number[] = [];
  const first = requests.send<string>('a', (id) => ids.push(id));
  const second = requests.send<string>('b', (id) => ids.push(id));
  requests.settle(ids[1]!, 'two');
  requests.settle(ids[0]!, 'one');
  assert.deepEqual(await Promise.all([first, second]), ['one', 'two']);
  assert.equal(requests.size, 0);
});

test('a refusal, a timeout, the end of the other side and a failing send all settle it', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const requests = new Requests(500);
  let id = 0;
  const refused = requests.send('x', (i) => {
    id = i;
  });
  requests.refuse(id, new UserError('no', 'never'));
  await assert.rejects(refused, /no/);

  const late = requests.send('the records', () => {});
  t.mock.timers.tick(500);
  await assert.rejects(late, /did not send the records within 0.5 s/);

  const orphaned = [requests.send('x', () => {}), requests.send('y', () => {})];
  requests.refuseAll(new UserError('gone', 'again'));
  for (const promise of orphaned) await assert.rejects(promise, /gone/);

  const unsent = requests.send('x', () => {
    throw new Error('not cloneable');
  });
  await assert.rejects(unsent, /not cloneable/);
  assert.equal(requests.size, 0);
});

test('an answer to nobody is dropped, and a second answer changes nothing', async () => {
  const requests = new Requests(1000);
  requests.settle(99, 'nobody asked');
  let id = 0;
  const once = requests.send<number>('x', (i) => {
    id = i;
  });
  requests.settle(id, 1);
  requests.settle(id, 2);
  requests.refuse(id, new Error('too late'));
  assert.equal(await once, 1);
});
