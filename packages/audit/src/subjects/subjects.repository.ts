import { hash, randomBytes } from 'node:crypto';
import {
  type AdapterContext,
  type CallOptions,
  type Instant,
  operation,
  queryBuilder,
  refusal,
  statement,
} from '@tse/core';
import { sql } from 'kysely';
import type { Tables } from '../schema.ts';
import type { OwnEvents } from '../trail/own-events.repository.ts';
import { openText, sealText } from './sealed-text.ts';
import {
  type EraseSubject,
  type NameSubject,
  type OpenData,
  type RevealSubject,
  type RevealedSubject,
  type SealData,
  type Subject,
  type Subjects,
  eraseSubject,
  nameSubject,
  openData,
  revealSubject,
  sealData,
} from './subjects.ts';

const db = queryBuilder<Tables>();
const columns = ['pseudonym', 'created_at', 'erased_at', 'key', 'sealed_name'] as const;

const statements = {
  create: statement(
    'audit.subjects.create',
    'write',
    (p: { pseudonym: string; nameHash: Buffer; sealedName: Buffer; key: Buffer; at: Instant }) =>
      db
        .insertInto('subjects')
        .values({
          pseudonym: p.pseudonym,
          name_hash: p.nameHash,
          sealed_name: p.sealedName,
          key: p.key,
          created_at: p.at,
          erased_at: null,
        })
        .onConflict((c) => c.column('name_hash').doNothing()),
  ),
  byName: statement('audit.subjects.by-name', 'read', (p: { nameHash: Buffer }) =>
    db.selectFrom('subjects').select(columns).where('name_hash', '=', p.nameHash),
  ),
  byPseudonym: statement('audit.subjects.by-pseudonym', 'read', (p: { pseudonym: string }) =>
    db.selectFrom('subjects').select(columns).where('pseudonym', '=', p.pseudonym),
  ),
  erase: statement('audit.subjects.erase', 'write', (p: { pseudonym: string; at: Instant }) =>
    db
      .updateTable('subjects')
      .set({ key: null, name_hash: null, sealed_name: null, erased_at: sql<Instant>`greatest(created_at, ${p.at})` })
      .where('pseudonym', '=', p.pseudonym)
      .where('key', 'is not', null),
  ),
};

const operations = {
  name: operation('audit.subjects.name', nameSubject),
  reveal: operation('audit.subjects.reveal', revealSubject),
  seal: operation('audit.subjects.seal', sealData),
  open: operation('audit.subjects.open', openData),
  erase: operation('audit.subjects.erase', eraseSubject, ({ pseudonym }) => pseudonym),
};

type Row = NonNullable<(typeof statements.byName)['row']>;

export class SubjectRepository implements Subjects {
  readonly #context: AdapterContext;
  readonly #own: OwnEvents;

  constructor(context: AdapterContext, own: OwnEvents) {
    this.#context = context;
    this.#own = own;
  }

  name(input: NameSubject, options?: CallOptions): Promise<Subject> {
    return this.#context.run(operations.name, input, options, async ({ name }) => {
      const { pseudonym, created_at } = await this.#named(name);
      return { pseudonym, createdAt: created_at };
    });
  }

  reveal(input: RevealSubject, options?: CallOptions): Promise<RevealedSubject> {
    return this.#context.run(operations.reveal, input, options, async ({ pseudonym }) =>
      toSubject(await this.#known(pseudonym)),
    );
  }

  seal(input: SealData, options?: CallOptions): Promise<string> {
    return this.#context.run(operations.seal, input, options, async ({ name, data }) => {
      const { pseudonym, key } = await this.#named(name);
      return `s1.${pseudonym}.${sealText(key!, pseudonym, data).toString('base64url')}`;
    });
  }

  open(input: OpenData, options?: CallOptions): Promise<string> {
    return this.#context.run(operations.open, input, options, async ({ sealed }) => {
      const [, pseudonym = '', text = ''] = sealed.split('.');
      const { key } = await this.#known(pseudonym);
      if (key === null) throw refusal('erased', { pseudonym });
      const opened = openText(key, pseudonym, Buffer.from(text, 'base64url'));
      if (opened === undefined) throw refusal('not-sealed-here', { pseudonym });
      return opened;
    });
  }

  erase(input: EraseSubject, options?: CallOptions): Promise<RevealedSubject> {
    return this.#context.run(operations.erase, input, options, async ({ pseudonym, reason }) => {
      await this.#known(pseudonym);
      await this.#own.ensureRoom();
      await this.#context.pg.transaction('audit.subjects.erase', async (tx) => {
        const at = this.#context.clock.now();
        if ((await tx.run(statements.erase, { pseudonym, at })) === 0) return;
        const payload = { pseudonym, ...(reason !== undefined && { reason }) };
        await this.#own.append(tx, [{ type: 'subject.erased', aggregateId: pseudonym, payload }], at);
      });
      return toSubject(await this.#known(pseudonym));
    });
  }

  /** Of a name that is erased meanwhile there is none again: then it is made anew. */
  async #named(name: string): Promise<Row> {
    const { pg, clock } = this.#context;
    const nameHash = hash('sha256', name, 'buffer');
    for (;;) {
      const found = await pg.maybe(statements.byName, { nameHash });
      if (found) return found;
      const pseudonym = `p-${randomBytes(16).toString('hex')}`;
      const key = randomBytes(32);
      await pg.run(statements.create, {
        pseudonym,
        nameHash,
        sealedName: sealText(key, pseudonym, name),
        key,
        at: clock.now(),
      });
    }
  }

  async #known(pseudonym: string): Promise<Row> {
    const row = await this.#context.pg.maybe(statements.byPseudonym, { pseudonym });
    if (!row) throw refusal('unknown-subject', { pseudonym });
    return row;
  }
}

function toSubject({ pseudonym, created_at, erased_at, key, sealed_name: sealed }: Row): RevealedSubject {
  const name = key && sealed ? openText(key, pseudonym, sealed) : undefined;
  return {
    pseudonym,
    createdAt: created_at,
    ...(name !== undefined && { name }),
    ...(erased_at !== null && { erasedAt: erased_at }),
  };
}
