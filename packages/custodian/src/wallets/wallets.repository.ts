import {
  type AdapterContext,
  type CallOptions,
  type Instant,
  type Listing,
  answers,
  arrayLiteral,
  contextLiteral,
  functionCall,
  idInput,
  listing,
  operation,
  queryBuilder,
  refusal,
  requestHash,
  statement,
  toPage,
} from '@tse/core';
import { sql } from 'kysely';
import { z } from 'zod';
import type { Tables } from '../schema.ts';
import {
  type ListMultisig,
  type MultisigTransaction,
  type OpenWallet,
  type ProposeMultisig,
  type SignMultisig,
  type Signature,
  type SignerSet,
  type Wallet,
  type WalletRefusal,
  type Wallets,
  listMultisig,
  openWallet,
  proposeMultisig,
  signMultisig,
} from './wallets.ts';

const db = queryBuilder<Tables>();

type Outcome = WalletRefusal | 'ok' | 'same';

const selectTransactions = () =>
  db
    .selectFrom('multisig_transactions as m')
    .select(['m.id', 'm.wallet_id', 'm.nonce', 'm.kind', 'm.payload_hash', 'm.new_members', 'm.new_threshold'])
    .select(['m.transfer_id', 'm.proposer_id', 'm.status', 'm.proposed_at', 'm.closed_at', 'm.version'])
    .select([
      sql<
        Signature[]
      >`(select coalesce(jsonb_agg(jsonb_build_object('signerId', s.signer_id, 'signerVersion', s.signer_version,
        'signature', s.signature, 'signedAt', instant_text(s.signed_at), 'valid', s.signer_id = any (valid_signers(m.id)))
        order by s.signed_at, s.signer_id), '[]') from signatures as s where s.transaction_id = m.id)`.as('signatures'),
    ]);

const statements = {
  open: functionCall(
    'custodian.wallets.open',
    'write',
    'open_wallet',
    ['id', 'accountId', 'members', 'threshold', 'requestHash', 'at'],
    answers<{ outcome: Outcome }>(),
  ),
  propose: functionCall(
    'custodian.wallets.propose',
    'write',
    'propose_multisig',
    [
      'id',
      'walletId',
      'nonce',
      'kind',
      'payloadHash',
      'newMembers',
      'newThreshold',
      'transferId',
      'proposerId',
      'requestHash',
      'at',
    ],
    answers<{ outcome: Outcome; next_nonce: number | null }>(),
  ),
  sign: functionCall(
    'custodian.wallets.sign',
    'write',
    'sign_multisig',
    ['id', 'signerId', 'payloadHash', 'signature', 'at'],
    answers<{ outcome: Outcome }>(),
  ),
  execute: functionCall(
    'custodian.wallets.execute',
    'write',
    'execute_multisig',
    ['id', 'at', 'context'],
    answers<{ outcome: Outcome; next_nonce: number | null; signed: number; threshold: number | null }>(),
  ),
  find: statement('custodian.wallets.find', 'read', (p: { id: string }) =>
    db
      .selectFrom('wallets as w')
      .innerJoin('signer_sets as g', (join) =>
        join.onRef('g.wallet_id', '=', 'w.id').onRef('g.version', '=', 'w.signer_version'),
      )
      .select(['w.id', 'w.account_id', 'w.next_nonce', 'w.opened_at', 'w.version', 'w.signer_version'])
      .select(['g.members', 'g.threshold', 'g.transaction_id', 'g.valid_from'])
      .where('w.id', '=', p.id),
  ),
  listSigners: statement('custodian.wallets.listSigners', 'read', (p: { id: string }) =>
    db
      .selectFrom('signer_sets')
      .select(['version as signer_version', 'members', 'threshold', 'transaction_id', 'valid_from'])
      .where('wallet_id', '=', p.id)
      .orderBy('version'),
  ),
  findTransaction: statement('custodian.wallets.findTransaction', 'read', (p: { id: string }) =>
    selectTransactions().where('m.id', '=', p.id),
  ),
};

const walletRef = z.strictObject({ walletId: idInput });
const transactionRef = z.strictObject({ transactionId: idInput });
const operations = {
  open: operation('custodian.wallets.open', openWallet, (input) => input.walletId),
  find: operation('custodian.wallets.find', walletRef),
  get: operation('custodian.wallets.get', walletRef),
  listSigners: operation('custodian.wallets.listSigners', walletRef),
  propose: operation('custodian.wallets.propose', proposeMultisig, (input) => input.transactionId),
  sign: operation('custodian.wallets.sign', signMultisig, (input) => input.transactionId),
  execute: operation('custodian.wallets.execute', transactionRef, (input) => input.transactionId),
  findTransaction: operation('custodian.wallets.findTransaction', transactionRef),
  listTransactions: operation('custodian.wallets.listTransactions', listMultisig),
};

export class WalletRepository implements Wallets {
  readonly #context: AdapterContext;

  constructor(context: AdapterContext) {
    this.#context = context;
  }

  open(input: OpenWallet, options?: CallOptions): Promise<Wallet> {
    return this.#context.run(operations.open, input, options, async ({ walletId, accountId, signers }) => {
      const { outcome } = await this.#context.pg.one(statements.open, {
        id: walletId,
        accountId,
        members: arrayLiteral(signers.members),
        threshold: signers.threshold,
        requestHash: requestHash(accountId, signers.members, signers.threshold),
        at: this.#context.clock.now(),
      });
      this.#accept(outcome, { walletId, accountId });
      return this.#load(walletId);
    });
  }

  find(walletId: string, options?: CallOptions): Promise<Wallet | undefined> {
    return this.#context.run(operations.find, { walletId }, options, (input) => this.#find(input.walletId));
  }

  get(walletId: string, options?: CallOptions): Promise<Wallet> {
    return this.#context.run(operations.get, { walletId }, options, (input) => this.#load(input.walletId));
  }

  listSigners(walletId: string, options?: CallOptions): Promise<SignerSet[]> {
    return this.#context.run(operations.listSigners, { walletId }, options, async (input) =>
      (await this.#context.pg.many(statements.listSigners, { id: input.walletId })).map(toSigners),
    );
  }

  propose(input: ProposeMultisig, options?: CallOptions): Promise<MultisigTransaction> {
    return this.#context.run(operations.propose, input, options, async (proposal) => {
      const { transactionId, walletId, nonce, kind, proposerId } = proposal;
      const signers = kind === 'signer-change' ? proposal.signers : undefined;
      const transferId = kind === 'payment' ? proposal.transferId : undefined;
      const payloadHash = kind === 'payment' ? proposal.payloadHash : requestHash(kind, walletId, signers);
      const { outcome, next_nonce } = await this.#context.pg.one(statements.propose, {
        id: transactionId,
        walletId,
        nonce,
        kind,
        payloadHash,
        newMembers: signers && arrayLiteral(signers.members),
        newThreshold: signers?.threshold,
        transferId,
        proposerId,
        requestHash: requestHash(walletId, nonce, kind, payloadHash, transferId, proposerId),
        at: this.#context.clock.now(),
      });
      this.#accept(outcome, { transactionId, walletId, nonce, ...(next_nonce !== null && { nextNonce: next_nonce }) });
      return this.#loadTransaction(transactionId);
    });
  }

  sign(input: SignMultisig, options?: CallOptions): Promise<MultisigTransaction> {
    return this.#context.run(operations.sign, input, options, async (signing) => {
      const { transactionId, signerId, payloadHash, signature } = signing;
      const { outcome } = await this.#context.pg.one(statements.sign, {
        id: transactionId,
        signerId,
        payloadHash,
        signature,
        at: this.#context.clock.now(),
      });
      this.#accept(outcome, { transactionId, signerId });
      return this.#loadTransaction(transactionId);
    });
  }

  execute(transactionId: string, options?: CallOptions): Promise<MultisigTransaction> {
    return this.#context.run(operations.execute, { transactionId }, options, async (input) => {
      const answer = await this.#context.pg.one(statements.execute, {
        id: input.transactionId,
        at: this.#context.clock.now(),
        context: contextLiteral(),
      });
      const { next_nonce, signed, threshold } = answer;
      this.#accept(answer.outcome, {
        transactionId: input.transactionId,
        signed,
        ...(threshold !== null && { threshold }),
        ...(next_nonce !== null && { nextNonce: next_nonce }),
      });
      return this.#loadTransaction(input.transactionId);
    });
  }

  findTransaction(transactionId: string, options?: CallOptions): Promise<MultisigTransaction | undefined> {
    return this.#context.run(operations.findTransaction, { transactionId }, options, (input) =>
      this.#findTransaction(input.transactionId),
    );
  }

  listTransactions(input: ListMultisig, options?: CallOptions): Listing<MultisigTransaction> {
    return listing(input, (page) =>
      this.#context.run(operations.listTransactions, page, options, async (given) => {
        let query = selectTransactions()
          .where('m.wallet_id', '=', given.walletId)
          .orderBy('m.nonce')
          .orderBy('m.id')
          .limit(given.limit + 1);
        if (given.status !== undefined) query = query.where('m.status', '=', given.status);
        if (given.cursor)
          query = query.where(sql<boolean>`(m.nonce, m.id) > (${given.cursor[0]}::bigint, ${given.cursor[1]})`);
        const rows = await this.#context.pg.query('custodian.wallets.listTransactions', 'read', query);
        return toPage(rows.map(toTransaction), given.limit, (last) => [last.nonce, last.transactionId]);
      }),
    );
  }

  #accept(outcome: Outcome, details: Record<string, string | number | undefined>): void {
    if (outcome !== 'ok' && outcome !== 'same') throw refusal(outcome, details);
  }

  async #find(id: string): Promise<Wallet | undefined> {
    const row = await this.#context.pg.maybe(statements.find, { id });
    return (
      row && {
        walletId: row.id,
        ...(row.account_id !== null && { accountId: row.account_id }),
        nextNonce: row.next_nonce,
        signers: toSigners(row),
        openedAt: row.opened_at,
        version: row.version,
      }
    );
  }

  async #load(walletId: string): Promise<Wallet> {
    const wallet = await this.#find(walletId);
    if (!wallet) throw refusal('unknown-wallet', { walletId });
    return wallet;
  }

  async #findTransaction(id: string): Promise<MultisigTransaction | undefined> {
    const row = await this.#context.pg.maybe(statements.findTransaction, { id });
    return row && toTransaction(row);
  }

  async #loadTransaction(transactionId: string): Promise<MultisigTransaction> {
    const transaction = await this.#findTransaction(transactionId);
    if (!transaction) throw refusal('unknown-transaction', { transactionId });
    return transaction;
  }
}

interface SignersRow {
  signer_version: number;
  members: string[];
  threshold: number;
  transaction_id: string | null;
  valid_from: Instant;
}
const toSigners = (row: SignersRow): SignerSet => ({
  version: row.signer_version,
  members: row.members,
  threshold: row.threshold,
  ...(row.transaction_id !== null && { transactionId: row.transaction_id }),
  validFrom: row.valid_from,
});

const toTransaction = (row: NonNullable<(typeof statements.findTransaction)['row']>): MultisigTransaction => ({
  transactionId: row.id,
  walletId: row.wallet_id,
  nonce: row.nonce,
  kind: row.kind,
  payloadHash: row.payload_hash,
  ...(row.new_members !== null &&
    row.new_threshold !== null && { newSigners: { members: row.new_members, threshold: row.new_threshold } }),
  ...(row.transfer_id !== null && { transferId: row.transfer_id }),
  proposerId: row.proposer_id,
  status: row.status,
  signatures: row.signatures,
  proposedAt: row.proposed_at,
  ...(row.closed_at !== null && { closedAt: row.closed_at }),
  version: row.version,
});
