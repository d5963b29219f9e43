import { answers, arrayLiteral, functionCall } from '@tse/core';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { ApprovalRequest, ApprovalTerms, CastVote, RequestApproval } from '../index.ts';
import { type TestCustodian, errorsOf, testCustodian } from '../test-custodian.ts';
import { type Quorum, isMet } from './quorum.ts';

let t: TestCustodian;
beforeAll(async () => {
  t = await testCustodian();
  for (const approverId of ['ann', 'ben', 'cat', 'dan', 'eve'])
    await t.custodian.approvals.registerApprover({ approverId });
});
afterAll(() => t[Symbol.asyncDispose]());

const terms = (over: Partial<ApprovalTerms> = {}): ApprovalTerms => ({
  expiresAfter: 'PT1H',
  groups: [{ name: 'treasury', threshold: 2, members: ['ann', 'ben', 'cat'] }],
  ...over,
});
const asking = (requestId: string, over: Partial<RequestApproval> = {}): RequestApproval => ({
  requestId,
  subject: { kind: 'release', id: requestId, digest: 'd1' },
  initiatorId: 'ivy',
  terms: terms(),
  ...over,
});
const voting = (requestId: string, approverId: string, over: Partial<CastVote> = {}): CastVote => ({
  requestId,
  approverId,
  decision: 'approve',
  digest: 'd1',
  ...over,
});
const conflict = (code: string) => ({ kind: 'conflict', code });
const fresh = (requestId: string) => t.custodian.approvals.get(requestId, { fresh: true });

test('a request is frozen as it was asked for, and its quorum decides it once', async () => {
  const { approvals } = t.custodian;
  const request = await approvals.request(asking('r1'));
  expect(request).toEqual({
    requestId: 'r1',
    subject: { kind: 'release', id: 'r1', digest: 'd1' },
    initiatorId: 'ivy',
    join: 'all',
    veto: true,
    groups: [{ name: 'treasury', threshold: 2, approvals: 0 }],
    eligible: ['ann', 'ben', 'cat'],
    votes: [],
    status: 'pending',
    openedAt: '2026-01-01T00:00:00.000000Z',
    expiresAt: '2026-01-01T01:00:00.000000Z',
    version: 1,
  });
  expect(await approvals.request(asking('r1'))).toEqual(request);
  expect(await approvals.vote(voting('r1', 'ann'))).toMatchObject({ status: 'pending', groups: [{ approvals: 1 }] });
  const decided = await approvals.vote(voting('r1', 'ben', { reason: 'seen' }));
  expect(decided).toMatchObject({
    status: 'approved',
    version: 3,
    votes: [
      { approverId: 'ann', decision: 'approve' },
      { approverId: 'ben', decision: 'approve', reason: 'seen' },
    ],
  });
  expect(await approvals.vote(voting('r1', 'ben', { reason: 'again' }))).toEqual(decided);
  await expect(approvals.vote(voting('r1', 'cat'))).rejects.toMatchObject(conflict('request-decided'));
  await expect(approvals.cancel({ requestId: 'r1', initiatorId: 'ivy' })).rejects.toMatchObject(
    conflict('request-decided'),
  );
  expect(await t.box.events.next('approval.decided')).toMatchObject({
    payload: {
      requestId: 'r1',
      decision: 'approved',
      quorum: { join: 'all', groups: [{ name: 'treasury', threshold: 2, approvals: 2 }] },
    },
  });
});

test('what is no vote is refused by its reason and changes nothing', async () => {
  const { approvals } = t.custodian;
  await approvals.request(asking('r2', { initiatorId: 'ann' }));
  await approvals.registerApprover({ approverId: 'gone' });
  await approvals.request(
    asking('r2b', { terms: terms({ groups: [{ name: 'g', threshold: 1, members: ['ann', 'gone'] }] }) }),
  );
  await approvals.removeApprover({ approverId: 'gone' });
  await approvals.vote(voting('r2', 'ben'));
  const before = await t.everything();
  const errors = await errorsOf([
    approvals.vote(voting('r2', 'ann')),
    approvals.vote(voting('r2', 'dan')),
    approvals.vote(voting('r2', 'nobody')),
    approvals.vote(voting('r2', 'ben', { decision: 'reject' })),
    approvals.vote(voting('r2', 'cat', { digest: 'another' })),
    approvals.vote(voting('nothing', 'cat')),
    approvals.vote(voting('r2b', 'gone')),
    approvals.cancel({ requestId: 'r2', initiatorId: 'ben' }),
    approvals.removeApprover({ approverId: 'nobody' }),
    approvals.request(asking('r2', { subject: { kind: 'release', id: 'r2', digest: 'd2' }, initiatorId: 'ann' })),
    approvals.request(asking('r2-twin', { subject: { kind: 'release', id: 'r2', digest: 'd1' } })),
    approvals.request(asking('r2c', { terms: terms({ groups: [{ name: 'g', threshold: 1, members: ['zoe'] }] }) })),
    // The initiator does not count, and neither does who is removed.
    approvals.request(
      asking('r2d', {
        initiatorId: 'ann',
        terms: terms({ groups: [{ name: 'g', threshold: 2, members: ['ann', 'ben'] }] }),
      }),
    ),
    approvals.request(
      asking('r2e', { terms: terms({ groups: [{ name: 'g', threshold: 2, members: ['gone', 'ben'] }] }) }),
    ),
  ]);
  expect(errors).toMatchObject([
    conflict('self-approval'),
    conflict('not-eligible'),
    conflict('not-eligible'),
    conflict('already-voted'),
    conflict('subject-changed'),
    { kind: 'not-found', code: 'unknown-request' },
    conflict('approver-removed'),
    conflict('not-the-initiator'),
    { kind: 'not-found', code: 'unknown-approver' },
    conflict('id-conflict'),
    conflict('already-requested'),
    { kind: 'not-found', code: 'unknown-approver' },
    conflict('quorum-unreachable'),
    conflict('quorum-unreachable'),
  ]);
  expect(await t.everything()).toBe(before);
});

test('one rejection is a veto; without it, rejections decide once the quorum is out of reach', async () => {
  const { approvals } = t.custodian;
  await approvals.request(asking('r3'));
  expect(await approvals.vote(voting('r3', 'cat', { decision: 'reject', reason: 'too much' }))).toMatchObject({
    status: 'rejected',
    reason: 'too much',
  });
  await approvals.request(asking('r4', { terms: terms({ veto: false }) }));
  expect(await approvals.vote(voting('r4', 'cat', { decision: 'reject' }))).toMatchObject({ status: 'pending' });
  expect(await approvals.vote(voting('r4', 'ben', { decision: 'reject' }))).toMatchObject({ status: 'rejected' });
  await approvals.request(asking('r5', { terms: terms({ veto: false }) }));
  for (const [approverId, decision] of [
    ['cat', 'reject'],
    ['ben', 'approve'],
    ['ann', 'approve'],
  ] as const)
    await approvals.vote(voting('r5', approverId, { decision }));
  expect(await fresh('r5')).toMatchObject({ status: 'approved' });
});

test('all groups must be filled by different persons, any needs one', async () => {
  const { approvals } = t.custodian;
  const groups = [
    { name: 'treasury', threshold: 1, members: ['ann', 'ben'] },
    { name: 'risk', threshold: 1, members: ['ann'] },
  ];
  await approvals.request(asking('r6', { terms: terms({ groups }) }));
  const first = await approvals.vote(voting('r6', 'ann'));
  expect(first).toMatchObject({ status: 'pending', groups: [{ approvals: 1 }, { approvals: 1 }] });
  expect(await approvals.vote(voting('r6', 'ben'))).toMatchObject({ status: 'approved' });
  await approvals.request(asking('r7', { terms: terms({ groups, join: 'any' }) }));
  expect(await approvals.vote(voting('r7', 'ben'))).toMatchObject({ status: 'approved' });
});

test('a changed subject needs a new request, and no vote goes with it', async () => {
  const { approvals } = t.custodian;
  await approvals.request(asking('r8'));
  await approvals.vote(voting('r8', 'ann'));
  const again = await approvals.request(asking('r8-new', { subject: { kind: 'release', id: 'r8', digest: 'd2' } }));
  expect(again).toMatchObject({ status: 'pending', votes: [] });
  expect(await approvals.get('r8')).toMatchObject({ status: 'superseded', reason: 'subject-changed' });
  await expect(approvals.vote(voting('r8', 'ben'))).rejects.toMatchObject(conflict('request-decided'));
  await expect(approvals.vote(voting('r8-new', 'ann'))).rejects.toMatchObject(conflict('subject-changed'));
  for (const approverId of ['ann', 'ben']) await approvals.vote(voting('r8-new', approverId, { digest: 'd2' }));
  expect(await approvals.get('r8-new')).toMatchObject({ status: 'approved' });
});

test('the votes of who is removed do not count, before and after, nor do they when the person is back', async () => {
  const { approvals } = t.custodian;
  await approvals.request(asking('r9'));
  expect(await approvals.vote(voting('r9', 'ann'))).toMatchObject({ groups: [{ approvals: 1 }] });
  await approvals.removeApprover({ approverId: 'ann', reason: 'left' });
  expect(await approvals.get('r9')).toMatchObject({ groups: [{ approvals: 0 }], version: 3 });
  expect(await approvals.vote(voting('r9', 'ben'))).toMatchObject({ status: 'pending', groups: [{ approvals: 1 }] });
  expect(await approvals.restoreApprover({ approverId: 'ann' })).toMatchObject({ status: 'active', version: 3 });
  expect(await approvals.get('r9')).toMatchObject({ status: 'pending', groups: [{ approvals: 1 }] });
  const decided = await approvals.vote(voting('r9', 'cat'));
  expect(decided).toMatchObject({ status: 'approved', groups: [{ approvals: 2 }] });
  // What counted stays said, whatever becomes of the persons.
  await approvals.removeApprover({ approverId: 'cat' });
  expect(await fresh('r9')).toEqual(decided);
  await approvals.restoreApprover({ approverId: 'cat' });
});

test('a removal during the last vote comes before it or after it, and never is a removed person in the quorum', async () => {
  const { approvals } = t.custodian;
  for (let i = 0; i < 12; i += 1) {
    const requestId = `race-${i}`;
    await approvals.request(asking(requestId));
    await approvals.vote(voting(requestId, 'ann'));
    const [vote] = await Promise.all([
      approvals.vote(voting(requestId, 'ben')),
      approvals.removeApprover({ approverId: 'ann' }),
    ]);
    const now = await fresh(requestId);
    expect(now.status).toBe(vote.status);
    expect(now.groups[0]!.approvals).toBe(now.status === 'approved' ? 2 : 1);
    await approvals.restoreApprover({ approverId: 'ann' });
  }
});

test('of votes that come at once each counts once, and the request is decided once', async () => {
  const { approvals } = t.custodian;
  const second = t.box.open('custodian', { workers: false });
  await approvals.request(
    asking('r10', {
      terms: terms({ groups: [{ name: 'g', threshold: 3, members: ['ann', 'ben', 'cat', 'dan', 'eve'] }] }),
    }),
  );
  const votes = ['ann', 'ben', 'cat', 'dan', 'eve'].flatMap((approverId) =>
    [t.custodian, second].map((custodian) => custodian.approvals.vote(voting('r10', approverId))),
  );
  const results = await Promise.allSettled(votes);
  expect(results.filter(({ status }) => status === 'rejected')).toHaveLength(4);
  expect(await fresh('r10')).toMatchObject({ status: 'approved', groups: [{ approvals: 3 }], votes: { length: 3 } });
  await using facts = await t.facts();
  expect(
    await facts.query(
      "select count(*)::int as n from facts_events where type = 'approval.decided' and aggregate_id = 'r10'",
    ),
  ).toEqual([{ n: 1 }]);
});

test('the same request from many at once is one', async () => {
  const { approvals } = t.custodian;
  const all = await Promise.all(Array.from({ length: 8 }, () => approvals.request(asking('r11'))));
  for (const each of all) expect(each).toEqual(all[0]);
  const digests = Array.from({ length: 6 }, (_, i) =>
    approvals.request(asking(`r12-${i}`, { subject: { kind: 'release', id: 'r12', digest: `d${i}` } })),
  );
  await Promise.all(digests);
  const stand = await Promise.all(digests.map(async (_, i) => (await fresh(`r12-${i}`)).status));
  expect(stand.toSorted()).toEqual(['pending', ...Array.from({ length: 5 }, () => 'superseded')]);
});

test('requests expire in business time, and no vote is taken from that moment on', async () => {
  const quiet = await testCustodian({ options: { workers: false } });
  try {
    const { approvals } = quiet.custodian;
    for (const approverId of ['ann', 'ben', 'cat']) await approvals.registerApprover({ approverId });
    await approvals.request(asking('late'));
    await approvals.request(asking('later', { terms: terms({ expiresAfter: 'PT2H' }) }));
    await approvals.vote(voting('late', 'ann'));
    await quiet.box.clock.advance('PT1H');
    // The worker has not come by yet.
    await expect(approvals.vote(voting('late', 'ben'))).rejects.toMatchObject(conflict('request-expired'));
    const worker = quiet.box.open('custodian', { workers: ['expire-approvals'] });
    const other = quiet.box.open('custodian', { workers: ['expire-approvals'] });
    await expect.poll(async () => (await approvals.get('late', { fresh: true })).status).toBe('expired');
    await expect(approvals.vote(voting('late', 'ben'))).rejects.toMatchObject(conflict('request-expired'));
    expect(await approvals.get('later', { fresh: true })).toMatchObject({ status: 'pending' });
    const expired = await approvals.get('late', { fresh: true });
    expect(expired).toMatchObject({ decidedAt: '2026-01-01T01:00:00.000000Z', reason: 'approval-expired', version: 3 });
    await Promise.all([worker.close(), other.close()]);
  } finally {
    await quiet[Symbol.asyncDispose]();
  }
});

test('what was frozen cannot be written over, not even in the tables', async () => {
  const run = (sql: string) =>
    t.stores.pg.query('test', 'write', {
      compile: () => ({ sql, parameters: [], query: {} as never, queryId: {} as never }),
    });
  await t.custodian.approvals.request(asking('frozen', { initiatorId: 'ann' }));
  for (const sql of [
    "update approval_requests set subject_digest = 'other' where id = 'frozen'",
    "update approval_requests set veto = false where id = 'frozen'",
    "update approval_requests set version = 9 where id = 'r1'",
    "update approval_votes set decision = 'reject' where request_id = 'r1'",
    "delete from approval_groups where request_id = 'frozen'",
    "insert into approval_eligibles (request_id, approver_id, groups, initiator_id) values ('frozen', 'ann', 1, 'ann')",
    "insert into approval_votes (request_id, approver_id, decision, approver_version, digest, expires_at, voted_at) select id, 'ben', 'approve', 1, 'd1', expires_at, expires_at from approval_requests where id = 'frozen'",
    "update compliance_records set decision = 'approved'",
  ])
    await expect(run(sql), sql).rejects.toMatchObject({ kind: expect.stringMatching(/internal|conflict|unavailable/) });
});

test('Redis holds a copy of the request, of this version, and the tables answer where it does not', async () => {
  const { approvals } = t.custodian;
  await approvals.request(asking('r13'));
  const key = `${t.custodian.identity.prefix}:approval:{r13}`;
  const stored = () => t.stores.redis.read('test', (redis) => redis.hgetall(key));
  expect(JSON.parse((await stored())['value']!)).toEqual(await fresh('r13'));
  await approvals.vote(voting('r13', 'ann'));
  expect(await stored()).toMatchObject({ version: '2' });
  await t.stores.redis.write('test', (redis) => redis.del(key));
  expect(await approvals.get('r13')).toMatchObject({ version: 2 });
  expect(await stored()).toMatchObject({ version: '2' });
  await using _ = t.box.redis.down();
  expect(await approvals.get('r13')).toMatchObject({ version: 2 });
  expect(await approvals.vote(voting('r13', 'ben'))).toMatchObject({ status: 'approved' });
});

test('lists tell what is pending for whom, oldest first', async () => {
  const { approvals } = t.custodian;
  const ids = async (filter: object) =>
    (await Array.fromAsync(approvals.list({ limit: 2, ...filter }))).map(({ requestId }: ApprovalRequest) => requestId);
  const pending = await ids({ status: 'pending' });
  expect(pending).toContain('frozen');
  expect(pending).not.toContain('r1');
  expect(await ids({ status: 'pending', approverId: 'eve' })).toEqual([]);
  expect(await ids({ approverId: 'eve' })).toEqual(['r10']);
  expect(await ids({ subjectKind: 'transfer' })).toEqual([]);
  const approvers = await Array.fromAsync(approvals.listApprovers({ status: 'active', limit: 2 }));
  expect(approvers.map(({ approverId }) => approverId)).toEqual(['ann', 'ben', 'cat', 'dan', 'eve']);
});

test('the quorum of the database is that of the rule', async () => {
  const met = functionCall(
    'test',
    'read',
    'quorum_met',
    ['join', 'thresholds', 'persons'],
    answers<{ quorum_met: boolean }>(),
  );
  const people = ['a', 'b', 'c', 'd', 'e'];
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom('all' as const, 'any' as const),
      fc.array(
        fc.record({ threshold: fc.integer({ min: 1, max: 3 }), members: fc.subarray(people, { minLength: 1 }) }),
        {
          minLength: 1,
          maxLength: 6,
        },
      ),
      fc.subarray(people),
      async (join, groups: Quorum['groups'], persons) => {
        const bits = (person: string) =>
          groups.reduce((mask, { members }, n) => mask | (members.includes(person) ? 1 << n : 0), 0);
        const row = await t.stores.pg.one(met, {
          join,
          thresholds: arrayLiteral(groups.map(({ threshold }) => threshold)),
          persons: arrayLiteral(persons.map(bits)),
        });
        expect(row.quorum_met).toBe(isMet({ join, groups }, persons));
      },
    ),
    { numRuns: 200 },
  );
});
