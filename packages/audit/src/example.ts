import { type AuditAdapter, causalTree, createAuditAdapter, verifyEventProof } from '@tse/audit';
import { withContext } from '@tse/core';

/** A correlator's part: it says what to read. What is read is numbered, chained and linked by the adapter. */
export async function firstChain(audit: AuditAdapter = createAuditAdapter()) {
  const { trail, blocks, chains } = audit;
  // await audit.sources.add(exchangeEvents.source) reads all that the exchange publishes, each event exactly once.
  // What has no outbox comes directly; the same again is the same, and nothing is ever changed.
  await withContext({ correlationId: 'flow-1', actor: 'trader-7' }, async () => {
    const told = { source: 'desk', occurredAt: '2026-01-01T00:00:00Z' };
    await trail.record({ ...told, eventId: 'shock', type: 'price.moved', aggregateId: 'BTC-USD' });
    await trail.record({ ...told, eventId: 'alarm', type: 'alert.raised', aggregateId: 'a1', causationId: 'shock' });
    await trail.record({ ...told, eventId: 'page', type: 'page.sent', aggregateId: 'p1', causationId: 'alarm' });
  });

  // A proof is checked with nothing but itself; its root is to be one that is trusted: an anchor's.
  await blocks.seal();
  const { position } = (await trail.findEvent({ eventId: 'alarm' }))!;
  const proof = await blocks.prove({ position });
  const proven = verifyEventProof(proof);

  // Why did it happen, and what did it lead to? Links are there within moments.
  while ((await chains.progress()).position < position + 1) await new Promise((resolve) => setTimeout(resolve, 50));
  return { proven, tree: causalTree(await chains.get('alarm')) };
}
